package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// emergencies contract 1.3, 4.2-f: where the suggested ambulance is, again and again while
// somebody listens, until it is dispatched; and anew for who comes back.
func TestAmbulanceLocations(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op, person := d.staff(models.Operador), d.requester("111")
		near := d.ambulance("AAA111", models.AmbulanceBasic, 1.25, -2.5)
		d.ambulance("BBB222", models.AmbulanceBasic, 50, 60) // suggested to nobody
		evaluated := func() int64 {
			r := op.call("POST", "/valorar-emergencia", evaluation(op.ask(person.ID), person.ID)).want(t, 201)
			return int64(r.body["emergencia"].(map[string]any)["id"].(float64))
		}
		first := evaluated()
		d.settled()

		mute := d.stranger().push("")
		tab := op.push("")
		for range 3 {
			m := tab.wants("ubicacion_ambulancia")
			if len(m) != 4 || m["latitud"] != 1.25 || m["longitud"] != -2.5 || m["id_ambulancia"] != float64(near.ID) {
				t.Fatalf("got %v", m)
			}
		}
		d.tx(func(tx *models.Tx) error { _, err := tx.MoveAmbulance(near.ID, 1.5, -2.75); return err })
		for m := tab.wants("ubicacion_ambulancia"); m["latitud"] != 1.5; {
			m = tab.wants("ubicacion_ambulancia")
		}
		// A position that is too old is no position.
		d.advance(5*time.Minute + time.Second)
		tab.ceases(t)
		d.tx(func(tx *models.Tx) error { _, err := tx.MoveAmbulance(near.ID, 1.5, -2.75); return err })
		tab.wants("ubicacion_ambulancia")

		// It ends with the last listener and begins anew with the next.
		if err := tab.conn.CloseNow(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(livetest.Patience); ; time.Sleep(5 * time.Millisecond) {
			if d.stranger().get("/atender-emergencias/websocket-info").body["conexiones_activas"] == 1.0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the socket that went away still counts")
			}
		}
		tab = op.push("")
		tab.wants("ubicacion_ambulancia", "ubicacion_ambulancia")

		op.call("POST", "/despachar-ambulancia", map[string]any{
			"emergencia_id": first, "ambulancia_id": near.ID, "operador_ambulancia_id": *near.OperatorID, "operador_emergencia_id": 1,
		}).want(t, 201)
		tab.ceases(t)
		mute.quiet()
	}, asking, func(c *server.Config) { c.Emergencies.LocationInterval = 5 * time.Millisecond })
}

// ceases waits until no position comes for many intervals.
func (s *pushTab) ceases(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), livetest.Patience)
	defer cancel()
	for silent := 0; silent < 3; silent++ {
		time.Sleep(50 * time.Millisecond)
		s.d.advance(time.Second) // a client is answered so often in a second
		if err := s.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)); err != nil {
			t.Fatal(err)
		}
		for m := s.next(); m["type"] != "pong"; m = s.next() {
			if m["type"] == "ubicacion_ambulancia" {
				silent = -1
			}
		}
		if ctx.Err() != nil {
			t.Fatal("positions go on")
		}
	}
}
