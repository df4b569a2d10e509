package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// emergencies contract 2.2: both forms of the body, on both paths; operators are told,
// without a call service too.
func TestEmergencyRequests(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op := d.staff(models.Operador)
		person := d.requester("111")
		d.events()
		for _, path := range []string{"/emergencias/solicitar-ambulancia", "/solicitudes/solicitar-ambulancia"} {
			r := op.call("POST", path, newerBody(person.ID)).want(t, 200)
			room, _ := r.body["room"].(string)
			if len(r.body) != 5 || r.body["id_solicitud"].(float64) < 1 || !strings.HasPrefix(room, "emergencia-") || r.body["token"] != "" || r.body["server_url"] != "" || r.body["identity"] == "" {
				t.Errorf("answer %s", r.raw)
			}
			e := d.events()
			if len(e) != 1 || e[0].Name != "nueva_solicitud" || fmt.Sprint(e[0].Rooms) != "[role_Operador role_Master emergencias]" {
				t.Fatalf("events %+v", e)
			}
			var message struct {
				Type string
				Data struct {
					ID        float64
					Room      string
					FechaHora string
					Ubicacion struct{ Latitud, Longitud float64 }
				}
			}
			if err := json.Unmarshal(e[0].Payload, &message); err != nil || message.Data.ID != r.body["id_solicitud"] || message.Data.Room != room ||
				message.Data.Ubicacion.Latitud != 1.25 || message.Data.Ubicacion.Longitud != -2.5 || !strings.HasSuffix(message.Data.FechaHora, "Z") {
				t.Errorf("message %s: %v", e[0].Payload, err)
			}
			r = op.call("POST", path, olderBody("222")).want(t, 200)
			if len(r.body) != 4 || r.body["id_solicitud"] != nil || d.eventNames()[0] != "nueva_solicitud" {
				t.Errorf("answer %s", r.raw)
			}
		}
		if n := d.trail("CREATE_REQUEST"); n != 4 {
			t.Errorf("%d audit lines", n)
		}
		r := op.call("POST", "/solicitudes", newerBody(person.ID)).want(t, 201)
		if r.body["solicitante"].(map[string]any)["id"] != float64(person.ID) || r.body["room"] == "" {
			t.Errorf("answer %s", r.raw)
		}
		// The newest first, as a bare list, page by page (emergencies contract 2.4).
		all := op.call("GET", "/solicitudes", nil).list(t)
		if len(all) != 5 || all[0]["id"] != r.body["id"] || all[4]["id"].(float64) >= all[3]["id"].(float64) {
			t.Errorf("list %v", all)
		}
		if page := op.call("GET", "/solicitudes?limit=2&offset=1", nil).list(t); len(page) != 2 || page[0]["id"] != all[1]["id"] {
			t.Errorf("page %v", page)
		}
		if list := op.call("GET", fmt.Sprintf("/solicitudes/solicitante/%d", person.ID), nil).list(t); len(list) != 3 {
			t.Errorf("of the requester %v", list)
		}
		one := op.call("GET", fmt.Sprintf("/solicitudes/%v", r.body["id"]), nil).want(t, 200)
		if one.body["id"] != r.body["id"] {
			t.Errorf("one %s", one.raw)
		}
	})
}

// What is wrong with a request is named whole, stores nothing and tells nobody.
func TestEmergencyRequestsRefused(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op := d.staff(models.Operador)
		d.events()
		place := `"ubicacion":{"latitud":1,"longitud":2}`
		for body, want := range map[string]string{
			`{}`:                                           "422 body.id_solicitante missing, body.ubicacion missing",
			`{"id_solicitante":0,` + place + `}`:           "422 body.id_solicitante greater_than",
			`{"id_solicitante":-3,` + place + `}`:          "422 body.id_solicitante greater_than",
			`{"id_solicitante":1.5,` + place + `}`:         "422 body.id_solicitante int_parsing",
			`{"id_solicitante":"x",` + place + `}`:         "422 body.id_solicitante int_parsing",
			`{"id_solicitante":99999999999,` + place + `}`: "422 body.id_solicitante less_than_equal",
			`{"id_solicitante":5,"ubicacion":{"latitud":90.01,"longitud":-180.5}}`: "422 body.ubicacion.latitud less_than_equal, body.ubicacion.longitud greater_than_equal",
			`{"id_solicitante":5,"ubicacion":{"latitud":"NaN","longitud":null}}`:   "422 body.ubicacion.latitud float_parsing, body.ubicacion.longitud missing",
			`{"id_solicitante":5,"ubicacion":[]}`:                                  "422 body.ubicacion model_attributes_type",
			`{"solicitante":{},` + place + `}`:                                     "422 body.solicitante.nombre missing, body.solicitante.apellido missing, body.solicitante.tipoDocumento missing, body.solicitante.numeroDocumento missing, body.solicitante.fechaNacimiento missing",
			`{"solicitante":{"nombre":"<b></b>","apellido":"B","fechaNacimiento":"ayer","tipoDocumento":"PASAPORTE","numeroDocumento":"1","padecimientos":"x"},` + place + `}`: "422 body.solicitante.nombre string_too_short, body.solicitante.tipoDocumento enum, body.solicitante.fechaNacimiento datetime_from_date_parsing, body.solicitante.padecimientos list_type",
			`{"id_solicitante":4711,` + place + `}`: "404 ",
			`{"solicitante":{"nombre":"A","apellido":"B","fechaNacimiento":"2999-01-01","tipoDocumento":"CEDULA","numeroDocumento":"1"},` + place + `}`: "400 ",
			`[1]`: "422 body model_attributes_type",
		} {
			r := op.send("POST", "/solicitudes/solicitar-ambulancia", []byte(body), "Authorization", "Bearer "+op.token, "Content-Type", "application/json")
			wantDetail(t, r, r.status)
			if got := fmt.Sprintf("%d %s", r.status, faultsOf(r)); got != want {
				t.Errorf("%s:\n%s, want\n%s", body, got, want)
			}
		}
		if n := len(op.call("GET", "/solicitudes", nil).list(t)); n != 0 || len(d.events()) != 0 {
			t.Errorf("%d requests were stored", n)
		}
	}, func(c *server.Config) { c.Emergencies.RequestsPerMinute = 1000 })
}

// A requester asks for itself alone, whatever the body says (emergencies contract 4.2-e).
func TestEmergencyRequesterIsItself(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		own, other := d.requester("111"), d.requester("222")
		m := d.holder("ana.nunez", models.AccountRequester, own.ID)
		nobody := d.holder("nadie.sin", models.AccountRequester, 0)
		id := m.ask(own.ID)
		if c := claimsOf(t, m.token); c["id_persona"] != float64(own.ID) {
			t.Errorf("claims %v", c)
		}
		bare := newerBody(0)
		delete(bare, "id_solicitante")
		m.call("POST", "/solicitudes/solicitar-ambulancia", bare).want(t, 200)
		wantDetail(t, m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(other.ID)), 403)
		wantDetail(t, nobody.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(own.ID)), 403)
		older := olderBody("111")
		older["solicitante"].(map[string]any)["padecimientos"] = []string{"diabetes"}
		m.call("POST", "/emergencias/solicitar-ambulancia", older).want(t, 200)
		wantDetail(t, m.call("POST", "/emergencias/solicitar-ambulancia", olderBody("222")), 403)
		older["solicitante"].(map[string]any)["id"] = other.ID
		wantDetail(t, m.call("POST", "/emergencias/solicitar-ambulancia", older), 403)
		if known, err := d.store.RequesterByID(context.Background(), own.ID); err != nil || fmt.Sprint(known.Conditions) != "[diabetes]" {
			t.Errorf("own %+v %v", known, err)
		}
		if known, err := d.store.RequesterByID(context.Background(), other.ID); err != nil || fmt.Sprint(known.Conditions) != "[asma]" {
			t.Errorf("other %+v %v", known, err)
		}
		// It sees its own requests and emergencies and nothing else.
		if list := m.call("GET", fmt.Sprintf("/solicitudes/solicitante/%d", own.ID), nil).list(t); len(list) != 3 {
			t.Errorf("own %v", list)
		}
		m.call("GET", fmt.Sprintf("/emergencias/por-solicitante/%d", own.ID), nil).list(t)
		for _, path := range []string{
			fmt.Sprintf("/solicitudes/solicitante/%d", other.ID), fmt.Sprintf("/emergencias/por-solicitante/%d", other.ID), "/solicitudes", fmt.Sprintf("/solicitudes/%d", id), "/emergencias", "/ambulancias",
		} {
			wantDetail(t, m.call("GET", path, nil), 403)
		}
		wantDetail(t, m.call("POST", "/valorar-emergencia", evaluation(id, own.ID)), 403)
	})
}

// Without a token a request is refused, unless the setting for old builds says otherwise.
func TestEmergencyAnonymousRequests(t *testing.T) {
	d := newDesk(t, models.SQLite)
	person := d.requester("111")
	wantDetail(t, (&tokenHolder{person: d.stranger()}).call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)), 403)
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.requester("111")
		m := &tokenHolder{person: d.stranger()}
		m.ask(person.ID)
		m.call("POST", "/emergencias/solicitar-ambulancia", olderBody("222")).want(t, 200)
		wantDetail(t, m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(999)), 404)
		// A token that is bad is refused all the same, and nothing else is open.
		m.token = "x"
		wantDetail(t, m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)), 401)
		m.token = ""
		wantDetail(t, m.call("GET", "/solicitudes", nil), 403)
		// The address is bounded.
		limited := 0
		for range 10 {
			if m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).status == http.StatusTooManyRequests {
				limited++
			}
		}
		r := m.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID))
		if wantDetail(t, r, 429); limited < 2 || r.header.Get("Retry-After") == "" {
			t.Errorf("limited %d", limited)
		}
	}, func(c *server.Config) { c.Emergencies.AnonymousRequests = true })
}

// Accounts without a kind work as operators with the setting for them, and not otherwise.
func TestEmergencyUntypedAccounts(t *testing.T) {
	for _, on := range []bool{false, true} {
		d := newDesk(t, models.SQLite, func(c *server.Config) { c.Emergencies.UntypedOperators = on })
		person := d.requester("111")
		m := d.holder("viejo.operador", "", 0)
		if kind, ok := claimsOf(t, m.token)["tipoUsuario"]; !ok || kind != nil {
			t.Errorf("tipoUsuario %v", kind)
		}
		request := d.staff(models.Operador).ask(person.ID)
		r := m.call("POST", "/valorar-emergencia", evaluation(request, person.ID))
		if !on {
			wantDetail(t, r, 403)
			continue
		}
		e := r.want(t, 201).body["emergencia"].(map[string]any)
		if e["id_operador"] != float64(m.account.ID) {
			t.Errorf("operator %v", e["id_operador"])
		}
		wantDetail(t, m.call("POST", "/solicitantes", map[string]any{}), 403)
	}
}

// Who may call which route.
func TestEmergencyAccess(t *testing.T) {
	d := newDesk(t, models.SQLite, patient)
	person := d.requester("111")
	callers := map[string]*tokenHolder{
		"nobody": {person: d.stranger()}, "requester": d.holder("ana.nunez", models.AccountRequester, person.ID),
		"crew":    d.holder("luis.crew", models.AccountCrew, *d.ambulance("AAA000", models.AmbulanceBasic, 1, 2).OperatorID),
		"untyped": d.holder("sin.tipo", "", 0), "operator": d.staff(models.Operador), "admin": d.staff(models.Master),
	}
	names := []string{"nobody", "requester", "crew", "untyped", "operator", "admin"}
	for route, may := range map[string]string{
		"POST /emergencias/solicitar-ambulancia": "requester operator admin", "POST /solicitudes/solicitar-ambulancia": "requester operator admin", "POST /solicitudes": "requester operator admin",
		"GET /solicitudes": "operator admin", "GET /solicitudes/1": "operator admin", "GET /solicitudes/solicitante/1": "requester operator admin",
		"POST /valorar-emergencia": "operator admin", "POST /evaluar-emergencia": "operator admin", "POST /despachar-ambulancia": "operator admin",
		"GET /emergencias": "operator admin", "POST /emergencias": "operator admin", "GET /emergencias/1": "operator admin", "PUT /emergencias/1": "operator admin", "DELETE /emergencias/1": "operator admin",
		"GET /emergencias/por-estado/CREADA": "operator admin", "GET /emergencias/por-operador/1": "operator admin", "GET /emergencias/por-solicitud/1": "operator admin",
		"GET /emergencias/por-solicitante/1": "requester operator admin", "PUT /salas": "operator admin", "GET /salas/activas": "operator admin",
		"GET /ambulancias": "crew operator admin", "GET /ambulancias/1": "crew operator admin", "GET /operadores-ambulancia/2": "crew operator admin",
		"POST /ambulancias": "admin", "PUT /ambulancias/1": "admin", "POST /solicitantes": "admin", "POST /operadores-ambulancia": "admin", "PUT /ambulancias/1/ubicacion": "crew",
	} {
		method, path, _ := strings.Cut(route, " ")
		for _, name := range names {
			var body any
			if method == "POST" || method == "PUT" {
				body = map[string]any{}
			}
			r := callers[name].call(method, path, body)
			if refused := r.status == 403; refused == strings.Contains(may, name) || r.status == 401 || r.status >= 500 && !strings.Contains(path, "salas") {
				t.Errorf("%s for %s: %d %s", route, name, r.status, r.raw)
			}
		}
	}
	// Off is off.
	off := newDesk(t, models.SQLite, func(c *server.Config) { c.Emergencies.Enabled = false })
	off.stranger().get("/atender-emergencias/websocket-info").want(t, 404)
}
