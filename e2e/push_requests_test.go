package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// Requests in a row are as many messages; who comes back gets the open ones again, oldest
// first, after the greeting, and none that was evaluated. Every message has the shape that
// both builds of the page read (emergencies contract 1.3, 1.4, 3, 4.3 rule 3, 4.4).
func TestPushRequests(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		e := openEmergencies(t, d, "RELEVO_CALLS_URL=", "RELEVO_EMERGENCIES_OPEN_FOR=1h")
		live := e.olga.push("?id_operador=1")
		other := e.omar.push("")
		e.replayed(2)
		first, second := e.request(), e.request()
		for _, s := range []*pushSocket{live, other} {
			s.hears(first, second)
			if got := s.list(); !slices.Equal(got, []int64{first, second}) {
				t.Errorf("%s got %v, want %d and %d once each", s.name, got, first, second)
			}
		}
		e.judgeShape(live)

		back := e.olga.push("?id_operador=1")
		back.hears(first, second)
		back.barrier()
		if got := strings.Join(back.types(), " "); got != "connection nueva_solicitud nueva_solicitud pong" {
			t.Errorf("who comes back gets %s", got)
		}
		if got := back.requests(); !slices.Equal(got, []int64{first, second}) {
			t.Errorf("who comes back gets %v, want the oldest first: %d, %d", got, first, second)
		}
		for i := range 2 {
			then, now := live.await("nueva_solicitud", i+1), back.await("nueva_solicitud", i+1)
			if err := samePayload(string(then.Data), string(now.Data)); err != nil {
				t.Errorf("repeated, a request is another one: %v", err)
			}
		}

		// Evaluated, a request is not open any more, and all hear of it.
		emergency := e.evaluate(e.caller("olga"), first)
		for _, s := range []*pushSocket{live, other, back} {
			changed := s.await("emergencia_actualizada", 1)
			if changed.data(t, "id") != float64(emergency) || changed.data(t, "estado") != "VALORADA" {
				t.Errorf("%s got %s", s.name, changed.raw)
			}
		}
		later := e.omar.push("")
		later.hears(second)
		later.barrier()
		if got := later.requests(); !slices.Equal(got, []int64{second}) {
			t.Errorf("open are %v, want %d", got, second)
		}
	})
}

// judgeShape holds a request to the superset of what the two builds read.
func (e *emergencyDesk) judgeShape(s *pushSocket) {
	e.t.Helper()
	f := s.await("nueva_solicitud", 1)
	var got struct {
		Type, Timestamp string
		EventID         string `json:"_event_id"`
		Data            struct {
			FechaHora, Room string
			ServerURL       *string `json:"server_url"`
			Ubicacion       struct{ FechaHora string }
		}
	}
	if err := json.Unmarshal([]byte(f.raw), &got); err != nil {
		e.t.Fatal(err)
	}
	outer, err := time.Parse("2006-01-02T15:04:05.000000-07:00", got.Timestamp)
	if err != nil || !strings.HasSuffix(got.Timestamp, "+00:00") {
		e.t.Errorf("timestamp %q: %v", got.Timestamp, err)
	}
	for _, inner := range []string{got.Data.FechaHora, got.Data.Ubicacion.FechaHora} {
		if at, err := time.Parse(time.RFC3339, inner); err != nil || !strings.HasSuffix(inner, "Z") || outer.Sub(at).Abs() > time.Minute {
			e.t.Errorf("date %q beside %q: %v", inner, got.Timestamp, err)
		}
	}
	if !strings.HasPrefix(got.Data.Room, "emergencia-") || len(got.Data.Room) < len("emergencia-")+36 || got.Data.ServerURL == nil {
		e.t.Errorf("room %q, server_url %v", got.Data.Room, got.Data.ServerURL)
	}
	if want := `,"_event_id":"` + got.EventID + `"}`; len(got.EventID) < 36 || !strings.HasSuffix(f.raw, want) {
		e.t.Errorf("the event's id is not its last key: %s", f.raw)
	}
	want := `{"id":1,"solicitante":{"id":1,"nombre":"Persona","apellido":"Uno","fechaNacimiento":"1990-01-01","tipoDocumento":"CEDULA",
		"numeroDocumento":"000111","nombre2":null,"apellido2":null,"padecimientos":["asma"]},"fechaHora":"<text>",
		"ubicacion":{"id":1,"latitud":1.25,"longitud":-2.5,"fechaHora":"<text>"},"room":"<text>","server_url":""}`
	if err := samePayload(want, string(f.Data)); err != nil {
		e.t.Errorf("data of a request: %v", err)
	}
}

// A connection of many dies with RST while a request comes: the others have it at once,
// and the count falls (emergencies contract 4.2 a and b, 4.4).
func TestPushResetOfOne(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	const many = 30
	var sockets []*pushSocket
	for range many {
		sockets = append(sockets, e.olga.push(""))
	}
	victims := []*intruder{e.pushIntruder(e.omar), e.pushIntruder(e.omar)}
	e.counts(many + len(victims))
	for _, v := range victims {
		v.reset()
		request := e.request()
		for _, s := range sockets {
			s.hears(request)
		}
	}
	e.counts(many)
	for _, s := range sockets {
		if !s.open() {
			t.Error("a neighbour of a dead connection was closed")
		}
	}
}

// A client that names the last event that it has gets exactly what it missed, in order,
// and no open requests besides; one that names what nobody knows is told, and gets the open
// requests (docs/push.md).
func TestPushSince(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		e := openEmergencies(t, d)
		olga := e.caller("olga")
		s := e.olga.push("")
		e.replayed(1)
		first := e.request()
		at := s.await("nueva_solicitud", 1).EventID
		_ = s.conn.CloseNow()
		emergency := e.evaluate(olga, first)
		second := e.request()
		e.delivered()
		for range 2 { // naming it twice takes nothing away
			back := e.olga.push("?id_operador=1&since=" + at)
			back.hears(second)
			back.barrier()
			if got := strings.Join(back.types(), " "); got != "connection emergencia_actualizada nueva_solicitud pong" {
				t.Errorf("since the first request: %s", got)
			}
			if back.await("emergencia_actualizada", 1).data(t, "id") != float64(emergency) {
				t.Errorf("missed: %s", back.all()[1].raw)
			}
		}
		back := e.olga.push("?since=" + at)
		back.hears(second)
		third := e.request()
		back.hears(third)
		if got := back.requests(); !slices.Equal(got, []int64{second, third}) {
			t.Errorf("live after a replay: %v, want %d and %d", got, second, third)
		}
		e.evaluate(olga, third)
		e.delivered()
		for _, unknown := range []string{"00000000-0000-4000-8000-000000000000", "x", "%00", strings.Repeat("a", 500), strings.Repeat("a", 5000)} {
			lost := e.olga.push("?since=" + unknown)
			lost.name = fmt.Sprintf("since %.40q", unknown)
			lost.hears(second)
			lost.barrier()
			if got := strings.Join(lost.types(), " "); got != "connection resync_required nueva_solicitud pong" {
				t.Errorf("since %.40q: %s", unknown, got)
			}
		}
		// Who may not listen learns nothing about the log either.
		nobody := e.tina.push("?since=" + at)
		nobody.mute()
	})
}

// On Postgres, a request that one process takes is heard at another one, by those who
// come and by those who are there (emergencies contract 4.3 rule 12).
func TestPushTwoProcesses(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.Postgres)
	other := &process{t: t, dir: e.dir, env: e.env}
	other.run("127.0.0.1:0")
	t.Cleanup(other.stop)
	there := e.olga.pushAt(other.url + pushPath)
	here := e.omar.push("")
	e.replayed(1)
	other.replayed(1)
	first, second := e.request(), e.request()
	for _, s := range []*pushSocket{there, here} {
		s.hears(first, second)
		if got := s.list(); !slices.Equal(got, []int64{first, second}) {
			t.Errorf("%s got %v", s.name, got)
		}
	}
	back := e.olga.pushAt(other.url + pushPath + "?since=" + here.await("nueva_solicitud", 1).EventID)
	back.hears(second)
	if got := back.requests(); !slices.Equal(got, []int64{second}) {
		t.Errorf("since an event of another process: %v", got)
	}
	// The end of a session is heard there too.
	e.olga.send("GET", "/logout", nil).want(302)
	there.await("session_ended", 1)
	e.request()
	here.await("nueva_solicitud", 3)
	there.barrier()
	if n := len(there.list()); n != 2 {
		t.Errorf("a signed-out socket of another process got %d requests", n)
	}
}
