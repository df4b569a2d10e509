package server_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// A socket on another node is told of by its slot, and the story goes on when its client
// comes to this one.
func TestConsoleTellsOfAnotherNode(t *testing.T) {
	d, database := deskOn(t, models.Postgres, prompt)
	master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
	there := d.secondNode(database, prompt)
	page := ana.tabAt(there, "websocket")
	bob.tabAt(there, "polling")
	d.advance(time.Second)
	id := d.toast("1", events.RoomUser(ana.user.ID), events.RoomUser(bob.user.ID))
	for _, who := range []*person{ana, bob} {
		got := master.story(id, who, "confirmed")
		got.sees(t, "", "")
		if got.Node == nil || got.At != nil {
			t.Errorf("%+v", got)
		}
	}
	if now := master.get("/console/api/now").want(t, 200).body; len(now["nodes"].([]any)) != 2 {
		t.Errorf("%v", now["nodes"])
	}
	page.Reset()
	d.advance(time.Second)
	missed := d.toast("2", events.RoomUser(ana.user.ID))
	master.story(missed, ana, "away")
	d.handed(missed)
	back := ana.tabAt(d.http.URL, "websocket")
	got := master.story(missed, ana, "confirmed")
	if got.sees(t, "replay", ""); *got.SID != back.SID {
		t.Errorf("%+v", got)
	}
}

// An engine that is not told what clients confirm says so, and makes nothing up.
func TestConsoleTellsWhatAnEngineDoesNot(t *testing.T) {
	d := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Socket.Engine = "zishang520" })
	master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
	ana.tabAt(d.http.URL, "websocket")
	d.advance(time.Second)
	id := d.toast("1", events.RoomAuthenticated)
	master.story(id, ana, "unknown").sees(t, "", "engine")
	master.story(id, bob, "absent").sees(t, "", "")
	d.advance(time.Second)
	bob.tabAt(d.http.URL, "websocket")
	master.story(id, bob, "absent").sees(t, "", "")
}

// Who hears of emergencies on a push socket confirms nothing.
func TestConsoleTellsOfPushSockets(t *testing.T) {
	d := newDesk(t, models.SQLite)
	master, ana := d.join(models.Master), d.join(models.Operador)
	ana.pushAt(d.http.URL, "")
	id := d.note(models.EventRecord{
		Name: "sala_atendida", Payload: json.RawMessage(`{"type":"sala_atendida","timestamp":"2026-01-15T17:00:00Z","data":{"room":"r","estado":"atendida"}}`),
		Rooms: []string{events.RoomRole(models.Operador), events.RoomRole(models.Master), events.RoomEmergencies},
	})
	master.story(id, ana, "unknown").sees(t, "", "push")
	master.story(id, master, "absent").sees(t, "", "")
}

// A drain is written down and tells the process to end; it answers before it does.
func TestConsoleDrains(t *testing.T) {
	d := newDesk(t, models.SQLite)
	master := d.join(models.Master)
	for range 2 {
		if r := master.json("POST", actions+"drain", object{"reason": "nueva versión"}).want(t, 202); r.message() == "" {
			t.Errorf("%s", r.raw)
		}
		if !d.app.ToldToEnd() {
			t.Error("the process is not told")
		}
	}
	if l := d.line("DRAIN_NODE"); l.Entity != "Node" || l.UserID != master.user.ID {
		t.Errorf("%+v", l)
	}
}

// What was committed under a trail of two entries is told as far as it is known.
func TestConsoleWithAShortMemory(t *testing.T) {
	d := newDesk(t, models.SQLite, prompt, func(cfg *server.Config) { cfg.Console.Trail = 2 })
	master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
	ana.tabAt(d.http.URL, "websocket")
	d.advance(time.Second)
	id := d.toast("1", events.RoomAuthenticated)
	master.story(id, ana, "confirmed")
	d.advance(time.Second)
	for range 3 {
		bob.tabAt(d.http.URL, "websocket")
	}
	master.story(id, ana, "confirmed")
	master.story(id, bob, "unknown").sees(t, "", "restart")
}
