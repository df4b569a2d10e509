package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// tokenHolder is somebody of the emergencies desk with a token, and no cookie unless it came
// with the sign-in.
type tokenHolder struct {
	*person
	token   string
	account models.EmergencyAccount
}

// call sends v as JSON with the token; nil sends nothing.
func (m *tokenHolder) call(method, path string, v any) reply {
	m.d.t.Helper()
	var body []byte
	headers := []string{"Authorization", "Bearer " + m.token}
	if m.token == "" {
		headers = nil
	}
	if v != nil {
		body, _ = json.Marshal(v)
		headers = append(headers, "Content-Type", "application/json")
	}
	return m.send(method, path, body, headers...)
}

// list reads an answer that is a bare list.
func (r reply) list(t *testing.T) []map[string]any {
	t.Helper()
	r.want(t, 200)
	var out []map[string]any
	if err := json.Unmarshal(r.raw, &out); err != nil || out == nil {
		t.Fatalf("no list: %v %.300s", err, r.raw)
	}
	return out
}

// signInTo tries POST /auth/login from a fresh browser.
func (d *desk) signInTo(login, password string) (*tokenHolder, reply) {
	d.t.Helper()
	m := &tokenHolder{person: d.stranger()}
	r := m.json("POST", "/auth/login", map[string]any{"identificador": login, "contrasena": password})
	m.token, _ = r.body["access_token"].(string)
	return m, r
}

// staff is a user of the desk who signed in for a token.
func (d *desk) staff(role string) *tokenHolder {
	d.t.Helper()
	p := d.hire(role)
	m, r := d.signInTo(p.user.Username, deskPassword)
	r.want(d.t, 200)
	m.user = p.user
	return m
}

// holder is somebody with an account; kind "" is none, person 0 nobody.
func (d *desk) holder(name, kind string, person int64) *tokenHolder {
	d.t.Helper()
	var a models.EmergencyAccount
	d.tx(func(tx *models.Tx) (err error) {
		a, err = tx.CreateEmergencyAccount(models.NewEmergencyAccount{Username: name, PasswordHash: cheapHash, Kind: kind, PersonID: person})
		return err
	})
	m, r := d.signInTo(name, deskPassword)
	r.want(d.t, 200)
	m.account = a
	return m
}

func (d *desk) tx(f func(*models.Tx) error) {
	d.t.Helper()
	if err := d.store.Tx(context.Background(), f); err != nil {
		d.t.Fatal(err)
	}
}

func aPerson(document string) models.PersonInput {
	return models.PersonInput{FirstName: "Ana", LastName: "Núñez", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: document}
}

// requester is a person who asks for ambulances.
func (d *desk) requester(document string) (out models.Requester) {
	d.t.Helper()
	d.tx(func(tx *models.Tx) (err error) {
		out, err = tx.UpsertRequester(models.RequesterInput{PersonInput: aPerson(document), Conditions: []string{"asma"}})
		return err
	})
	return out
}

// ambulance is one with a crew, where the coordinates say.
func (d *desk) ambulance(plate, kind string, latitude, longitude float64) (a models.Ambulance) {
	d.t.Helper()
	d.tx(func(tx *models.Tx) error {
		crew, err := tx.UpsertAmbulanceOperator(models.AmbulanceOperatorInput{PersonInput: aPerson("crew " + plate), Licence: "L-" + plate})
		if err != nil {
			return err
		}
		if a, err = tx.CreateAmbulance(models.AmbulanceInput{Plate: &plate, Kind: &kind, OperatorID: &crew.ID}); err != nil {
			return err
		}
		a, err = tx.MoveAmbulance(a.ID, latitude, longitude)
		return err
	})
	return a
}

// ask asks for an ambulance in the newer form and returns the number of the request.
func (m *tokenHolder) ask(requester int64) int64 {
	m.d.t.Helper()
	r := m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(requester)).want(m.d.t, 200)
	id, _ := r.body["id_solicitud"].(float64)
	return int64(id)
}

func newerBody(requester int64) map[string]any {
	return map[string]any{"id_solicitante": requester, "ubicacion": map[string]any{"latitud": 1.25, "longitud": -2.5}}
}

func olderBody(document string) map[string]any {
	return map[string]any{
		"solicitante": map[string]any{
			"nombre": "Ana", "apellido": "Núñez", "fechaNacimiento": "1990-01-01T00:00:00", "tipoDocumento": "CEDULA", "numeroDocumento": document,
		},
		"ubicacion": map[string]any{"latitud": 1.25, "longitud": -2.5, "fechaHora": "2025-01-02T03:04:05"}, "fechaHora": "2025-01-02T03:04:05",
	}
}

func evaluation(request, requester int64) map[string]any {
	return map[string]any{
		"solicitud_id": request, "tipoAmbulancia": "BASICA", "nivelPrioridad": "MEDIA", "descripcion": "caída en casa", "id_operador": 1, "solicitante_id": requester,
	}
}

// claimsOf reads a token's payload byte by byte, as the existing client does.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", token)
	}
	raw, err := base64.RawStdEncoding.DecodeString(parts[1]) // as its atob, which knows no - and no _
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsFunc(raw, func(r rune) bool { return r > 126 }) {
		t.Errorf("the payload is not ASCII: %s", raw)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// wantDetail fails unless the answer is the error form of emergencies contract 2, and
// tells no secret of the database.
func wantDetail(t *testing.T, r reply, status int) {
	t.Helper()
	r.want(t, status)
	_, isText := r.body["detail"].(string)
	_, isList := r.body["detail"].([]any)
	text := strings.ToLower(string(r.raw))
	switch {
	case r.message() == "" || r.body["error"] != r.message() || isText == (status == 422) || isList != (status == 422):
		t.Errorf("form of %d: %s", status, r.raw)
	case r.body["success"] != nil, r.body["session_expired"] != nil:
		t.Errorf("another form's keys in %s", r.raw)
	case strings.Contains(text, "sql"), strings.Contains(text, "constraint"), strings.Contains(text, "emergency_"):
		t.Errorf("inner words in %s", r.raw)
	}
	if challenge := r.header.Get("WWW-Authenticate"); (challenge == "Bearer") != (status == 401) {
		t.Errorf("WWW-Authenticate %q with %d", challenge, status)
	}
	if !isList {
		return
	}
	for _, item := range r.body["detail"].([]any) {
		fault, _ := item.(map[string]any)
		for _, key := range []string{"type", "loc", "msg", "input"} {
			if _, ok := fault[key]; !ok {
				t.Errorf("fault %v has no %s", fault, key)
			}
		}
	}
}

// faultsOf names what a 422 complains of, as "body.ubicacion.latitud missing".
func faultsOf(r reply) string {
	var out []string
	list, _ := r.body["detail"].([]any)
	for _, item := range list {
		fault, _ := item.(map[string]any)
		var loc []string
		for _, key := range fault["loc"].([]any) {
			loc = append(loc, fmt.Sprint(key))
		}
		out = append(out, strings.Join(loc, ".")+" "+fmt.Sprint(fault["type"]))
	}
	return strings.Join(out, ", ")
}
