package server_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// A page that has an event, one that was cut and is back, and those for whom it was not.
func TestConsoleTellsWhoGotIt(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob, eva := d.join(models.Master), d.join(models.Trader), d.join(models.Operador), d.join(models.Trader)
		page := ana.tabAt(d.http.URL, "websocket")
		poll := bob.tabAt(d.http.URL, "polling")
		d.advance(time.Second)
		first := d.toast("1", events.RoomAuthenticated)
		for _, got := range []toldStory{master.story(first, ana, "confirmed"), master.story(first, bob, "confirmed")} {
			got.sees(t, "live", "")
			if got.At == nil || got.AfterMS == nil || *got.AfterMS != 0 || got.Sockets != 1 || got.ConfirmedSockets != 1 || got.SID == nil {
				t.Errorf("%+v", got)
			}
		}
		if got := master.story(first, bob, "confirmed"); *got.Transport != "polling" || *got.SID != poll.SID {
			t.Errorf("%+v", got)
		}
		master.story(first, eva, "absent").sees(t, "", "")

		// For another role, another user, a client.
		d.advance(time.Second)
		master.story(d.toast("role", events.RoomRole(models.Operador)), ana, "not_addressed").sees(t, "", "role")
		master.story(d.toast("user", events.RoomUser(bob.user.ID)), ana, "not_addressed").sees(t, "", "user")
		ofClient := d.note(models.EventRecord{
			Name: "operacion_actualizada", Payload: json.RawMessage(`{"id":1,"operation_id":"E","status":"Pendiente"}`),
			Rooms: []string{events.RoomClient("12345678")}, Except: []string{events.RoomAuthenticated},
		})
		master.story(ofClient, ana, "not_addressed").sees(t, "", "excepted")

		// Cut, away, and back: the client names its session, or is an old one.
		for _, knows := range []bool{false, true} {
			page.Reset()
			d.emptied(1)
			d.advance(time.Second)
			missed := d.toast("2", events.RoomAuthenticated)
			d.handed(missed)
			away := master.story(missed, ana, "away")
			if away.Next == nil || away.At == nil || away.At.After(d.now()) {
				t.Errorf("%+v", away)
			}
			d.advance(30 * time.Second)
			if knows {
				page = ana.returned(page, "websocket")
			} else {
				page = ana.tabAt(d.http.URL, "websocket")
			}
			back := master.story(missed, ana, "confirmed")
			// A socket has confirmed a moment before the trail has the time of it.
			for end := time.Now().Add(livetest.Patience); back.AfterMS == nil && time.Now().Before(end); {
				back = master.story(missed, ana, "confirmed")
			}
			back.sees(t, "replay", "")
			if back.AfterMS == nil || *back.AfterMS != 30_000 || *back.SID != page.SID {
				t.Errorf("%+v", back)
			}
			// What it had before it has still.
			master.story(first, ana, "confirmed").sees(t, "live", "")
		}

		// Who has another role by now.
		roles := d.toast("roles", events.RoomRole(models.Trader))
		master.story(roles, ana, "confirmed").sees(t, "live", "")
		d.advance(time.Second)
		master.json("PUT", "/users/api/update/"+itoa(ana.user.ID), object{"role": models.Operador}).want(t, 200)
		master.json("PUT", "/users/api/update/"+itoa(eva.user.ID), object{"role": models.Operador}).want(t, 200)
		master.story(roles, ana, "confirmed").sees(t, "live", "")
		master.story(roles, eva, "not_addressed").sees(t, "", "role")
		d.advance(time.Second)
		after := d.toast("roles", events.RoomRole(models.Operador))
		master.story(after, ana, "confirmed").sees(t, "live", "")
		older := d.toast("roles", events.RoomRole(models.Trader))
		master.story(older, ana, "not_addressed").sees(t, "", "role")

		// All together.
		whole := master.eventStory(first, "")
		if s := whole.Summary; s["addressed"] != 4 || s["confirmed"] != 2 || s["absent"] != 2 || s["not_addressed"] != 0 || whole.More {
			t.Errorf("%+v", whole.Summary)
		}
		var states []string
		for _, s := range whole.People {
			states = append(states, s.State)
		}
		if !slices.Equal(states, []string{"absent", "absent", "confirmed", "confirmed"}) {
			t.Errorf("%v", states)
		}
	}, prompt)
}

// An open page that has not confirmed yet, then it is cut and never comes back.
func TestConsoleTellsWhoWaits(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana := d.join(models.Master), d.join(models.Trader)
		page := ana.tabAt(d.http.URL, "websocket")
		d.advance(time.Second)
		id := d.toast("1", events.RoomUser(ana.user.ID))
		if _, err := page.WaitEvent(t.Context(), "notification"); err != nil {
			t.Fatal(err)
		}
		waiting := master.story(id, ana, "waiting")
		if waiting.SID == nil || *waiting.SID != page.SID || waiting.Next == nil {
			t.Errorf("%+v", waiting)
		}
		d.advance(time.Second)
		page.Reset()
		away := master.story(id, ana, "away")
		if away.At == nil || !away.At.Equal(d.now().Truncate(time.Millisecond)) {
			t.Errorf("%+v, now %v", away, d.now())
		}
	}, reluctant)
}

// Told to load everything again: too much was missed, or it is not kept any more.
func TestConsoleTellsWhoHadToLoadAgain(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana := d.join(models.Master), d.join(models.Trader)
		page := ana.tabAt(d.http.URL, "websocket")
		d.advance(time.Second)
		has := d.toast("has", events.RoomAuthenticated)
		master.story(has, ana, "confirmed")
		page.Reset()
		d.emptied(0)
		d.advance(time.Second)
		missed := d.toast("missed", events.RoomAuthenticated)
		for range 5 {
			d.handed(d.toast("more", events.RoomAuthenticated))
		}
		d.advance(time.Second)
		back := ana.returned(page, "websocket")
		if _, err := back.WaitEvent(t.Context(), "resync_required"); err != nil {
			t.Fatal(err)
		}
		got := master.story(missed, ana, "expired")
		got.sees(t, "", events.ResyncTooMany)
		if got.At == nil || got.Next == nil {
			t.Errorf("%+v", got)
		}
		master.story(has, ana, "confirmed").sees(t, "live", "")
		later := d.toast("later", events.RoomAuthenticated)
		master.story(later, ana, "confirmed").sees(t, "live", "")
		if s := master.eventStory(missed, "").Summary; s["expired"] != 1 || s["absent"] != 1 {
			t.Errorf("%v", s)
		}
	}, prompt, func(cfg *server.Config) { cfg.Events.ReplayMax = 3 })
}

// After a restart the trail is empty: slots tell what they can, and nobody makes up the
// rest. Presence of mind about sockets on another node comes from slots, too.
func TestConsoleTellsAfterRestart(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			w := newWorld(t, dialect)
			master := w.admin
			ana, bob := w.d.join(models.Trader), w.d.join(models.Operador)
			first := ana.tabAt(w.d.http.URL, "websocket")
			second := bob.tabAt(w.d.http.URL, "websocket")
			has := w.record("has")
			master.story(has, ana, "confirmed").sees(t, "live", "")
			master.story(has, bob, "confirmed").sees(t, "live", "")
			// Bob leaves for good: nothing is kept of him.
			if err := second.Send(t.Context(), "41"); err != nil {
				t.Fatal(err)
			}
			w.d.emptied(1)
			first.Reset()
			w.d.emptied(0)
			missed := w.record("missed")
			master.story(missed, ana, "away")
			w.halt(true)
			w.start()
			master.story(has, ana, "confirmed").sees(t, "", "")
			master.story(has, bob, "unknown").sees(t, "", "restart")
			away := master.story(missed, ana, "away")
			if away.Node == nil {
				t.Errorf("%+v", away)
			}
			ana.tabAt(w.d.http.URL, "websocket")
			master.story(missed, ana, "confirmed").sees(t, "replay", "")
			fresh := w.record("fresh")
			master.story(fresh, ana, "confirmed").sees(t, "live", "")
			master.story(fresh, bob, "absent").sees(t, "", "")
		})
	}
}
