package e2e

import (
	"slices"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// step is one action at the desk and everything that every socket hears of it.
type step struct {
	section string // of the contract
	name    string
	by      string
	method  string
	path    string
	body    any
	upload  string // field name of a file that is sent instead of body
	status  int
	wants   []want
	// learn takes notes from the answer.
	learn func(s *scene, r reply)
}

// TestRolesAndEvents is the table of who hears what: every action that changes
// something, one socket per role, two tabs of one user, a member of a client's room and
// a signed-out socket (contract 2.2 to 2.6, 5.1 to 5.6, 6).
func TestRolesAndEvents(t *testing.T) {
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		s := newScene(t, d)
		for _, st := range beforeOperators {
			s.play(t, st)
		}
		s.callIn("11112222")
		s.check(t, arrival)
		for _, story := range [][]step{userSteps, clientSteps, operationSteps, updateStatusSteps, silentSteps} {
			for _, st := range story {
				s.play(t, st)
			}
		}
		t.Run("contract 2.4 sign in, new password, sign out", s.signInAndOut)
		t.Run("contract 1.5 inbound events", s.inbound)
	})
}

// play acts and compares. A step whose answer is wrong ends the story, because the
// following ones build on it.
func (s *scene) play(t *testing.T, st step) {
	t.Helper()
	ok := t.Run("contract "+st.section+" "+st.name, func(t *testing.T) {
		who := s.people[st.by]
		path := s.expand(st.path)
		var r reply
		switch body := st.body.(type) {
		case string: // JSON with notes to fill in
			r = who.send(st.method, path, []byte(s.expand(body)), "Content-Type", "application/json")
		default:
			r = who.json(st.method, path, body)
		case map[string]string:
			r = who.upload(path, st.upload, body)
		}
		r.t = t
		r.want(st.status)
		if st.learn != nil {
			st.learn(s, r)
		}
		s.check(t, st.wants)
	})
	if !ok {
		t.FailNow()
	}
}

// unrouted are the events that no action at the desk emits, with the reason.
var unrouted = map[string]string{
	"notification":              "contract 2.3: the old system's helper is never called either; it comes through POST /api/emit",
	"tipos_cambio_actualizados": "contract 2.8: rates are not kept here; they come through POST /api/emit",
	"session_ended":             "contract 5.9: only the sockets of a session that ends get it, and nothing after it; TestEndOfSessionReachesSockets",
	"limit_exceeded":            "contract 5.10: only a socket that sends too much gets it",
	"resync_required":           "contract 5.8: only a socket that comes back after too long gets it",
	"console_now":               "goes to those who watch through the console alone; TestConsoleEventsReachWatchersAlone",
	"console_feed":              "goes to those who watch through the console alone; TestConsoleEventsReachWatchersAlone",
	"nueva_solicitud":           "emergencies contract 1.3: of the emergencies desk; TestPushEventsOverSocketIO",
	"emergencia_actualizada":    "emergencies contract 1.3: of the emergencies desk; TestPushEventsOverSocketIO",
	"sala_atendida":             "emergencies contract 1.3: of the emergencies desk, with a call service; TestEmergencyCalls of the server",
	"ubicacion_ambulancia":      "emergencies contract 1.3: of the emergencies desk, to push sockets; TestPushAmbulancePositions",
}

// Every event of the table is in the matrix or has a reason not to be.
func TestMatrixIsComplete(t *testing.T) {
	var played []string
	note := func(wants []want) {
		for _, w := range wants {
			played = append(played, w.event)
		}
	}
	for _, story := range [][]step{beforeOperators, userSteps, clientSteps, operationSteps, updateStatusSteps, silentSteps} {
		for _, st := range story {
			note(st.wants)
		}
	}
	note(arrival)
	for _, in := range inboundSteps {
		note(in.wants)
	}
	known := map[string]bool{}
	for _, row := range events.All() {
		known[row.Name] = true
		if _, excused := unrouted[row.Name]; slices.Contains(played, row.Name) == excused {
			t.Errorf("%s: in the matrix %v, excused %v", row.Name, !excused, excused)
		}
	}
	for _, name := range played {
		if !known[name] {
			t.Errorf("%s is not in the table of events", name)
		}
	}
}
