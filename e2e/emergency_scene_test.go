package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/relevo/relevo/models"
)

// quickPings makes minutes of silence out of seconds: the time after which a proxy cuts
// is measured in intervals of it. A machine that is busy may answer late.
var quickPings = []string{"RELEVO_PUSH_PING_INTERVAL=1s", "RELEVO_PUSH_MISSED_PONGS=10"}

// manyRequests lets one account ask for more ambulances than one patient needs.
const manyRequests = "RELEVO_EMERGENCIES_REQUESTS_PER_MINUTE=100000"

// emergencyDesk is a desk with a patient, operators and somebody who may not listen.
type emergencyDesk struct {
	*process
	max, olga, omar, tina *person // Master, two of Operador, Trader
	admin                 *caller
	patient               int64
}

// caller speaks REST with a token and keeps no cookies, as the operators' page on
// another origin and the apps do (emergencies contract 2).
type caller struct {
	*person
	token string
}

func openEmergencies(t *testing.T, d models.Dialect, settings ...string) *emergencyDesk {
	t.Helper()
	e := &emergencyDesk{process: start(t, d, append([]string{manyRequests}, settings...)...)}
	e.max, e.olga, e.omar, e.tina = e.hire("max", models.Master), e.hire("olga", models.Operador), e.hire("omar", models.Operador), e.hire("tina", models.Trader)
	e.admin = e.caller("max")
	e.patient = e.newPatient("000111")
	return e
}

// caller signs in over /auth/login (emergencies contract 2.3).
func (p *process) caller(name string) *caller {
	p.t.Helper()
	who := p.stranger()
	who.name, who.client.Jar = name, nil
	signed := who.json("POST", "/auth/login", map[string]any{"identificador": name, "contrasena": password}).want(200)
	c := &caller{person: who}
	if c.token, _ = signed.body["access_token"].(string); c.token == "" || signed.body["token_type"] != "bearer" {
		p.t.Fatalf("sign-in of %s: %s", name, signed.raw)
	}
	return c
}

// call sends v as JSON; nil sends no body.
func (c *caller) call(method, path string, v any) reply {
	c.t.Helper()
	var body []byte
	if v != nil {
		body, _ = json.Marshal(v)
	}
	return c.send(method, path, body, "Content-Type", "application/json", "Authorization", "Bearer "+c.token)
}

// newPatient makes the person of the contract's samples, with a document number.
func (e *emergencyDesk) newPatient(document string) int64 {
	e.t.Helper()
	made := e.admin.call("POST", "/solicitantes", map[string]any{
		"nombre": "Persona", "apellido": "Uno", "fechaNacimiento": "1990-01-01", "tipoDocumento": "CEDULA", "numeroDocumento": document, "padecimientos": []string{"asma"},
	}).want(201)
	return number(e.t, made.body["id"])
}

// request asks for an ambulance and returns the id of the request.
func (e *emergencyDesk) request() int64 {
	e.t.Helper()
	asked := e.admin.call("POST", "/solicitudes/solicitar-ambulancia", ambulanceFor(e.patient)).want(200)
	return number(e.t, asked.body["id_solicitud"])
}

func ambulanceFor(patient int64) map[string]any {
	return map[string]any{"id_solicitante": patient, "ubicacion": map[string]any{"latitud": 1.25, "longitud": -2.5}}
}

// evaluate takes a request out of the open ones, and returns the id of its emergency.
func (e *emergencyDesk) evaluate(by *caller, request int64) int64 {
	e.t.Helper()
	valued := by.call("POST", "/valorar-emergencia", map[string]any{
		"solicitud_id": request, "tipoAmbulancia": "BASICA", "nivelPrioridad": "MEDIA", "descripcion": "caída", "id_operador": 1, "solicitante_id": e.patient,
	}).want(201)
	return number(e.t, valued.object("emergencia")["id"])
}

// number is an id of an answer.
func number(t *testing.T, v any) int64 {
	t.Helper()
	n, ok := v.(float64)
	if !ok || n < 1 {
		t.Fatalf("%v is no id", v)
	}
	return int64(n)
}

// info is the answer of emergencies contract 2.1, read as pages do: bare.
func (p *process) info() reply {
	p.t.Helper()
	return p.stranger().send("GET", "/atender-emergencias/websocket-info", nil).want(200)
}

// counts waits until conexiones_activas is n.
func (p *process) counts(n int) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("conexiones_activas is %d", n), func() error {
		if got := p.info().body["conexiones_activas"]; got != float64(n) {
			return fmt.Errorf("it is %v", got)
		}
		return nil
	})
}
