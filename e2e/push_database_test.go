package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// The database takes nothing: the address of the socket is answered all the same, sockets
// that are open stay, and hear what is committed as soon as it is over (emergencies
// contract 2.1, 4.3 rule 7, 4.4).
func TestPushDatabaseDown(t *testing.T) {
	for _, f := range faults {
		if !slices.Contains([]string{"sqlite full", "sqlite locked", "postgres read-only"}, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			k := openDesk(t, f.dialect, manyRequests)
			e := &emergencyDesk{process: k.process, olga: k.olga, max: k.max, admin: k.caller("max")}
			e.patient = e.newPatient("000111")
			s := e.olga.push("")
			first := e.request()
			s.hears(first)
			mend := f.strike(k)
			if refused := e.ask(); refused.status != http.StatusServiceUnavailable || refused.body["detail"] == nil || refused.body["error"] == nil {
				t.Errorf("a request that cannot be stored is answered with %d %s", refused.status, refused.raw)
			}
			for range 20 {
				if got := e.info().body["websocket_url"]; got != pushPath {
					t.Errorf("websocket_url is %v", got)
				}
			}
			s.barrier()
			mend()
			second := e.taken()
			s.hears(second)
			if got := s.list(); !slices.Equal(got, []int64{first, second}) {
				t.Errorf("it got %v, want %d and %d", got, first, second)
			}
		})
	}
}

// The call service is configured and down: the patient is answered, and operators are
// told (emergencies contract 4.2 g, 4.4).
func TestPushCallServiceDown(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, "RELEVO_CALLS_URL=wss://127.0.0.1:1", "RELEVO_CALLS_API_KEY=key", "RELEVO_CALLS_API_SECRET=secret-of-the-call-service-0123456789")
	s := e.olga.push("")
	request := e.request()
	s.hears(request)
	if got := s.await("nueva_solicitud", 1).data(t, "server_url"); got != "wss://127.0.0.1:1" {
		t.Errorf("server_url is %v", got)
	}
}

// Postgres cannot be reached at all: pages still learn the address, their sockets are taken
// and stay, those that were there and those that come, and when it is back those hear what
// they may hear, without having connected again (emergencies contract 2.1, 4.3 rules 1, 7
// and 10, 4.4).
func TestPushPostgresAway(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(modelstest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	net := newCutProxy(t, at.Host)
	at.Host = net.listener.Addr().String()
	e := openEmergencies(t, models.SQLite, "DATABASE_URL="+at.String())
	s := e.olga.push("")
	first := e.request()
	s.hears(first)

	net.refuse()
	net.reset()
	e.eventually("a request is refused", func() error {
		if r := e.ask(); r.status != http.StatusServiceUnavailable || r.body["detail"] == nil || r.body["error"] == nil {
			return fmt.Errorf("%d %.300s", r.status, r.raw)
		}
		return nil
	})
	for range 20 {
		if got := e.info().body["websocket_url"]; got != pushPath {
			t.Errorf("websocket_url is %v", got)
		}
	}
	late, _ := e.omar.push(""), e.stranger().push("")
	late.await("connection", 1)
	late.mute()
	s.barrier()

	net.heal()
	late.hears(first)
	second := e.taken()
	for _, each := range []*pushSocket{s, late} {
		each.hears(second)
		if got := each.list(); !slices.Equal(got, []int64{first, second}) {
			t.Errorf("%s got %v, want %d and %d", each.name, got, first, second)
		}
	}
}

// ask is request without a view of how it ends.
func (e *emergencyDesk) ask() reply {
	e.t.Helper()
	return e.admin.call("POST", "/solicitudes/solicitar-ambulancia", ambulanceFor(e.patient))
}

// taken asks until the database takes it, and returns the id of the request.
func (e *emergencyDesk) taken() (id int64) {
	e.t.Helper()
	e.eventually("a request is taken", func() error {
		r := e.ask()
		if r.status != http.StatusOK {
			return fmt.Errorf("%d %.300s", r.status, r.raw)
		}
		id = number(e.t, r.body["id_solicitud"])
		return nil
	})
	return id
}
