package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/api"
)

// Whatever is refused under an address of the emergencies desk has its form of errors:
// unknown addresses and methods, foreign preflights and long bodies too (emergencies
// contract 2). Other addresses keep theirs.
func TestEmergencyErrorForm(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.Uploads.MaxBytes = 1 })
	m := d.stranger()
	for _, route := range api.EmergencyRoutes() {
		path := strings.NewReplacer(":id", "1", ":estado", "CREADA").Replace(route.Path)
		r := m.send("PATCH", path, nil)
		if wantDetail(t, r, 405); r.body["detail"] != "Method Not Allowed" {
			t.Errorf("PATCH %s: %s", path, r.raw)
		}
		if r := m.send("GET", path+"/a/b/c", nil); r.status != 404 || r.body["detail"] != "Not Found" {
			t.Errorf("GET %s/a/b/c: %d %s", path, r.status, r.raw)
		}
	}
	preflight := []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "PUT"}
	wantDetail(t, m.send("OPTIONS", "/emergencias", nil, preflight...), 403)
	wantDetail(t, m.send("POST", "/auth/login", []byte(strings.Repeat("x", 70_000)), "Content-Type", "application/json"), 413)
	wantDetail(t, m.send("POST", "/auth/login", []byte("x=1"), "Content-Type", "text/plain"), 415)
	for _, path := range []string{"/nada", "/emergenciasx", "/api/emergencias"} {
		if r := m.get(path); r.status != 404 || r.body["success"] != false || r.body["detail"] != nil {
			t.Errorf("%s: %d %s", path, r.status, r.raw)
		}
	}
}

// What was sent comes back in a fault only when it is text and no secret.
func TestEmergencyFaultsRepeatNoSecret(t *testing.T) {
	d := newDesk(t, models.SQLite)
	r := d.stranger().send("POST", "/auth/login", []byte(`{"identificador":7,"contrasena":4711471147}`), "Content-Type", "application/json")
	if wantDetail(t, r, 422); faultsOf(r) != "body.identificador string_type, body.contrasena string_type" || strings.Contains(string(r.raw), "4711") {
		t.Errorf("%s", r.raw)
	}
	r = d.staff(models.Operador).send("POST", "/auth/verify", []byte("{\"token\":[\"\xff\"]}"), "Content-Type", "application/json")
	if wantDetail(t, r, 422); !json.Valid(r.raw) || !utf8.Valid(r.raw) {
		t.Errorf("%q", r.raw)
	}
}

// Numbers are those of JSON, with quotes or without.
func TestEmergencyNumbers(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.Emergencies.RequestsPerMinute = 100 })
	person, op := d.requester("111"), d.staff(models.Operador)
	for latitude, want := range map[string]string{
		`1.25`: "200 ", `"1.25"`: "200 ", `" -1e1 "`: "200 ", `-0`: "200 ", `1e-400`: "200 ",
		`1e400`: "422 body.ubicacion.latitud float_parsing", `"NaN"`: "422 body.ubicacion.latitud float_parsing", `"Infinity"`: "422 body.ubicacion.latitud float_parsing",
		`"1_0"`: "422 body.ubicacion.latitud float_parsing", `"0x1p4"`: "422 body.ubicacion.latitud float_parsing", `true`: "422 body.ubicacion.latitud float_parsing",
		`""`: "422 body.ubicacion.latitud float_parsing", `"` + "\xff" + `"`: "422 body.ubicacion.latitud float_parsing",
		`90.1`: "422 body.ubicacion.latitud less_than_equal", `null`: "422 body.ubicacion.latitud missing", `NaN`: "422 body json_invalid",
	} {
		body := fmt.Sprintf(`{"id_solicitante":%d,"ubicacion":{"latitud":%s,"longitud":-2.5}}`, person.ID, latitude)
		r := op.send("POST", "/solicitudes/solicitar-ambulancia", []byte(body), "Authorization", "Bearer "+op.token, "Content-Type", "application/json")
		if got := fmt.Sprintf("%d %s", r.status, faultsOf(r)); got != want || !utf8.Valid(r.raw) {
			t.Errorf("%s: %s %q", latitude, got, r.raw)
		}
	}
}

// The page makes id_operador of the digits that an e-mail begins with, as 3001234567@…;
// nothing is decided by it, so that it stops nobody (emergencies contract 4.2-e).
func TestEmergencyOperatorIDOfAnEmail(t *testing.T) {
	d := newDesk(t, models.SQLite)
	person, op := d.requester("111"), d.staff(models.Operador)
	const phone = 3_001_234_567_890
	a := d.ambulance("AAA000", models.AmbulanceBasic, 1, 2)
	body := evaluation(op.ask(person.ID), person.ID)
	body["id_operador"] = int64(phone)
	e := op.call("POST", "/valorar-emergencia", body).want(t, 201).body["emergencia"].(map[string]any)
	op.call("PUT", fmt.Sprintf("/emergencias/%v", e["id"]), map[string]any{"id_operador": int64(phone)}).want(t, 200)
	r := op.call("POST", "/despachar-ambulancia", map[string]any{
		"emergencia_id": e["id"], "ambulancia_id": a.ID, "operador_ambulancia_id": *a.OperatorID, "operador_emergencia_id": int64(phone),
	}).want(t, 201)
	if by := r.body["operadorEmergencia"].(map[string]any); by["id"] != float64(op.user.ID) {
		t.Errorf("by %v", by)
	}
	wantDetail(t, op.call("PUT", "/salas", map[string]any{"id_operador": int64(phone), "room": "x"}), 503) // no calls here
}

// A birthday is the day that is written, whatever the zone behind it.
func TestEmergencyBirthday(t *testing.T) {
	d := newDesk(t, models.SQLite)
	admin := d.staff(models.Master)
	for i, written := range []string{"1990-01-01", "1990-01-01T00:00:00", "1990-01-01T00:00:00.000Z", "1990-01-01T00:00:00+05:00", "1990-01-01T23:00:00-05:00"} {
		body := olderBody(fmt.Sprint(i))["solicitante"].(map[string]any)
		body["fechaNacimiento"] = written
		if r := admin.call("POST", "/solicitantes", body).want(t, 201); r.body["fechaNacimiento"] != "1990-01-01" {
			t.Errorf("%s: %v", written, r.body["fechaNacimiento"])
		}
	}
}

// Who asks without a token learns nothing of whom it asks for and changes nothing that is
// known of them: neither requesters nor crews.
func TestEmergencyAnonymousTellsNothing(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			service := newCallService(t)
			d := newDesk(t, dialect, service.configure, func(c *server.Config) { c.Emergencies.AnonymousRequests = true })
			service.d = d
			person, crew := d.requester("111"), *d.ambulance("AAA000", models.AmbulanceBasic, 1, 2).OperatorID
			m := &tokenHolder{person: d.stranger()}
			wantDetail(t, m.call("POST", "/solicitudes", newerBody(person.ID)), 403)
			r := m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).want(t, 200)
			if claims := claimsOf(t, r.body["token"].(string)); claims["name"] != "Solicitante" {
				t.Errorf("claims %v", claims)
			}
			for _, document := range []string{"111", "crew AAA000"} {
				body := olderBody(document)
				who := body["solicitante"].(map[string]any)
				who["nombre"], who["padecimientos"] = "Otra", []string{}
				m.call("POST", "/emergencias/solicitar-ambulancia", body).want(t, 200)
			}
			if known, err := d.store.RequesterByID(context.Background(), person.ID); err != nil || known.FirstName != "Ana" || len(known.Conditions) != 1 {
				t.Errorf("requester %+v %v", known, err)
			}
			if known, err := d.store.AmbulanceOperator(context.Background(), crew); err != nil || known.FirstName != "Ana" {
				t.Errorf("crew %+v %v", known, err)
			}
			// Who is not known yet is stored.
			m.call("POST", "/emergencias/solicitar-ambulancia", olderBody("999")).want(t, 200)
		})
	}
}
