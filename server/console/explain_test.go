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

// The story of one user and one event in every state, and what it must not be.
func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		facts                    func(*facts)
		state, via, reason, node string
		at                       float64 // 0: not told
		sid                      string
		pages, confirmed         int
	}{
		"confirmed live": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", -5, 9)
			f.confirmed("a", 2, 12)
			f.confirmed("a", 4, 13)
			f.opened("a", -60, 13, true)
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"confirmed, the first confirmation forgotten": {func(f *facts) {
			f.exact = at(3)
			f.came("a", -60, 3, 3)
			f.confirmed("a", 4, 13)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"open, sent, not confirmed yet": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", -5, 9)
			f.opened("a", -60, 9, false)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"not handed over yet, though nothing is on its way": {func(f *facts) {
			f.delivered = false
			f.came("a", -60, 3, 3)
			f.opened("a", -60, 9, true)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"nothing on its way and the confirmation forgotten": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.opened("a", -60, 0, true)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"beginning forgotten, confirmed": {func(f *facts) {
			f.kept = at(-10)
			f.opened("a", -60, 12, true)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"beginning forgotten, not confirmed": {func(f *facts) {
			f.kept = at(-10)
			f.opened("a", -60, 9, false)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"confirmed and then left": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 5, 12, "transport close")
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"cut and owed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.slot("here", 9, -60, 1, nil)
		}, "away", "", "", "here", 1, "", 1, 0},
		"away since before, owed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", -30, 9, "ping timeout")
			f.slot("here", 9, -60, -30, nil)
		}, "away", "", "", "here", -30, "", 1, 0},
		"cut and back": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.note(live.TrailConnected, "b", 10, 9, 15, "recovered")
			f.note(live.TrailReplayed, "b", 10, 9, 15, "")
			f.confirmed("b", 11, 15)
			f.slot("here", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.slot("here", 15, 10, 0, nil)
			f.opened("b", 10, 15, true)
		}, "confirmed", "replay", "", "here", 11, "b", 1, 1},
		"back, sent again, not confirmed yet": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 10, 9, 15)
			f.opened("b", 10, 0, false)
		}, "waiting", "", "", "here", 0, "b", 1, 0},
		"sent late to a socket that was there": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", 5, 12, 12)
			f.confirmed("b", 6, 13)
			f.left("a", 20, 9, "ping timeout")
			f.note(live.TrailReplayed, "b", 20, 9, 12, "")
			f.confirmed("b", 22, 15)
			f.opened("b", 5, 15, true)
		}, "confirmed", "replay", "", "here", 22, "b", 1, 1},
		"told to load again, too many": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 9, 2000, events.ResyncTooMany)
			f.confirmed("b", 22, 2000)
			f.opened("b", 20, 2000, true)
		}, "expired", "", events.ResyncTooMany, "", 20, "b", 1, 0},
		"told to load again, from where is not known": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 0, 2000, events.ResyncWindow)
		}, "expired", "", events.ResyncWindow, "", 20, "b", 1, 0},
		"confirmed, and told to load again for something later": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", 1, 12)
			f.left("a", 2, 12, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 12, 2000, events.ResyncTooMany)
		}, "confirmed", "live", "", "here", 1, "a", 1, 1},
		"the same, from where is not known": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", 1, 12)
			f.left("a", 2, 12, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 0, 2000, events.ResyncTooMany)
		}, "confirmed", "live", "", "here", 1, "a", 1, 1},
		"told to load again before the event": {func(f *facts) {
			f.came("a", -20, 8, 8)
			f.note(live.TrailResynced, "a", -20, 2, 8, events.ResyncWindow)
			f.confirmed("a", 3, 11)
		}, "confirmed", "live", "", "here", 3, "a", 1, 1},
		"never there": {nil, "absent", "", "", "", 0, "", 0, 0},
		"gone before": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", -30, 9, "client namespace disconnect")
		}, "absent", "", "", "", 0, "", 0, 0},
		"came later": {func(f *facts) {
			f.came("a", 10, 12, 12)
			f.confirmed("a", 12, 14)
			f.slot("here", 14, 10, 0, nil)
			f.opened("a", 10, 14, true)
		}, "absent", "", "", "", 0, "", 0, 0},
		"closed the page without a confirmation": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "client namespace disconnect")
		}, "absent", "", "client namespace disconnect", "here", 1, "a", 1, 0},
		"closed the page, and nobody will come back for it": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "transport close")
			f.slot("here", 9, -60, 1, func(s *slotFact) { s.owed = at(20) })
		}, "absent", "", "transport close", "here", 1, "a", 1, 0},
		"one page has it, the other waits": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.opened("a", -60, 12, true)
			f.opened("b", -50, 9, false)
		}, "waiting", "", "", "here", 0, "b", 2, 1},
		"one page has it, the other was closed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.left("b", 1, 9, "transport close")
		}, "confirmed", "live", "", "here", 2, "a", 2, 1},
		"one page has it, the other is away": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.left("b", 1, 9, "ping timeout")
			f.slot("here", 9, -50, 1, nil)
		}, "away", "", "", "here", 1, "", 2, 1},
		"the account is younger": {func(f *facts) {
			f.kept = at(10)
			f.user.CreatedAt = models.ToLima(at(5))
		}, "absent", "", "", "", 0, "", 0, 0},

		"another node, confirmed": {func(f *facts) { f.slot("there", 12, -60, 0, nil) }, "confirmed", "", "", "there", 0, "", 1, 1},
		"another node, waiting":   {func(f *facts) { f.slot("there", 9, -60, 0, nil) }, "waiting", "", "", "there", 0, "", 1, 0},
		"another node, away":      {func(f *facts) { f.slot("there", 9, -60, 5, nil) }, "away", "", "", "there", 5, "", 1, 0},
		"another node, dead, open": {func(f *facts) {
			f.slot("there", 9, -60, 0, func(s *slotFact) { s.alive, s.owed = false, at(3600) })
		}, "away", "", "", "there", 0, "", 1, 0},
		"another node, came later":          {func(f *facts) { f.slot("there", 12, 5, 0, nil) }, "absent", "", "", "", 0, "", 0, 0},
		"another node, told to load again":  {func(f *facts) { f.slot("there", 2000, 5, 0, func(s *slotFact) { s.told = events.ResyncTooMany }) }, "expired", "", events.ResyncTooMany, "there", 5, "", 1, 0},
		"another node, confirmed, gone":     {func(f *facts) { f.slot("there", 12, -60, 5, nil) }, "confirmed", "", "", "there", 0, "", 1, 1},
		"another node, gone without a slot": {func(f *facts) { f.other = "there" }, "unknown", "", "node", "there", 0, "", 0, 0},
		"from another node to this one": {func(f *facts) {
			f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.came("b", 10, 9, 15)
			f.confirmed("b", 11, 15)
		}, "confirmed", "replay", "", "here", 11, "b", 1, 1},
		"from another node to a third": {func(f *facts) {
			f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.slot("third", 15, 10, 0, nil)
		}, "confirmed", "replay", "", "third", 0, "", 1, 1},
		"taken, and nothing known of who did": {func(f *facts) { f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) }) }, "unknown", "", "taken", "", 0, "", 0, 0},

		"restarted since, nothing known":   {func(f *facts) { f.kept = at(10) }, "unknown", "", "restart", "", 0, "", 0, 0},
		"no trail":                         {func(f *facts) { f.kept = time.Time{} }, "unknown", "", "restart", "", 0, "", 0, 0},
		"restarted since, the slot has it": {func(f *facts) { f.kept = at(10); f.slot("before", 12, -60, 8, nil) }, "confirmed", "", "", "before", 0, "", 1, 1},
		"restarted since, the slot lacks it": {func(f *facts) {
			f.kept = at(10)
			f.slot("before", 9, -60, 0, func(s *slotFact) { s.alive, s.owed = false, at(3600) })
		}, "away", "", "", "before", 0, "", 1, 0},
		"restarted since, back": {func(f *facts) {
			f.kept = at(10)
			f.slot("before", 9, -60, 8, func(s *slotFact) { s.taken = at(12) })
			f.note(live.TrailConnected, "b", 12, 9, 15, "")
			f.confirmed("b", 13, 15)
		}, "confirmed", "replay", "", "here", 13, "b", 1, 1},
		"an engine that tells nothing, open": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", -60, 0, 0, "")
			f.opened("a", -60, 0, false)
		}, "unknown", "", "engine", "here", 0, "a", 1, 0},
		"an engine that tells nothing, gone": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", -60, 0, 0, "")
			f.left("a", 5, 0, "transport close")
		}, "unknown", "", "engine", "here", 0, "a", 1, 0},
		"an engine that tells nothing, came later": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", 5, 0, 0, "")
			f.opened("a", 5, 0, false)
		}, "absent", "", "", "", 0, "", 0, 0},
		"a push socket": {func(f *facts) { f.push = true }, "unknown", "", "push", "", 0, "", 0, 0},
		"a push socket beside a page": {func(f *facts) {
			f.push = true
			f.came("a", -60, 3, 3)
			f.confirmed("a", 2, 12)
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},

		"for another role": {func(f *facts) { f.to("role_Master", "role_Operador"); f.confirmedPage() }, "not_addressed", "", "role", "", 0, "", 0, 0},
		"for another user": {func(f *facts) { f.to("user_8", "user_70"); f.confirmedPage() }, "not_addressed", "", "user", "", 0, "", 0, 0},
		"for a client":     {func(f *facts) { f.to("client_12345678"); f.confirmedPage() }, "not_addressed", "", "client_room", "", 0, "", 0, 0},
		"for a client that a page follows": {func(f *facts) {
			f.to("client_12345678")
			f.confirmedPage()
			f.slot("here", 12, -60, 0, func(s *slotFact) { s.rooms = []string{"client_12345678"} })
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for a client and not the staff": {func(f *facts) {
			f.to("client_12345678")
			f.event.Except = []string{events.RoomAuthenticated}
			f.confirmedPage()
			f.slot("here", 12, -60, 0, func(s *slotFact) { s.rooms = []string{"client_12345678"} })
		}, "not_addressed", "", "excepted", "", 0, "", 0, 0},
		"for a session":    {func(f *facts) { f.to("session_9"); f.confirmedPage() }, "not_addressed", "", "session", "", 0, "", 0, 0},
		"for this user":    {func(f *facts) { f.to("user_7"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for this role":    {func(f *facts) { f.to("role_Trader"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for the public":   {func(f *facts) { f.to("public"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"inactive":         {func(f *facts) { f.user.Status = models.Inactive }, "not_addressed", "", "inactive", "", 0, "", 0, 0},
		"inactive, had it": {func(f *facts) { f.user.Status = models.Inactive; f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"has that role since": {func(f *facts) {
			f.to("role_Trader")
			f.roleThen, f.roleMoved = models.Operador, true
			f.confirmedPage()
		}, "not_addressed", "", "role", "", 0, "", 0, 0},
		"had that role then, has it": {func(f *facts) {
			f.to("role_Operador")
			f.roleThen, f.roleMoved = models.Operador, true
			f.confirmedPage()
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"had that role then, was away": {func(f *facts) {
			f.to("role_Operador")
			f.roleThen, f.roleMoved = models.Operador, true
			f.came("a", -60, 3, 3)
			f.left("a", -10, 9, "ping timeout")
			f.slot("here", 9, -60, -10, nil)
		}, "not_addressed", "", "role", "", -10, "", 1, 0},
		"role then not known":                  {func(f *facts) { f.to("role_Trader"); f.roleThen, f.roleMoved = "", true; f.confirmedPage() }, "not_addressed", "", "role", "", 0, "", 0, 0},
		"role moved, but it was for everybody": {func(f *facts) { f.roleThen, f.roleMoved = "", true; f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
	} {
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

// confirmedPage is one page that confirmed what was sent after two seconds.
func (f *facts) confirmedPage() {
	f.came("a", -60, 3, 3)
	f.confirmed("a", 2, 12)
	f.opened("a", -60, 12, true)
}

// Every sentence is another one, and tells what is asked.
func TestExplainWords(t *testing.T) {
	f := known(func(f *facts) { f.to("role_Master") })
	seen := map[string]string{}
	for name, s := range map[string]story{
		"live":     {state: stateConfirmed, via: viaLive, at: at(.12)},
		"replay":   {state: stateConfirmed, via: viaReplay, at: at(60)},
		"when":     {state: stateConfirmed},
		"waiting":  {state: stateWaiting},
		"away":     {state: stateAway, at: at(-2)},
		"cut":      {state: stateAway, at: at(2)},
		"lost":     {state: stateAway},
		"window":   {state: stateExpired, at: at(5), reason: events.ResyncWindow},
		"many":     {state: stateExpired, at: at(5), reason: events.ResyncTooMany},
		"session":  {state: stateExpired, at: at(5), reason: events.ResyncUnknown},
		"failed":   {state: stateExpired, at: at(5), reason: events.ResyncFailed},
		"absent":   {state: stateAbsent},
		"closed":   {state: stateAbsent, at: at(3)},
		"role":     {state: stateNotAddressed, reason: whyRole},
		"user":     {state: stateNotAddressed, reason: whyUser},
		"room":     {state: stateNotAddressed, reason: whyRoom},
		"ended":    {state: stateNotAddressed, reason: whySession},
		"excepted": {state: stateNotAddressed, reason: whyExcepted},
		"inactive": {state: stateNotAddressed, reason: whyInactive},
		"engine":   {state: stateUnknown, reason: whyEngine},
		"node":     {state: stateUnknown, reason: whyNode},
		"taken":    {state: stateUnknown, reason: whyTaken},
		"push":     {state: stateUnknown, reason: whyPush},
		"restart":  {state: stateUnknown, reason: whyRestart},
	} {
		why := s.why(f)
		for _, text := range []string{why.ES, why.EN} {
			if other, twice := seen[text]; twice {
				t.Errorf("%s and %s both say %q", name, other, text)
			}
			seen[text] = name
		}
	}
	for text, part := range map[string]string{
		story{state: stateConfirmed, via: viaLive, at: at(.12)}.why(f).EN:                       "120 ms later",
		story{state: stateConfirmed, via: viaReplay, at: at(60)}.why(f).ES:                      "12:01:00",
		story{state: stateConfirmed, via: viaLive, at: at(1), pages: 3, confirmed: 2}.why(f).EN: "2 of 3 pages",
		story{state: stateNotAddressed, reason: whyRole}.why(f).EN:                              "role Master, and this user is Trader",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
