package server_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

func countNames(c *livetest.Client, name string) int {
	n := 0
	for _, got := range c.Names() {
		if got == name {
			n++
		}
	}
	return n
}

// Signing somebody out ends the sessions and the sockets, and the trail keeps why.
func TestConsoleSignsOut(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		tab := ana.again()
		page, beside := tab.tabAt(d.http.URL, "websocket"), bob.tabAt(d.http.URL, "polling")
		r := master.json("POST", actions+"sign_out", object{"user_id": ana.user.ID, "reason": " perdió su portátil "}).want(t, 200)
		if r.body["ended"] != 2.0 || r.body["sockets"] != 1.0 || !strings.Contains(r.message(), ana.user.Username) {
			t.Errorf("%s", r.raw)
		}
		e, err := page.WaitEvent(t.Context(), "session_ended")
		if err != nil || !strings.Contains(e.Arg(), events.EndRevoked) {
			t.Errorf("%v, %v", e, err)
		}
		if err := page.WaitClosed(t.Context()); err != nil || !page.Disconnected() {
			t.Errorf("the socket is open: %v", err)
		}
		if ana.signedIn() || tab.signedIn() || !bob.signedIn() || !master.signedIn() || beside.Closed() {
			t.Error("not exactly that user is signed out")
		}
		l := d.line("REVOKE_SESSIONS")
		if l.UserID != master.user.ID || l.Entity != "User" || *l.EntityID != ana.user.ID || !strings.HasSuffix(*l.Details, "; motivo: perdió su portátil") || l.IPAddress == nil {
			t.Errorf("%+v %s", l, *l.Details)
		}
		if seen := master.get("/api/audit?action=REVOKE_SESSIONS").want(t, 200); !strings.Contains(string(seen.raw), "perdió su portátil") {
			t.Errorf("%s", seen.raw)
		}
	})
}

// One socket ends: with stay_away its client is told to stay away, else it only loses
// the transport.
func TestConsoleDisconnects(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		d := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Socket.Engine = engine })
		master, ana := d.join(models.Master), d.join(models.Trader)
		for _, away := range []bool{true, false} {
			page, beside := ana.tabAt(d.http.URL, "websocket"), ana.tabAt(d.http.URL, "polling")
			master.json("POST", actions+"disconnect", object{"sid": page.SID, "stay_away": away, "reason": "prueba"}).want(t, 200)
			if err := page.WaitClosed(t.Context()); err != nil || page.Disconnected() != away {
				t.Errorf("%s, away %v: told %v, %v", engine, away, page.Disconnected(), err)
			}
			if beside.Closed() || !ana.signedIn() {
				t.Errorf("%s: more than the socket ended", engine)
			}
			if l := d.line("DISCONNECT_SOCKET"); l.Entity != "User" || *l.EntityID != ana.user.ID || !strings.Contains(*l.Details, page.SID) || !strings.Contains(*l.Details, "prueba") {
				t.Errorf("%+v", l)
			}
			beside.Close()
		}
	}
	d := newDesk(t, models.SQLite)
	master := d.join(models.Master)
	stranger, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.http.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stranger.Close)
	master.json("POST", actions+"disconnect", object{"sid": stranger.SID, "stay_away": false, "reason": "prueba"}).want(t, 200)
	if err := stranger.WaitClosed(t.Context()); err != nil {
		t.Error(err)
	}
	if l := d.line("DISCONNECT_SOCKET"); l.Entity != "Socket" || *l.EntityID != 0 {
		t.Errorf("%+v", l)
	}
}

// A notification reaches exactly whom it is for, as plain text.
func TestConsoleNotifies(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		pages := map[string]*livetest.Client{"master": master.tabAt(d.http.URL, "websocket"), "ana": ana.tabAt(d.http.URL, "websocket"), "bob": bob.tabAt(d.http.URL, "polling")}
		got := map[string]int{}
		for _, c := range []struct {
			to     object
			hear   []string
			entity string
			id     int64
		}{
			{object{"everyone": true}, []string{"master", "ana", "bob"}, "Notification", 0},
			{object{"role": models.Trader}, []string{"ana"}, "Notification", 0},
			{object{"user_id": bob.user.ID}, []string{"bob"}, "User", bob.user.ID},
		} {
			c.to["title"], c.to["message"], c.to["type"], c.to["reason"] = "Aviso", "Hay <b>mantenimiento</b>", "warning", "aviso de prueba"
			r := master.json("POST", actions+"notify", c.to).want(t, 200)
			if r.body["sockets"] != float64(len(c.hear)) {
				t.Errorf("%s, want %d", r.raw, len(c.hear))
			}
			id := r.body["event_id"].(string)
			if e := master.eventStory(id, "").Event; e["name"] != "notification" || e["id"] != id {
				t.Errorf("%v", e)
			}
			for _, name := range c.hear {
				got[name]++
				if err := pages[name].WaitCount(t.Context(), got[name]+1); err != nil {
					t.Fatal(err)
				}
			}
			for name, page := range pages {
				if err := page.Barrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := countNames(page, "notification"); n != got[name] {
					t.Errorf("%v: %s has %d, want %d", c.to, name, n, got[name])
				}
			}
			if l := d.line("SEND_NOTIFICATION"); l.Entity != c.entity || *l.EntityID != c.id || !strings.Contains(*l.Details, "Aviso") || !strings.Contains(*l.Details, "aviso de prueba") {
				t.Errorf("%+v %s", l, *l.Details)
			}
		}
	})
}

// An event is sent again under a new id that names the first; to one user only when that
// user may see it.
func TestConsoleResends(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		a, b := ana.tabAt(d.http.URL, "websocket"), bob.tabAt(d.http.URL, "websocket")
		first := d.toast("once", events.RoomAuthenticated)
		again := func(c *livetest.Client, n int, id string) {
			t.Helper()
			if err := c.WaitCount(t.Context(), n+1); err != nil {
				t.Fatal(err)
			}
			var told map[string]string
			list := c.Events()
			if err := json.Unmarshal([]byte(list[len(list)-1].Arg()), &told); err != nil || told["_event_id"] != id || told["title"] != "once" {
				t.Errorf("%v, %v", told, err)
			}
		}
		r := master.json("POST", actions+"resend", object{"event_id": first, "reason": "nadie lo vio"}).want(t, 200)
		second := r.body["event_id"].(string)
		if second == first || r.body["sockets"] != 2.0 {
			t.Errorf("%s", r.raw)
		}
		again(a, 2, first)
		again(b, 2, first)
		if l := d.line("RESEND_EVENT"); l.Entity != "Event" || !strings.Contains(*l.Details, first) || !strings.Contains(*l.Details, second) || !strings.Contains(*l.Details, "nadie lo vio") {
			t.Errorf("%s", *l.Details)
		}
		// A repetition of a repetition names the first; one user alone gets it.
		r = master.json("POST", actions+"resend", object{"event_id": second, "user_id": ana.user.ID, "reason": "solo ella"}).want(t, 200)
		again(a, 3, first)
		third := master.eventStory(r.body["event_id"].(string), "").Event
		if rooms := third["rooms"].([]any); len(rooms) != 1 || rooms[0] != events.RoomUser(ana.user.ID) || third["entity"] != "toast/once" {
			t.Errorf("%v", third)
		}
		if err := b.Barrier(t.Context()); err != nil || countNames(b, "notification") != 2 {
			t.Errorf("%v %v", b.Names(), err)
		}
		// What a user may not see is not sent to it, and some things to nobody.
		roles := d.toast("roles", events.RoomRole(models.Operador))
		wantRefusal(t, master.json("POST", actions+"resend", object{"event_id": roles, "user_id": ana.user.ID, "reason": "prueba"}), 403)
		master.json("PUT", "/users/api/update/"+itoa(ana.user.ID), object{"role": models.Operador}).want(t, 200)
		wantRefusal(t, master.json("POST", actions+"resend", object{"event_id": roles, "user_id": ana.user.ID, "reason": "prueba"}), 403)
		changed := d.last("session_updated")
		wantRefusal(t, master.json("POST", actions+"resend", object{"event_id": changed, "reason": "prueba"}), 422)
		ofClient := d.note(models.EventRecord{
			Name: "operacion_actualizada", Payload: json.RawMessage(`{"id":1,"operation_id":"E","status":"Pendiente"}`),
			Rooms: []string{events.RoomClient("12345678")}, Except: []string{events.RoomAuthenticated}, Entity: "operation/1",
		})
		wantRefusal(t, master.json("POST", actions+"resend", object{"event_id": ofClient, "user_id": ana.user.ID, "reason": "prueba"}), 403)
		r = master.json("POST", actions+"resend", object{"event_id": ofClient, "reason": "prueba"}).want(t, 200)
		same, err := d.store.EventByID(t.Context(), r.body["event_id"].(string))
		if err != nil || !slices.Equal(same.Rooms, []string{"client_12345678"}) || !slices.Equal(same.Except, []string{events.RoomAuthenticated}) || same.Entity != "operation/1" {
			t.Errorf("%+v, %v", same, err)
		}
		if n := d.trail("RESEND_EVENT"); n != 3 {
			t.Errorf("%d audit lines", n)
		}
	})
}

// last is the id of the last event of the name that was recorded.
func (d *desk) last(name string) string {
	d.t.Helper()
	rows, err := d.store.SearchEvents(d.t.Context(), models.EventSearch{Name: name, Limit: 1})
	if err != nil || len(rows) != 1 {
		d.t.Fatalf("%v, %v", rows, err)
	}
	return rows[0].ID
}
