package e2e

import (
	"fmt"
	"testing"

	"github.com/relevo/relevo/models"
)

// The client of all operations is watched by walter, who gets one copy of everything
// like the rest of the staff, and by nobody, who gets none (contract 5.1, 5.5).
const concerned = "ROJAS PEÑA ANA"

var (
	reloadDashboard = want{"dashboard_update", staff, `{}`}
	reloadPosition  = want{"position_update", staff, `{}`}
)

// created, changed and the others are the payloads of contract 2.2 for an operation
// whose ids were learnt under a name.
func created(op string) want {
	return want{"nueva_operacion", staff, `{"operation_id":"{` + op + ` code}","client_name":"` + concerned +
		`","operation_type":"Compra","amount_usd":1000.0,"status":"Pendiente","created_by":"tina"}`}
}

func changed(op, from, to string) want {
	return want{"operacion_actualizada", staff, fmt.Sprintf(`{"operation_id":"{%s code}","client_name":"%s","status":"%s","old_status":"%s"}`, op, concerned, to, from)}
}

func assigned(op string, usd string, to []string) want {
	return want{"operacion_asignada", to, fmt.Sprintf(`{"operation_id":"{%s code}","operation_db_id":{%s},"client_name":"%s","operation_type":"Compra","amount_usd":%s,"status":"En proceso","message":"<text>"}`, op, op, concerned, usd)}
}

// handedOver is operacion_asignada (b) or operacion_reasignada_removida.
func handedOver(event, op, usd, from, to string, whom []string) want {
	return want{event, whom, fmt.Sprintf(`{"operation_id":"{%s code}","operation_db_id":{%s},"client_name":"%s","operation_type":"Compra","amount_usd":%s,"status":"En proceso","message":"<text>","old_operator_name":"%s","new_operator_name":"%s","reassigned_by":"max"}`,
		op, op, concerned, usd, from, to)}
}

func completed(op, usd, pen string) want {
	return want{"operacion_completada", staff, fmt.Sprintf(`{"operation_id":"{%s code}","client_name":"%s","amount_usd":%s,"amount_pen":%s}`, op, concerned, usd, pen)}
}

func canceled(op, reason string) want {
	return want{"operacion_cancelada", staff, fmt.Sprintf(`{"operation_id":"{%s code}","client_name":"%s","reason":"%s"}`, op, concerned, reason)}
}

// learnOperation notes both ids.
func learnOperation(as string) func(*scene, reply) {
	return func(s *scene, r reply) {
		o := r.object("operation")
		s.vars[as], s.vars[as+" code"] = fmt.Sprint(o["id"]), fmt.Sprint(o["operation_id"])
	}
}

const operationBody = `{"client_id":{client},"operation_type":"Compra","amount_usd":1000,"exchange_rate":3.75,"source_account":"19112345678902","destination_account":"19112345678901"}`

// sums are deposits in dollars and payments in soles for a purchase (contract 4.6).
func sums(usd, pen string) string {
	return `{"client_deposits":[{"importe":` + usd + `,"codigo_operacion":"77","cuenta_cargo":"19112345678902"}],"client_payments":[{"importe":` + pen + `,"cuenta_destino":"19112345678901"}]}`
}

func create(op string) step {
	return step{"2.4", "create operation " + op, "tina", "POST", "/operations/api/create", operationBody, "", 201,
		[]want{created(op), reloadDashboard, reloadPosition}, learnOperation(op)}
}

func balance(op, usd, pen string) step {
	return step{"2.4", "update operation " + op, "tina", "PUT", "/operations/api/update/{" + op + "}", sums(usd, pen), "", 200, []want{reloadPosition}, nil}
}

func process1(op, usd string, to []string) step {
	wants := []want{changed(op, "Pendiente", "En proceso")}
	if to != nil {
		wants = append(wants, assigned(op, usd, to))
	}
	wants = append(wants, reloadDashboard)
	return step{"2.4", "send operation " + op + " to process", "tina", "POST", "/operations/api/send_to_process/{" + op + "}", nil, "", 200, wants, nil}
}

// beforeOperators happens while no operator is signed in and no socket is open: an
// operation in process that nobody was assigned to.
var beforeOperators = []step{
	{"4.6", "a client of the desk", "max", "POST", "/clients/api/create", naturalPerson("11112222"), "", 201, nil, learnID("client", "client")},
	{"3.5", "operation early", "tina", "POST", "/operations/api/create", operationBody, "", 201, nil, learnOperation("early")},
	{"3.5", "sums of early", "tina", "PUT", "/operations/api/update/{early}", sums("1000", "3750"), "", 200, nil, nil},
	{"4.7", "nobody to assign early to", "tina", "POST", "/operations/api/send_to_process/{early}", nil, "", 200, nil, nil},
}

var operationSteps = []step{
	create("one"),
	{"2.4", "change the amount", "tina", "PATCH", "/operations/api/update/{one}", `{"amount_usd":1200.5}`, "", 200, []want{reloadPosition}, nil},
	{"4.6", "sums that do not match", "tina", "POST", "/operations/api/send_to_process/{one}", nil, "", 400, nil, nil},
	balance("one", "1200.5", "4501.88"),
	process1("one", "1200.5", bothOlgas),
	{"4.7", "send it again", "tina", "POST", "/operations/api/send_to_process/{one}", nil, "", 400, nil, nil},
	{"2.4", "reassign from olga to omar", "max", "POST", "/operations/api/reassign_operator/{one}", `{"new_operator_id":{omar}}`, "", 200, []want{
		changed("one", "En proceso", "En proceso"),
		handedOver("operacion_asignada", "one", "1200.5", "olga", "omar", []string{omar}),
		handedOver("operacion_reasignada_removida", "one", "1200.5", "olga", "omar", bothOlgas),
	}, nil},
	{"4.7", "reassign to a trader", "max", "POST", "/operations/api/reassign_operator/{one}", `{"new_operator_id":{tina}}`, "", 400, nil, nil},
	{"4.7", "olga may not complete omar's", "olga", "POST", "/operations/api/complete/{one}", `{}`, "", 403, nil, nil},
	{"2.4", "return to pending", "omar", "POST", "/operations/api/return_to_pending/{one}", `{"reason":"falta un dato"}`, "", 200,
		[]want{changed("one", "En proceso", "Pendiente"), reloadDashboard}, nil},
	process1("one", "1200.5", bothOlgas),
	{"2.4", "uploads are silent", "olga", "POST", "/operations/api/upload_operator_proof/{one}", map[string]string{"comentario": "ok"}, "file", 200, nil, nil},
	{"2.4", "reading notes is silent", "olga", "POST", "/operations/api/mark_notes_read/{one}", nil, "", 200, nil, nil},
	{"2.4", "complete", "olga", "POST", "/operations/api/complete/{one}", `{"operator_comments":"hecho"}`, "", 200,
		[]want{completed("one", "1200.5", "4501.88"), reloadDashboard}, nil},
	{"4.7", "complete it again", "max", "POST", "/operations/api/complete/{one}", `{}`, "", 400, nil, nil},
	{"2.4", "reassign what nobody had", "max", "POST", "/operations/api/reassign_operator/{early}", `{"new_operator_id":{omar}}`, "", 200, []want{
		changed("early", "En proceso", "En proceso"),
		handedOver("operacion_asignada", "early", "1000.0", "No asignado", "omar", []string{omar}),
	}, nil},
	{"2.4", "the third upload is silent too", "max", "POST", "/operations/api/upload_proof/{early}", map[string]string{}, "payment_proof", 200, nil, nil},
	create("two"),
	{"2.4", "a deposit's proof is silent", "tina", "PUT", "/operations/api/update/{two}", sums("1000", "3750"), "", 200, []want{reloadPosition}, nil},
	{"2.4", "a deposit's proof is uploaded in silence", "tina", "POST", "/operations/api/upload_deposit_proof/{two}", map[string]string{"deposit_index": "0"}, "file", 200, nil, nil},
	{"4.7", "cancel without a reason", "tina", "POST", "/operations/api/cancel/{two}", `{"reason":" "}`, "", 400, nil, nil},
	{"2.4", "cancel", "tina", "POST", "/operations/api/cancel/{two}", `{"reason":"no deposita"}`, "", 200,
		[]want{canceled("two", "no deposita"), reloadDashboard, reloadPosition}, nil},
	{"3.1", "an operator may not create", "olga", "POST", "/operations/api/create", operationBody, "", 403, nil, nil},
	{"4.6", "a rate out of range", "tina", "POST", "/operations/api/create",
		`{"client_id":{client},"operation_type":"Compra","amount_usd":1000,"exchange_rate":5.01}`, "", 400, nil, nil},
}

// updateStatusSteps use the one route that the contract restricts and mends (5.12).
var updateStatusSteps = []step{
	create("three"),
	balance("three", "1000", "3750"),
	{"2.4", "update_status to En proceso", "max", "PATCH", "/operations/api/update_status/{three}", `{"status":"En proceso"}`, "", 200,
		[]want{changed("three", "Pendiente", "En proceso"), assigned("three", "1000.0", bothOlgas), reloadDashboard, reloadPosition}, nil},
	{"5.12", "an operator it is not assigned to", "omar", "PATCH", "/operations/api/update_status/{three}", `{"status":"Completada"}`, "", 403, nil, nil},
	{"2.4", "update_status to Completada", "olga", "PATCH", "/operations/api/update_status/{three}", `{"status":"Completada"}`, "", 200,
		[]want{changed("three", "En proceso", "Completada"), completed("three", "1000.0", "3750.0"), reloadDashboard, reloadPosition}, nil},
	create("four"),
	{"2.4", "update_status to Cancelado", "tina", "PATCH", "/operations/api/update_status/{four}", `{"status":"Cancelado"}`, "", 200,
		[]want{changed("four", "Pendiente", "Cancelado"), reloadDashboard, reloadPosition}, nil},
	{"4.7", "a final status", "max", "PATCH", "/operations/api/update_status/{four}", `{"status":"Pendiente"}`, "", 400, nil, nil},
}

// silentSteps are the remaining actions of contract 2.4's last row.
var silentSteps = []step{
	{"2.4", "a goal", "max", "POST", "/dashboard/api/goals/save", `{"goals":[{"trader_id":{tina},"month":1,"year":2026,"goal_amount_pen":5000}]}`, "", 200, nil, nil},
	{"2.4", "a profit", "max", "POST", "/dashboard/api/profits/save", `{"trader_id":{tina},"profit_date":"2026-01-15","profit_amount_pen":10.5}`, "", 200, nil, nil},
	{"2.4", "a password reset", "max", "POST", "/reset_password/{nora}", `{"new_password":"otra-clave-7"}`, "", 200, nil, nil},
}

// signInAndOut is silent too (contract 2.4). That somebody was hired is heard, though
// the command line did it.
func (s *scene) signInAndOut(t *testing.T) {
	gina := s.hire("gina", models.Trader)
	s.check(t, []want{{"nuevo_usuario", masters, `{"username":"gina","role":"Trader","created_by":"gina","target_role":"Master"}`}})
	gina.json("POST", "/change_password", map[string]any{"old_password": password, "new_password": "otra-clave-8"}).want(200)
	s.signIn("gina", "otra-clave-8").send("GET", "/logout", nil).want(302)
	s.check(t, nil)
}
