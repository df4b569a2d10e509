package console

import (
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// The event of the table is the tenth of the log, of noon in Lima.
const seq = 10

var noon = time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func place(low int64) models.EventCursor { return models.EventCursor{Low: low} }

// known begins with a Trader and an event for everybody, half a minute later, in a
// process that remembers an hour.
func known(adjust func(*facts)) *facts {
	f := &facts{
		event:     models.LoggedEvent{Seq: seq, At: noon, EventRecord: models.EventRecord{ID: "e", Name: "notification", Rooms: []string{events.RoomAuthenticated}}},
		expires:   at(24 * 3600),
		delivered: true, confirms: true, kept: at(-3600), node: "here", now: at(30),
		user: models.User{ID: 7, Username: "ana", Role: models.Trader, Status: models.Active, CreatedAt: models.ToLima(at(-1e6))}, roleThen: models.Trader,
	}
	if adjust != nil {
		adjust(f)
	}
	return f
}

func (f *facts) to(rooms ...string) { f.event.Rooms = rooms }

func (f *facts) note(kind live.TrailKind, sid string, when float64, from, to int64, reason string) {
	f.trail = append(f.trail, live.TrailEntry{At: at(when), Kind: kind, UserID: 7, SID: sid, Transport: "websocket", From: place(from), To: place(to), Reason: reason})
}

// came notes a socket that was owed nothing and stood at a place.
func (f *facts) came(sid string, when float64, from, to int64) {
	f.note(live.TrailConnected, sid, when, from, to, "")
}

func (f *facts) confirmed(sid string, when float64, to int64) {
	f.note(live.TrailConfirmed, sid, when, 0, to, "")
}

func (f *facts) left(sid string, when float64, to int64, reason string) {
	f.note(live.TrailLeft, sid, when, 0, to, reason)
}

func (f *facts) opened(sid string, since float64, confirmed int64, settled bool) {
	f.open = append(f.open, openSocket{sid: sid, transport: "websocket", since: at(since), confirmed: place(confirmed), settled: settled})
}

func (f *facts) slot(node string, position int64, opened, ended float64, adjust func(*slotFact)) {
	s := slotFact{node: node, alive: true, position: place(position), opened: at(opened)}
	if ended != 0 {
		s.ended, s.owed = at(ended), at(ended+24*3600)
	}
	if adjust != nil {
		adjust(&s)
	}
	f.slots = append(f.slots, s)
}

// confirmedPage is one page that confirmed what was sent after two seconds.
func (f *facts) confirmedPage() {
	f.came("a", -60, 3, 3)
	f.confirmed("a", 2, 12)
	f.opened("a", -60, 12, true)
}

// storyCase is what is known and what is told; at 0 is not told.
type storyCase struct {
	facts                    func(*facts)
	state, via, reason, node string
	at                       float64 // 0: not told
	sid                      string
	pages, confirmed         int
}

// toldAs checks every case, and that its sentences are whole.
func toldAs(t *testing.T, cases map[string]storyCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := known(c.facts)
			got := explain(f)
			if got.state != c.state || got.via != c.via || got.reason != c.reason || got.node != c.node || got.sid != c.sid {
				t.Errorf("%+v", got)
			}
			if got.pages != c.pages || got.confirmed != c.confirmed {
				t.Errorf("%d of %d pages, want %d of %d", got.confirmed, got.pages, c.confirmed, c.pages)
			}
			if want := at(c.at); c.at == 0 && !got.at.IsZero() || c.at != 0 && !got.at.Equal(want) {
				t.Errorf("at %v, want %v", got.at, want)
			}
			if got.state == stateAway && (got.until.After(f.expires) || !got.until.After(f.now)) {
				t.Errorf("owed until %v", got.until)
			}
			why := got.why(f)
			for _, text := range []string{why.ES, why.EN} {
				if len(text) < 15 || !strings.HasSuffix(text, ".") || strings.Contains(text, "%!") || strings.Contains(text, "  ") {
					t.Errorf("%q", text)
				}
			}
			next, ok := got.next(f)
			if silent := got.state == stateConfirmed || got.state == stateNotAddressed; ok == silent || ok && (next.ES == "" || next.EN == "") {
				t.Errorf("next %v %v", next, ok)
			}
		})
	}
}
