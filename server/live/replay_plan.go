package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// asked is what a client said of its former session.
type asked struct{ pid, offset string }

// offer is asked as far as it can be believed; nil claims: not at all.
type offer struct {
	asked
	claims *pidClaims
	cursor models.EventCursor // of the claims
}

// plan is what a connecting socket is owed, found before its CONNECT reply.
type plan struct {
	viewer  events.Viewer
	start   models.EventCursor // what it is owed follows it
	slot    *slot              // nil for nobody, and when there is none
	rooms   []string           // client rooms that it is in again
	goesOn  bool               // its session goes on: same sid, same pid
	returns bool               // what it gets it has missed; otherwise it only came in between
	missed  []missedEvent
	ordinal uint64 // missed holds what it is owed of the deliveries up to here
	resync  *events.ResyncRequired
	stale   bool // its role is not that of the log: the identity is outdated
}

// read takes the claims out of what the client offered.
func (r *Replay) read(a asked) offer {
	o := offer{asked: a}
	if c, cursor, ok := r.signer.read(a.pid); ok {
		o.claims, o.cursor = &c, cursor
	}
	return o
}

// plan decides where a socket begins, stores its slot and reads what it missed. It
// always returns: what cannot be known ends in a request to load everything again.
func (r *Replay) plan(ctx context.Context, id middleware.Identity, o offer, socket slotSocket, mayWatch func(room string) bool) *plan {
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	ordinal, at := r.config.Tail.Position()
	p := &plan{start: at, ordinal: ordinal, viewer: events.Viewer{UserID: id.UserID, Role: id.Role}}
	key := slotKey(id)
	known := o.claims != nil && o.claims.Session == key && o.claims.UserID == id.UserID
	untold := known && o.claims.untold(o.offset)
	opening := &slotOpening{place: at}
	switch {
	case o.pid == "":
		opening.claim = true
	case untold:
		p.refuse(o.claims.Told, o)
	case known:
		start, err := r.placeOffered(ctx, o)
		if err != nil {
			p.refuse(reasonOf(err), o)
			break
		}
		p.goesOn, opening.place = true, start
	case id.Anonymous() && o.claims != nil:
		// Who has signed out is owed nothing any more.
	default:
		p.refuse(events.ResyncUnknown, o)
	}
	p.start = opening.place
	if key != "" {
		p.slot = &slot{id: models.NewToken()[:22], key: key, userID: id.UserID, byPID: o.pid != "", socket: socket}
		if (p.goesOn || untold) && o.claims.Slot != "" {
			p.slot.id = o.claims.Slot
		}
		r.store(ctx, p, opening, o)
		p.rooms = slices.DeleteFunc(p.rooms, func(room string) bool { return !mayWatch(room) })
		p.viewer.Rooms = p.rooms
	}
	if p.resync == nil {
		p.returns = !covers(p.start, at)
		if reason := r.collect(ctx, p, at); reason != "" {
			p.refuse(reason, o)
		}
	}
	if p.resync != nil {
		p.goesOn, p.returns, p.missed, p.start = false, false, nil, at
	}
	return p
}

// store begins the slot and takes over what the session has left behind.
func (r *Replay) store(ctx context.Context, p *plan, opening *slotOpening, o offer) {
	c, err := r.keeper.begin(ctx, p.slot, opening)
	switch {
	case err != nil:
		r.config.Log.Debug("connecting without a slot", zap.Error(err))
		p.refuse(events.ResyncFailed, o)
	case c.resync != "":
		p.start = c.start
		p.refuse(c.resync, o)
	default:
		p.start, p.rooms = c.start, c.rooms
	}
}

// placeOffered is the place of a client that goes on: what it had got, or was not
// owed, when it connected, and what it says to have got since.
func (r *Replay) placeOffered(ctx context.Context, o offer) (models.EventCursor, error) {
	if o.offset == "" || strings.HasPrefix(o.offset, resyncOffset) {
		return o.cursor, nil
	}
	place, err := events.ParsePlace(o.offset)
	if err != nil {
		// Not ours: a string that an event had as last argument.
		return o.cursor, nil
	}
	cursor, err := r.config.Tail.CursorOf(ctx, place)
	if models.CodeOf(err) == models.NotFound {
		return o.cursor, errWindow
	}
	return union(o.cursor, cursor), err
}

var errWindow = errors.New("the window is over")

func reasonOf(err error) string {
	if errors.Is(err, errWindow) {
		return events.ResyncWindow
	}
	return events.ResyncFailed
}

// refuse gives up the replay.
func (p *plan) refuse(reason string, o offer) {
	if p.resync != nil {
		return
	}
	var since *string
	switch {
	case o.offset != "" && len(o.offset) <= longestPID && !strings.HasPrefix(o.offset, resyncOffset):
		since = &o.offset
	case o.claims != nil:
		since = &o.claims.Cursor
	case len(p.start.Beyond)+int(p.start.Low) > 0:
		text := p.start.String()
		since = &text
	}
	p.resync = &events.ResyncRequired{Reason: reason, Since: since}
}

// resyncOffset and the id of a socket are the offset of the last event that it gets
// instead of a replay: a client that has it goes on from where the socket began.
const resyncOffset = "resync."

// resyncEvents are what a socket gets instead of a replay. The last one has the offset,
// which may be empty.
func resyncEvents(p *plan, offset string) ([]missedEvent, error) {
	e := events.ResyncRequiredEvent
	payload, err := e.Encode(*p.resync)
	if err != nil {
		return nil, err
	}
	out := []missedEvent{{name: e.Name(), payload: payload}}
	if p.viewer.UserID != 0 {
		// Pages of old know this one and load their data again.
		out = append(out, missedEvent{name: events.DashboardUpdateName, payload: json.RawMessage(`{}`)})
	}
	out[len(out)-1].offset = offset
	return out, nil
}
