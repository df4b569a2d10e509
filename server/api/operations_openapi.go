package api

import (
	"net/http"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// OperationsRoutes describes what Operations serves.
func OperationsRoutes() []openapi.Route {
	traders, operators := []string{models.Master, models.Trader}, []string{models.Master, models.Operador}
	list := openapi.Success(schema.Keys{"operations": []operationJSON{}})
	changed := openapi.Success(schema.Keys{"message": "", "operation": operationJSON{}})
	var maybe any = schema.Optional{Of: ""}
	text := func(name, doc string) openapi.Parameter {
		return openapi.Parameter{Name: name, Doc: doc, Of: schema.Text()}
	}
	format := openapi.Parameter{Name: "format", Doc: "csv for text, else a spreadsheet.", Of: schema.Text()}
	sheet := openapi.Files(xlsx, "text/csv")
	file := func(keys schema.Keys) map[string]any {
		keys["file"] = openapi.File()
		return map[string]any{openapi.Multipart: keys}
	}
	update := openapi.Route{Path: "/operations/api/update/:id", Roles: traders, Summary: "Changes amount, deposits or payments.",
		Bodies: openapi.InJSON(operationEditKeys()), Answers: changed}
	put, patch := update, update
	put.Method, patch.Method = "PUT", "PATCH"
	return tagged("Operations", openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/operations/api/list", Summary: "Today's operations, or all.", Answers: list, Query: []openapi.Parameter{
			text("all", "true for every day's."), text("status", "With all: of this status."), text("client_id", "With all and without status: of this client."),
		}},
		{Method: "GET", Path: "/operations/api/today", Summary: "Today's operations.", Answers: list},
		{Method: "GET", Path: "/operations/api/for_operator", Roles: []string{models.Operador}, Summary: "Open operations of any day.", Answers: list},
		{Method: "GET", Path: "/operations/api/get_active_operators", Roles: onlyMaster, Summary: "Operators to whom an operation can be handed.",
			Answers: openapi.Success(schema.Keys{"count": 0, "operators": schema.List{Of: schema.Keys{"id": 0, "username": "", "email": ""}}})},
		{Method: "GET", Path: "/operations/api/check_pending_operations", Roles: []string{models.Operador}, Summary: "The own operations that take long.",
			Answers: openapi.Success(schema.Keys{"count": 0, "pending_operations": []overdueJSON{}})},
		{Method: "GET", Path: "/operations/api/export_today", Summary: "Today's operations as a file.", Query: []openapi.Parameter{format}, Answers: sheet},
		{Method: "GET", Path: "/operations/api/export_history", Summary: "Operations as a file.", Answers: sheet, Query: []openapi.Parameter{
			format, text("from", "First day, YYYY-MM-DD."), text("to", "Last day, YYYY-MM-DD."),
		}},
		{Method: "GET", Path: "/operations/api/:id", Summary: "One operation, by id or by its number EXP-….",
			Keys: map[string]schema.Schema{"id": schema.Text()}, Answers: openapi.Success(schema.Keys{"operation": operationJSON{}})},
		{Method: "POST", Path: "/operations/api/create", Roles: traders, Summary: "Creates an operation.", Status: http.StatusCreated, Answers: changed,
			Bodies: openapi.InJSON(schema.Keys{
				"client_id": idOrText(), "operation_type": "", "amount_usd": numberOrText(), "exchange_rate": numberOrText(),
				"source_account": maybe, "destination_account": maybe, "notes": maybe,
			}), Errors: []int{http.StatusNotFound}},
		put, patch,
		{Method: "PATCH", Path: "/operations/api/update_status/:id", Summary: "Changes the status with the effects of the routes for it.",
			Bodies: openapi.InJSON(schema.Keys{"status": "", "notes": maybe}), Answers: changed, Errors: []int{http.StatusForbidden}},
		{Method: "POST", Path: "/operations/api/send_to_process/:id", Roles: traders, Summary: "Sends to process and assigns an operator.", Answers: changed},
		{Method: "POST", Path: "/operations/api/return_to_pending/:id", Roles: operators, Summary: "Returns to pending.",
			Bodies: openapi.InJSON(schema.Keys{"reason": maybe}), Answers: changed},
		{Method: "POST", Path: "/operations/api/complete/:id", Roles: operators, Summary: "Completes.", Answers: changed,
			Bodies: openapi.InJSON(schema.Keys{"operator_comments": maybe, "operator_proofs": schema.Optional{
				Of: schema.List{Of: schema.Keys{"comprobante_url": schema.Optional{Of: (*string)(nil)}, "comentario": maybe}},
			}})},
		{Method: "POST", Path: "/operations/api/cancel/:id", Roles: traders, Summary: "Cancels.",
			Bodies: openapi.InJSON(schema.Keys{"reason": ""}), Answers: changed},
		{Method: "POST", Path: "/operations/api/reassign_operator/:id", Roles: onlyMaster, Summary: "Hands an operation in process to another operator.",
			Bodies: openapi.InJSON(schema.Keys{"new_operator_id": idOrText()}), Answers: changed},
		{Method: "POST", Path: "/operations/api/mark_notes_read/:id", Roles: operators, Summary: "Notes that the user has read the notes.",
			Answers: openapi.Success(schema.Keys{"message": "", "notes_read_by": []int64{}})},
		{Method: "POST", Path: "/operations/api/upload_deposit_proof/:id", Roles: traders, Summary: "Keeps the proof of a deposit.",
			Bodies: file(schema.Keys{"deposit_index": ""}), Answers: openapi.Success(schema.Keys{"message": "", "url": ""})},
		{Method: "POST", Path: "/operations/api/upload_operator_proof/:id", Roles: operators, Summary: "Keeps a proof of the operator.",
			Bodies:  file(schema.Keys{"proof_index": maybe, "comentario": maybe}),
			Answers: openapi.Success(schema.Keys{"message": "", "url": "", "proofs": []models.Proof{}})},
		{Method: "POST", Path: "/operations/api/upload_proof/:id", NoToken: true, Summary: "Keeps the two proofs of old.", Errors: []int{http.StatusForbidden},
			Bodies: map[string]any{openapi.Multipart: schema.Keys{"payment_proof": openapi.File(), "operator_proof": openapi.File()}}, Answers: changed},
	})
}

// operationEditKeys is the body of update; a missing key leaves its part as it is.
func operationEditKeys() schema.Keys {
	maybe := schema.Optional{Of: ""}
	amount := schema.Optional{Of: numberOrText()}
	return schema.Keys{
		"amount_usd": amount,
		"client_deposits": schema.Optional{Of: schema.List{Of: schema.Keys{
			"importe": amount, "codigo_operacion": maybe, "cuenta_cargo": maybe, "comprobante_url": schema.Optional{Of: (*string)(nil)},
		}}},
		"client_payments": schema.Optional{Of: schema.List{Of: schema.Keys{"importe": amount, "cuenta_destino": maybe}}},
	}
}

// numberOrText and idOrText are numbers that clients may send as text (contract 4.6).
func numberOrText() schema.Schema { return schema.Schema{"type": []string{"number", "string"}} }

func idOrText() schema.Schema { return schema.Schema{"type": []string{"integer", "string"}} }
