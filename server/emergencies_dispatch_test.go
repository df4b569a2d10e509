package server_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// The whole way of an emergency: request, evaluation, dispatch, end (emergencies contract
// 2.3, 2.4, 3), with who did it from the token, its audit lines and its events.
func TestEmergencyWay(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op, admin := d.staff(models.Operador), d.staff(models.Master)
		person := d.requester("111")
		near, far := d.ambulance("AAA111", models.AmbulanceBasic, 1.2, -2.4), d.ambulance("BBB222", models.AmbulanceBasic, 40, 40)
		request := op.ask(person.ID)
		d.events()

		// The body says operator 1; the token says who it is (emergencies contract 4.2-e).
		r := op.call("POST", "/valorar-emergencia", evaluation(request, person.ID)).want(t, 201)
		e, _ := r.body["emergencia"].(map[string]any)
		id := int64(e["id"].(float64))
		if len(r.body) != 2 || r.body["id_ambulancia_cercana"] != float64(near.ID) || e["estado"] != "VALORADA" || e["id_operador"] != float64(op.user.ID) ||
			e["solicitud"].(map[string]any)["id"] != float64(request) || e["solicitante"].(map[string]any)["id"] != float64(person.ID) || e["ubicacion"] != nil {
			t.Fatalf("answer %s", r.raw)
		}
		wantDetail(t, op.call("POST", "/evaluar-emergencia", evaluation(request, person.ID)), 409)
		if names := fmt.Sprint(d.eventNames()); names != "[emergencia_actualizada]" {
			t.Errorf("events %s", names)
		}
		order := map[string]any{"emergencia_id": id, "ambulancia_id": near.ID, "operador_ambulancia_id": *near.OperatorID, "operador_emergencia_id": 1}
		other := map[string]any{"emergencia_id": id, "ambulancia_id": near.ID, "operador_ambulancia_id": *far.OperatorID, "operador_emergencia_id": 1}
		wantDetail(t, op.call("POST", "/despachar-ambulancia", other), 400)
		r = op.call("POST", "/despachar-ambulancia", order).want(t, 201)
		// The answer is as it is afterwards, not before (emergencies contract 4.2-l).
		if r.body["emergencia"].(map[string]any)["estado"] != "ASIGNADA" || r.body["ambulancia"].(map[string]any)["disponibilidad"] != false ||
			r.body["operadorEmergencia"].(map[string]any)["id"] != float64(op.user.ID) || r.body["operadorAmbulancia"].(map[string]any)["licencia"] != "L-AAA111" ||
			!strings.HasSuffix(r.body["fechaHora"].(string), "Z") || len(r.body) != 6 {
			t.Errorf("answer %s", r.raw)
		}
		wantDetail(t, op.call("POST", "/despachar-ambulancia", order), 409)
		path := fmt.Sprintf("/emergencias/%d", id)
		wantDetail(t, op.call("DELETE", path, nil), 409)
		for _, body := range []map[string]any{{"estado": "CREADA"}, {"estado": "VALORADA"}, {"tipoAmbulancia": "MEDICALIZADA"}} {
			wantDetail(t, op.call("PUT", path, body), 409)
		}
		if a := op.call("GET", fmt.Sprintf("/ambulancias/%d", near.ID), nil).want(t, 200); a.body["disponibilidad"] != false {
			t.Errorf("ambulance %s", a.raw)
		}
		d.events()
		r = op.call("PUT", path, map[string]any{"estado": "RESUELTA", "id_operador": 99}).want(t, 200)
		if r.body["estado"] != "RESUELTA" || r.body["id_operador"] != float64(op.user.ID) || fmt.Sprint(d.eventNames()) != "[emergencia_actualizada]" {
			t.Errorf("answer %s", r.raw)
		}
		op.call("PUT", path, map[string]any{"estado": "RESUELTA"}).want(t, 200) // again is no change
		if n := len(d.events()); n != 0 {
			t.Errorf("%d events for no change", n)
		}
		wantDetail(t, op.call("PUT", path, map[string]any{"estado": "CANCELADA"}), 409)
		if a := op.call("GET", fmt.Sprintf("/ambulancias/%d", near.ID), nil).want(t, 200); a.body["disponibilidad"] != true {
			t.Errorf("ambulance %s", a.raw)
		}
		// Lists and their filters.
		for path, n := range map[string]int{
			"/emergencias": 1, "/emergencias?limit=1&offset=1": 0, "/emergencias/por-estado/RESUELTA": 1, "/emergencias/por-estado/CREADA": 0,
			fmt.Sprintf("/emergencias/por-operador/%d", op.user.ID): 1, fmt.Sprintf("/emergencias/por-operador/%d", admin.user.ID): 0,
			fmt.Sprintf("/emergencias/por-solicitante/%d", person.ID): 1, "/emergencias/por-solicitante/999": 0, "/ambulancias?limit=1": 1, "/ambulancias": 2,
		} {
			if list := op.call("GET", path, nil).list(t); len(list) != n {
				t.Errorf("%s: %d, want %d", path, len(list), n)
			}
		}
		one := op.call("GET", fmt.Sprintf("/emergencias/por-solicitud/%d", request), nil).want(t, 200)
		if same := op.call("GET", path, nil).want(t, 200); string(same.raw) != string(one.raw) {
			t.Errorf("%s and %s", same.raw, one.raw)
		}
		if r := admin.call("DELETE", path, nil).want(t, 204); len(r.raw) != 0 {
			t.Errorf("a body with 204: %s", r.raw)
		}
		for _, gone := range []string{path, fmt.Sprintf("/emergencias/por-solicitud/%d", request)} {
			wantDetail(t, op.call("GET", gone, nil), 404)
		}
		for _, method := range []string{"PUT", "DELETE"} {
			wantDetail(t, op.call(method, path, map[string]any{"descripcion": "x"}), 404)
		}
		for action, n := range map[string]int{"EVALUATE_EMERGENCY": 1, "DISPATCH_AMBULANCE": 1, "UPDATE_EMERGENCY": 1, "DELETE_EMERGENCY": 1} {
			if got := d.trail(action); got != n {
				t.Errorf("%d lines of %s, want %d", got, action, n)
			}
		}
	})
}

// Null as suggestion, the older way to evaluate, and a change before the dispatch.
func TestEmergencyWithoutAmbulances(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op := d.staff(models.Operador)
		person := d.requester("111")
		r := op.call("POST", "/valorar-emergencia", evaluation(op.ask(person.ID), person.ID)).want(t, 201)
		if v, ok := r.body["id_ambulancia_cercana"]; !ok || v != nil {
			t.Errorf("answer %s", r.raw)
		}
		r = op.call("POST", "/emergencias", evaluation(op.ask(person.ID), person.ID)).want(t, 201)
		if r.body["estado"] != "VALORADA" || r.body["emergencia"] != nil {
			t.Errorf("answer %s", r.raw)
		}
		path := fmt.Sprintf("/emergencias/%v", r.body["id"])
		r = op.call("PUT", path, map[string]any{"tipoAmbulancia": "MEDICALIZADA", "nivelPrioridad": "ALTA", "descripcion": "peor"}).want(t, 200)
		if r.body["tipoAmbulancia"] != "MEDICALIZADA" || r.body["nivelPrioridad"] != "ALTA" || r.body["descripcion"] != "peor" {
			t.Errorf("answer %s", r.raw)
		}
		wantDetail(t, op.call("PUT", path, map[string]any{"estado": "ASIGNADA"}), 409)
		wantDetail(t, op.call("PUT", path, map[string]any{}), 400)
		wantDetail(t, op.call("PUT", path, map[string]any{"estado": nil}), 400)
		wantDetail(t, op.call("PUT", path, map[string]any{"otro": 1}), 400)
		wantDetail(t, op.call("PUT", path, map[string]any{"solicitud_id": 999}), 400)
	})
}

// emergencies contract 2.3, 2.4: what is wrong in bodies, paths and queries.
func TestEmergencyFaults(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		op, admin := d.staff(models.Operador), d.staff(models.Master)
		person := d.requester("111")
		request := op.ask(person.ID)
		with := func(key string, value any) map[string]any {
			body := evaluation(request, person.ID)
			body[key] = value
			return body
		}
		long := strings.Repeat("x", 1001)
		for _, c := range []struct {
			who          *tokenHolder
			method, path string
			body         any
			want         string
		}{
			{op, "POST", "/valorar-emergencia", map[string]any{}, "422 body.solicitud_id missing, body.solicitante_id missing, body.tipoAmbulancia missing, body.nivelPrioridad missing, body.descripcion missing"},
			{op, "POST", "/valorar-emergencia", with("tipoAmbulancia", "GRANDE"), "422 body.tipoAmbulancia enum"},
			{op, "POST", "/valorar-emergencia", with("nivelPrioridad", 3), "422 body.nivelPrioridad string_type"},
			{op, "POST", "/valorar-emergencia", with("descripcion", ""), "422 body.descripcion string_too_short"},
			{op, "POST", "/valorar-emergencia", with("descripcion", long), "422 body.descripcion string_too_long"},
			{op, "POST", "/valorar-emergencia", with("id_operador", "x"), "422 body.id_operador int_parsing"},
			{op, "POST", "/valorar-emergencia", with("solicitud_id", 999), "400 "},
			{op, "POST", "/valorar-emergencia", with("solicitante_id", 999), "400 "},
			{op, "POST", "/despachar-ambulancia", map[string]any{"emergencia_id": 0}, "422 body.emergencia_id greater_than, body.ambulancia_id missing, body.operador_ambulancia_id missing"},
			{op, "POST", "/despachar-ambulancia", map[string]any{"emergencia_id": 9, "ambulancia_id": 9, "operador_ambulancia_id": 9}, "400 "},
			{op, "PUT", "/emergencias/9", map[string]any{"estado": "CERRADA"}, "422 body.estado enum"},
			{op, "PUT", "/emergencias/9", map[string]any{"estado": "CANCELADA"}, "404 "},
			{op, "GET", "/emergencias/x", nil, "422 path.id int_parsing"},
			{op, "GET", "/emergencias/0", nil, "422 path.id greater_than"},
			{op, "GET", "/emergencias/99999999999999999999", nil, "422 path.id int_parsing"},
			{op, "GET", "/emergencias/9", nil, "404 "},
			{op, "GET", "/solicitudes/9999", nil, "404 "},
			{op, "GET", "/ambulancias/9", nil, "404 "},
			{op, "GET", "/operadores-ambulancia/9999", nil, "404 "},
			{op, "GET", "/emergencias/por-solicitud/9", nil, "404 "},
			{op, "GET", "/emergencias/por-estado/creada", nil, "422 path.estado enum"},
			{op, "GET", "/emergencias?limit=0&offset=-1", nil, "422 query.limit greater_than_equal, query.offset greater_than_equal"},
			{op, "GET", "/emergencias?limit=101", nil, "422 query.limit less_than_equal"},
			{op, "GET", "/solicitudes?limit=201", nil, "422 query.limit less_than_equal"},
			{op, "GET", "/ambulancias?limit=x", nil, "422 query.limit int_parsing"},
			{op, "PUT", "/salas", map[string]any{}, "422 body.id_operador missing, body.room missing"},
			{op, "PUT", "/salas", map[string]any{"id_operador": 1, "room": "r"}, "503 "},
			{op, "GET", "/salas/activas", nil, "503 "},
			{admin, "POST", "/ambulancias", map[string]any{"disponibilidad": "sí"}, "422 body.placa missing, body.tipoAmbulancia missing, body.disponibilidad bool_parsing"},
			{admin, "POST", "/ambulancias", map[string]any{"placa": "X", "tipoAmbulancia": "BASICA", "id_operador_ambulancia": 999}, "400 "},
			{admin, "PUT", "/ambulancias/9", map[string]any{}, "400 "},
			{admin, "PUT", "/ambulancias/9", map[string]any{"placa": "X"}, "404 "},
			{admin, "POST", "/operadores-ambulancia", map[string]any{}, "422 body.nombre missing, body.apellido missing, body.tipoDocumento missing, body.numeroDocumento missing, body.fechaNacimiento missing, body.licencia missing"},
		} {
			r := c.who.call(c.method, c.path, c.body)
			wantDetail(t, r, r.status)
			if got := fmt.Sprintf("%d %s", r.status, faultsOf(r)); got != c.want {
				t.Errorf("%s %s %.60v:\n%s, want\n%s", c.method, c.path, c.body, got, c.want)
			}
		}
	})
}

// What administrators keep, and the crew's own position.
func TestEmergencyVehicles(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		admin := d.staff(models.Master)
		crew := map[string]any{
			"nombre": "Luis", "apellido": "Paz", "nombre2": "José", "fechaNacimiento": "1980-05-06", "tipoDocumento": "CEDULA", "numeroDocumento": "77", "licencia": "C2",
		}
		r := admin.call("POST", "/operadores-ambulancia", crew).want(t, 201)
		if r.body["licencia"] != "C2" || r.body["nombre2"] != "José" || r.body["apellido2"] != nil || r.body["fechaNacimiento"] != "1980-05-06" {
			t.Errorf("crew %s", r.raw)
		}
		crewID := int64(r.body["id"].(float64))
		r = admin.call("POST", "/ambulancias", map[string]any{"placa": "AAA111", "tipoAmbulancia": "BASICA", "disponibilidad": true, "id_operador_ambulancia": crewID}).want(t, 201)
		if v, ok := r.body["ubicacion"]; !ok || v != nil || r.body["id_operador_ambulancia"] != float64(crewID) || len(r.body) != 6 {
			t.Errorf("ambulance %s", r.raw)
		}
		path := fmt.Sprintf("/ambulancias/%v", r.body["id"])
		wantDetail(t, admin.call("POST", "/ambulancias", map[string]any{"placa": "AAA111", "tipoAmbulancia": "BASICA"}), 409)
		r = admin.call("PUT", path, map[string]any{"tipoAmbulancia": "MEDICALIZADA"}).want(t, 200)
		if r.body["placa"] != "AAA111" || r.body["tipoAmbulancia"] != "MEDICALIZADA" || r.body["id_operador_ambulancia"] != float64(crewID) {
			t.Errorf("ambulance %s", r.raw)
		}
		own, other := d.holder("luis.paz", models.AccountCrew, crewID), d.holder("otro.crew", models.AccountCrew, *d.ambulance("BBB222", models.AmbulanceBasic, 3, 4).OperatorID)
		here := map[string]any{"latitud": 1.5, "longitud": "-2.5"}
		r = own.call("PUT", path+"/ubicacion", here).want(t, 200)
		if at := r.body["ubicacion"].(map[string]any); at["latitud"] != 1.5 || at["longitud"] != -2.5 || !strings.HasSuffix(at["fechaHora"].(string), "Z") {
			t.Errorf("ambulance %s", r.raw)
		}
		wantDetail(t, other.call("PUT", path+"/ubicacion", here), 403)
		wantDetail(t, own.call("PUT", "/ambulancias/999/ubicacion", here), 404)
		wantDetail(t, own.call("PUT", path+"/ubicacion", map[string]any{"latitud": 91, "longitud": 0}), 422)
		crewPath := fmt.Sprintf("/operadores-ambulancia/%d", crewID)
		own.call("GET", crewPath, nil).want(t, 200)
		wantDetail(t, other.call("GET", crewPath, nil), 403)
		if r = admin.call("GET", crewPath, nil).want(t, 200); r.body["licencia"] != "C2" || r.body["id"] != float64(crewID) {
			t.Errorf("crew %s", r.raw)
		}
		r = admin.call("PUT", path, map[string]any{"id_operador_ambulancia": nil}).want(t, 200)
		if r.body["id_operador_ambulancia"] != nil {
			t.Errorf("ambulance %s", r.raw)
		}
		wantDetail(t, own.call("PUT", path+"/ubicacion", here), 403)
		delete(crew, "licencia")
		crew["padecimientos"] = []string{"asma", ""}
		r = admin.call("POST", "/solicitantes", crew).want(t, 201)
		if fmt.Sprint(r.body["padecimientos"]) != "[asma]" || r.body["id"] != float64(crewID) {
			t.Errorf("requester %s", r.raw)
		}
		for action, n := range map[string]int{"CREATE_AMBULANCE": 1, "UPDATE_AMBULANCE": 2, "SAVE_AMBULANCE_OPERATOR": 1, "SAVE_REQUESTER": 1} {
			if got := d.trail(action); got != n {
				t.Errorf("%d lines of %s, want %d", got, action, n)
			}
		}
	})
}

// Two operators who dispatch one ambulance at once: one order, one refusal (emergencies
// contract 3).
func TestEmergencyDispatchRace(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.requester("111")
		a := d.ambulance("AAA111", models.AmbulanceBasic, 1, 1)
		ops := []*tokenHolder{d.staff(models.Operador), d.staff(models.Operador), d.staff(models.Master)}
		var orders []map[string]any
		for _, op := range ops {
			r := op.call("POST", "/valorar-emergencia", evaluation(op.ask(person.ID), person.ID)).want(t, 201)
			orders = append(orders, map[string]any{
				"emergencia_id": r.body["emergencia"].(map[string]any)["id"], "ambulancia_id": a.ID, "operador_ambulancia_id": *a.OperatorID, "operador_emergencia_id": 1,
			})
		}
		replies := make([]reply, len(ops))
		var all sync.WaitGroup
		for i := range ops {
			all.Go(func() { replies[i] = ops[i].call("POST", "/despachar-ambulancia", orders[i]) })
		}
		all.Wait()
		won := 0
		for _, r := range replies {
			if r.status == 201 {
				won++
			} else {
				wantDetail(t, r, 409)
			}
		}
		if won != 1 {
			t.Errorf("%d orders", won)
		}
	})
}
