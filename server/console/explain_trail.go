package console

import (
	"slices"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// connection is what the trail says of one socket from its coming to its end, with
// regard to one event.
type connection struct {
	sid, transport string
	begun          bool // its beginning is in the trail
	owes           bool // the event is after what it began with
	replays        bool // and before it was there: it is sent as something missed
	late           bool // it was sent when the socket had been there for a while
	confirmed      bool
	confirmedAt    time.Time // zero when that is not known
	resynced       string    // the reason of a request to load again that covers the event
	resyncedAt     time.Time
	loosely        bool // it is not known whether that covers the event
	left           *live.TrailEntry
	open           *openSocket
}

// connections reads the trail. One that goes on after a break is one more connection.
func (f *facts) connections() []*connection {
	var all []*connection
	current := map[string]*connection{}
	seq := f.event.Seq
	for i := range f.trail {
		e := &f.trail[i]
		c := current[e.SID]
		if c == nil || e.Kind == live.TrailConnected {
			c = &connection{sid: e.SID}
			all = append(all, c)
			current[e.SID] = c
		}
		c.transport = e.Transport
		between := !e.From.Covers(seq) && e.To.Covers(seq)
		switch e.Kind {
		case live.TrailConnected:
			c.begun, c.owes, c.replays = true, !e.From.Covers(seq), between
		case live.TrailConfirmed:
			if e.To.Covers(seq) && !c.confirmed {
				c.confirmed = true
				if !f.event.At.Before(f.exact) {
					c.confirmedAt = e.At // else an earlier one is forgotten
				}
			}
		case live.TrailReplayed:
			if between && !c.replays {
				c.late, c.confirmed, c.confirmedAt = true, false, time.Time{}
			}
		case live.TrailResynced:
			unknown := isZeroPlace(e.From)
			if between && (!unknown || !e.At.Before(f.event.At)) {
				c.resynced, c.resyncedAt, c.loosely = e.Reason, e.At, unknown
			}
		case live.TrailLeft:
			c.left = e
			c.confirmed = c.confirmed || f.confirms && !c.late && e.To.Covers(seq)
		}
	}
	for i := range f.open {
		s := &f.open[i]
		c := current[s.sid]
		if c == nil || c.left != nil {
			c = &connection{sid: s.sid}
			all = append(all, c)
		}
		c.open, c.transport = s, s.transport
	}
	return all
}

func isZeroPlace(c models.EventCursor) bool { return c.Low == 0 && len(c.Beyond) == 0 }

// concerned reports whether the socket was to get the event.
func (f *facts) concerned(c *connection) bool {
	at := f.event.At
	switch {
	case c.late:
		return true
	case c.left != nil && c.left.At.Before(at):
		return false
	case !f.confirms: // without places times must do
		return c.begun && !f.began(c).After(at) || c.open != nil && !c.open.since.After(at) || !c.begun && c.open == nil && !f.kept.After(at)
	case c.begun:
		return c.owes
	case c.open != nil:
		return !c.open.since.After(at)
	}
	// Its beginning was before what the trail keeps.
	return !f.kept.After(at)
}

// began is when the socket came.
func (f *facts) began(c *connection) time.Time {
	for _, e := range f.trail {
		if e.SID == c.sid && e.Kind == live.TrailConnected {
			return e.At
		}
	}
	return time.Time{}
}

// trailVerdicts is what the sockets of this process tell.
func (f *facts) trailVerdicts() []story {
	var out []story
	all := f.connections()
	for _, c := range all {
		if v, ok := f.verdict(c); ok {
			out = append(out, v)
		}
	}
	for _, c := range all {
		if c.resynced == "" || c.loosely && f.hadIt(all, c) {
			continue
		}
		// Whoever it was that missed the event, its page loaded its data then.
		out = append(out, story{state: stateExpired, at: c.resyncedAt, reason: c.resynced, sid: c.sid, transport: c.transport})
	}
	return out
}

// hadIt reports whether every socket before c that was to get the event has confirmed it,
// so that a request of unknown extent was about something else.
func (f *facts) hadIt(all []*connection, c *connection) bool {
	had := false
	for _, before := range all[:slices.Index(all, c)] {
		if f.concerned(before) {
			if !before.confirmed {
				return false
			}
			had = true
		}
	}
	return had
}

// verdict is what one socket tells; false when it was not to get the event.
func (f *facts) verdict(c *connection) (story, bool) {
	if !f.concerned(c) || c.resynced != "" && !c.confirmed {
		return story{}, false
	}
	v := story{sid: c.sid, transport: c.transport, via: viaLive, node: f.node, then: !c.replays && !c.late}
	if !v.then {
		v.via = viaReplay
	}
	switch {
	case c.confirmed:
		v.state, v.at = stateConfirmed, c.confirmedAt
	case c.left != nil:
		v.state, v.via, v.at, v.reason = stateAbsent, "", c.left.At, c.left.Reason
	case c.open != nil && f.confirms && f.delivered && (c.open.settled || c.open.confirmed.Covers(f.event.Seq)) && !c.late:
		v.state = stateConfirmed
	case !f.confirms:
		v.state, v.via, v.reason = stateUnknown, "", whyEngine
	default:
		v.state, v.via = stateWaiting, ""
	}
	if c.left != nil && !f.confirms {
		v.state, v.reason, v.at = stateUnknown, whyEngine, time.Time{}
	}
	return v, true
}
