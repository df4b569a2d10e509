package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// Pages with Socket.IO hear the same, under the name that is the type and with the same
// object, in the rooms of Operador and Master; Traders and the signed-out hear nothing
// (emergencies contract 1.3; docs/push.md).
func TestPushEventsOverSocketIO(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		e := openEmergencies(t, d)
		push := e.olga.push("")
		hear := map[string]*livetest.Client{"olga": e.olga.socket(), "max": e.max.socket()}
		deaf := map[string]*livetest.Client{"tina": e.tina.socket(), "nobody": e.stranger().socket()}
		request := e.request()
		emergency := e.evaluate(e.caller("omar"), request)
		push.await("emergencia_actualizada", 1)
		e.delivered()
		for _, kind := range []string{"nueva_solicitud", "emergencia_actualizada"} {
			frame := push.await(kind, 1)
			pushed := strings.Replace(frame.raw, `,"_event_id":"`+frame.EventID+`"`, "", 1)
			for name, s := range hear {
				got, err := s.WaitEvent(soon(t), kind)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := samePayload(pushed, got.Arg()); err != nil {
					t.Errorf("%s, %s: %v", name, kind, err)
				}
			}
		}
		for name, s := range deaf {
			if err := s.Barrier(soon(t)); err != nil {
				t.Fatal(err)
			}
			for _, event := range s.Names() {
				if event == "nueva_solicitud" || event == "emergencia_actualizada" {
					t.Errorf("%s heard %s", name, event)
				}
			}
		}
		if emergency == 0 {
			t.Error("no emergency")
		}
	})
}

// From the evaluation that suggested an ambulance until its dispatch its position comes
// every second while somebody listens; it stops with the last one, and goes on with the
// next (emergencies contract 1.3, 4.2 e and f).
func TestPushAmbulancePositions(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, append(quickPings, "RELEVO_EMERGENCIES_LOCATION_INTERVAL=50ms")...)
	crew := number(t, e.admin.call("POST", "/operadores-ambulancia", map[string]any{
		"nombre": "Cora", "apellido": "Dos", "fechaNacimiento": "1985-05-05", "tipoDocumento": "CEDULA", "numeroDocumento": "000222", "licencia": "L-1",
	}).want(201).body["id"])
	ambulance := number(t, e.admin.call("POST", "/ambulancias", map[string]any{
		"placa": "AAA000", "tipoAmbulancia": "BASICA", "disponibilidad": true, "id_operador_ambulancia": crew,
	}).want(201).body["id"])
	e.command(password+"\n", "account", "create", "--username", "cora", "--kind", "OPERADOR_AMBULANCIA", "--person", fmt.Sprint(crew), "--password-stdin")
	cora := e.caller("cora")
	place := func(lat, lon float64) {
		cora.call("PUT", fmt.Sprintf("/ambulancias/%d/ubicacion", ambulance), map[string]any{"latitud": lat, "longitud": lon}).want(200)
	}
	place(1.2, -2.4)
	olga := e.caller("olga")
	s := e.olga.push("?id_operador=1")
	request := e.request()
	valued := olga.call("POST", "/valorar-emergencia", map[string]any{
		"solicitud_id": request, "tipoAmbulancia": "BASICA", "nivelPrioridad": "ALTA", "descripcion": "caída", "id_operador": 1, "solicitante_id": e.patient,
	}).want(201)
	if got := valued.body["id_ambulancia_cercana"]; got != float64(ambulance) {
		t.Fatalf("suggested is %v, want %d", got, ambulance)
	}
	position := func(s *pushSocket, n int) map[string]any {
		var at map[string]any
		if err := json.Unmarshal([]byte(s.await("ubicacion_ambulancia", n).raw), &at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := position(s, 2); at["latitud"] != 1.2 || at["longitud"] != -2.4 || at["id_ambulancia"] != float64(ambulance) || at["data"] != nil {
		t.Errorf("a position is %v", at)
	}
	nobody := e.tina.push("")
	_ = s.conn.CloseNow()
	e.counts(1)
	nobody.mute()

	place(1.3, -2.3)
	back := e.omar.push("")
	if at := position(back, 1); at["latitud"] != 1.3 {
		t.Errorf("to the next one who listens it is %v", at)
	}
	emergency := number(t, valued.object("emergencia")["id"])
	order := map[string]any{"emergencia_id": emergency, "ambulancia_id": ambulance, "operador_ambulancia_id": crew, "operador_emergencia_id": 1}
	olga.call("POST", "/despachar-ambulancia", order).want(201)
	olga.call("POST", "/despachar-ambulancia", order).want(409)
	assigned := back.await("emergencia_actualizada", 1)
	if assigned.data(t, "estado") != "ASIGNADA" {
		t.Errorf("the dispatch told %s", assigned.raw)
	}
	place(1.4, -2.2)
	pings := back.pings.Load()
	e.eventually("ten more positions were due", func() error {
		if n := back.pings.Load() - pings; n < 3 {
			return fmt.Errorf("%d pings", n)
		}
		return nil
	})
	back.barrier()
	for _, f := range back.all() {
		if strings.Contains(f.raw, "1.4") && f.Type == "ubicacion_ambulancia" {
			t.Errorf("after the dispatch: %s", f.raw)
		}
	}
}
