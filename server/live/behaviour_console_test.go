package live

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// mastersWatch lets the role Master watch.
func mastersWatch(d *desk, _ *Options) {
	d.console = func(id middleware.Identity) bool { return id.Role == models.Master }
}

// watches asks for the console's room, or leaves it, and returns when that is done.
func watches(t *testing.T, c *livetest.Client, arg string) {
	t.Helper()
	id, err := c.EmitAck(t.Context(), "console_watch", arg)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Acked(t.Context(), id); err != nil || got != "[]" {
		t.Fatalf("console_watch %s: acknowledged with %q, %v", arg, got, err)
	}
}

// feeds sends one event of the console and returns who heard it.
func (d *desk) feeds(t *testing.T, sockets map[string]*livetest.Client) (heard []string) {
	t.Helper()
	before := map[string]int{}
	for name, c := range sockets {
		before[name] = count(c, "console_feed")
	}
	d.send(Message{Rooms: []string{events.RoomConsole}, Name: events.ConsoleFeedEvent.Name()})
	for name, c := range sockets {
		barrier(t, c)
		if count(c, "console_feed") == before[name]+1 {
			heard = append(heard, name)
		} else if count(c, "console_feed") != before[name] {
			t.Errorf("%s heard it %d times", name, count(c, "console_feed")-before[name])
		}
	}
	slices.Sort(heard)
	return heard
}

// Who may watch gets what goes to the console from when it asks until it does not want
// it any more; nobody else does, whatever they send.
func testConsoleWatch(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		d := newDesk(t, open, mastersWatch)
		sockets := map[string]*livetest.Client{
			"master": d.greeted(transport, 1, models.Master), "operador": d.greeted(transport, 2, models.Operador),
			"trader": d.greeted(transport, 3, models.Trader), "nobody": d.connect(transport, nil),
		}
		want := func(when string, names ...string) {
			t.Helper()
			if heard := d.feeds(t, sockets); !slices.Equal(heard, names) {
				t.Errorf("%s, %s: %v heard the console, want %v", transport, when, heard, names)
			}
			if n := d.engine.Members(events.RoomConsole); n != len(names) {
				t.Errorf("%s, %s: %d members, want %d", transport, when, n, len(names))
			}
		}
		want("before anybody asks")
		for _, c := range sockets {
			for _, arg := range []string{`null`, `"true"`, `1`, `{}`, `[true]`, `"console"`} {
				watches(t, c, arg)
			}
		}
		want("after what is no answer")
		for _, c := range sockets {
			watches(t, c, "true")
		}
		want("after all have asked", "master")
		if n, told := d.counters.Totals().JoinRefusals, d.watched.Load(); n != 3 || told != 1 {
			t.Errorf("%d refused, %d told, want 3 and 1", n, told)
		}
		watches(t, sockets["master"], "true")
		want("after asking again", "master")
		watches(t, sockets["master"], "false")
		want("after leaving")
		watches(t, sockets["operador"], "false")
		want("after leaving what it was not in")
		d.loud()
	}
}

// A change of role takes a watcher out at once, and it does not get in again; who becomes
// a Master may.
func testConsoleRoleChange(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		d := newDesk(t, open, mastersWatch)
		sockets := map[string]*livetest.Client{"max": d.greeted(transport, 1, models.Master), "tab": d.greeted(transport, 1, models.Master), "olga": d.greeted(transport, 2, models.Operador)}
		ask := func() {
			for _, c := range sockets {
				watches(t, c, "true")
			}
		}
		want := func(when string, names ...string) {
			t.Helper()
			if heard := d.feeds(t, sockets); !slices.Equal(heard, names) {
				t.Errorf("%s, %s: %v heard the console, want %v", transport, when, heard, names)
			}
		}
		ask()
		want("as a Master", "max", "tab")
		leave := []string{events.RoomConsole}
		for _, role := range models.Roles {
			leave = append(leave, events.RoomRole(role))
		}
		// The old role goes first when the new one comes late (server.leaveRole).
		d.engine.MoveUser(1, leave, nil)
		want("without a role")
		ask()
		want("without a role, asked again")
		d.engine.MoveUser(1, leave, []string{events.RoomRole(models.Operador)})
		ask()
		want("as an Operador")
		d.engine.MoveUser(2, leave, []string{events.RoomRole(models.Master)})
		want("before the new Master asks")
		ask()
		want("as the other way round", "olga")
		d.engine.MoveUser(1, leave, []string{events.RoomRole(models.Master)})
		want("a Master again, before asking", "olga")
		ask()
		want("a Master again", "max", "olga", "tab")
	}
}

// Without a rule nobody watches, and a session that is over does not.
func testConsoleClosed(t *testing.T, open opener) {
	d := newDesk(t, open)
	watches(t, d.greeted("websocket", 1, models.Master), "true")
	if n := d.engine.Members(events.RoomConsole); n != 0 {
		t.Errorf("%d watch without a rule", n)
	}
	over := newDesk(t, open, mastersWatch, func(d *desk, _ *Options) {
		d.onAuth = func(_ *http.Request, id *middleware.Identity) error {
			id.ExpiresAt = time.Now().Add(-time.Second)
			return nil
		}
	})
	watches(t, over.greeted("websocket", 1, models.Master), "true")
	if n := over.engine.Members(events.RoomConsole); n != 0 {
		t.Errorf("%d watch after the end of their session", n)
	}
}

// gone counts the sockets that have ended.
func (d *desk) gone() (n int) {
	for _, seen := range d.saw() {
		if strings.HasPrefix(seen, "gone ") {
			n++
		}
	}
	return n
}

// What the engine tells of each socket is what it is.
func testSocketStates(t *testing.T, open opener) {
	d := newDesk(t, open, func(d *desk, _ *Options) {
		d.mayWatch = func(middleware.Identity, string) bool { return true }
	})
	before := time.Now().Add(-time.Second)
	trader, nobody := d.greeted("websocket", 3, models.Trader), d.connect("polling", nil)
	if err := trader.Emit(t.Context(), "join_client_room", `{"dni":"12345678"}`); err != nil {
		t.Fatal(err)
	}
	barrier(t, trader, nobody)
	states := map[string]SocketState{}
	d.engine.EachSocket(func(s SocketState) {
		if _, twice := states[s.SID]; twice || len(s.Rooms) != 0 {
			t.Errorf("%s twice, or in %v", s.SID, s.Rooms)
		}
		states[s.SID] = s
	})
	if len(states) != 2 {
		t.Fatalf("%d sockets", len(states))
	}
	for _, c := range []struct {
		of              *livetest.Client
		user            int64
		role, transport string
		rooms           []string
	}{
		{trader, 3, models.Trader, "websocket", []string{"authenticated", "client_12345678", "public", "role_Trader", "user_3"}},
		{nobody, 0, "", "polling", []string{"public"}},
	} {
		s, known := states[c.of.SID]
		if !known || s.Identity.UserID != c.user || s.Identity.Role != c.role || s.Transport != c.transport {
			t.Errorf("%s: %+v", c.role, s)
		}
		if s.Since.Before(before) || time.Since(s.Since) < 0 || !strings.HasPrefix(s.Address, "127.0.0.1") {
			t.Errorf("%s: since %v, from %q", c.role, s.Since, s.Address)
		}
		if s.Packets != 0 || s.Bytes != 0 || s.Confirmed != 0 {
			t.Errorf("%s: %d packets, %d bytes, confirmed %d", c.role, s.Packets, s.Bytes, s.Confirmed)
		}
		one, known := d.engine.SocketState(c.of.SID)
		slices.Sort(one.Rooms)
		if !known || one.Identity != s.Identity || !slices.Equal(one.Rooms, c.rooms) {
			t.Errorf("%s: %+v", c.role, one)
		}
	}
	d.engine.MoveUser(3, []string{events.RoomRole(models.Trader)}, []string{events.RoomRole(models.Master)})
	if s, _ := d.engine.SocketState(trader.SID); s.Identity.Role != models.Master {
		t.Errorf("still %q", s.Identity.Role)
	}
	for room, n := range map[string]int{events.RoomPublic: 2, events.RoomUser(3): 1, events.RoomRole(models.Trader): 0, "": 0, "nowhere": 0} {
		if got := d.engine.Members(room); got != n {
			t.Errorf("%d in %q, want %d", got, room, n)
		}
	}
	if _, known := d.engine.SocketState("nobody"); known {
		t.Error("an unknown socket has a state")
	}
}

// One socket ends, and its client stays away only when it is told to; the others of the
// user stay.
func testDropSocket(t *testing.T, open opener) {
	for _, revoke := range []bool{true, false} {
		for _, transport := range transportsUnderTest {
			d := newDesk(t, open)
			tab, second := d.greeted(transport, 1, models.Trader), d.greeted(transport, 1, models.Trader)
			if !d.engine.DropSocket(tab.SID, revoke) {
				t.Fatal("no such socket")
			}
			d.send(Message{Rooms: []string{events.RoomUser(1)}, Name: "after"})
			if err := tab.WaitClosed(t.Context()); err != nil {
				t.Errorf("%s, revoke %v: %v", transport, revoke, err)
			}
			if tab.Disconnected() != revoke || count(tab, "after") != 0 {
				t.Errorf("%s, revoke %v: DISCONNECT %v, %v", transport, revoke, tab.Disconnected(), tab.Names())
			}
			barrier(t, second)
			if count(second, "after") != 1 {
				t.Errorf("%s, revoke %v: the second tab got %v", transport, revoke, second.Names())
			}
			eventually(t, "its end", func() bool { return d.gone() == 1 })
			for _, sid := range []string{tab.SID, "", events.RoomUser(1)} {
				if d.engine.DropSocket(sid, revoke) {
					t.Errorf("dropped %q", sid)
				}
			}
			d.greeted(transport, 1, models.Trader)
		}
	}
}

// Who comes and who goes is in the trail, with and without a log of events.
func testTrail(t *testing.T, open opener) {
	trail := NewTrail(100, time.Now)
	d := newDesk(t, open, func(_ *desk, o *Options) { o.Trail = trail })
	tab, nobody := d.greeted("websocket", 1, models.Trader), d.connect("polling", nil)
	poll := d.greeted("polling", 1, models.Trader)
	tab.Close()
	d.engine.DropSocket(poll.SID, true)
	nobody.Close()
	eventually(t, "all are gone", func() bool { return len(trail.Of(1)) == 4 && d.gone() == 3 })
	var got []string
	for _, e := range trail.Of(1) {
		if e.UserID != 1 || e.At.Before(trail.Kept()) || e.SID != tab.SID && e.SID != poll.SID {
			t.Errorf("%+v", e)
		}
		who := "tab"
		if e.SID == poll.SID {
			who = "poll"
		}
		got = append(got, who+" "+string(e.Kind)+" "+e.Transport)
	}
	slices.Sort(got)
	if want := []string{"poll connected polling", "poll left polling", "tab connected websocket", "tab left websocket"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if len(trail.Of(0)) != 0 || len(trail.Of(2)) != 0 {
		t.Error("others are in the trail")
	}
	if ended := trail.Of(1)[3]; ended.Reason == "" {
		t.Errorf("left without a reason: %+v", ended)
	}
}
