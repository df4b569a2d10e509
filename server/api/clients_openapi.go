package api

import (
	"net/http"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// ClientsRoutes describes what Clients serves.
func ClientsRoutes() []openapi.Route {
	list := openapi.Success(schema.Keys{"clients": []clientJSON{}})
	changed := openapi.Success(schema.Keys{"message": "", "client": clientJSON{}})
	edit := clientKeys(schema.OneOf{"", schema.List{Of: accountKeys()}})
	form, documents := clientKeys(""), schema.Keys{}
	for _, kind := range []string{models.RUC, models.DNI} {
		for _, field := range models.ClientDocuments(kind) {
			form[field], documents[field] = openapi.File(), openapi.File()
		}
	}
	sellers := []string{models.Master, models.Trader}
	backOffice := []string{models.Master, models.Operador}
	update := openapi.Route{Path: "/clients/api/update/:id", Roles: sellers, Summary: "Changes a client; a Trader only its bank accounts.",
		Bodies: openapi.InJSON(edit), Answers: changed}
	put, patch := update, update
	put.Method, patch.Method = "PUT", "PATCH"
	return tagged("Clients", openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/clients/api/list", Summary: "All clients.", Answers: list},
		{Method: "GET", Path: "/clients/api/active", Summary: "Active clients.", Answers: list},
		{Method: "GET", Path: "/clients/api/search", Summary: "Clients by name or document.", Answers: list,
			Query: []openapi.Parameter{{Name: "q", Doc: "3 to 200 characters.", Of: schema.Text(), Required: true}}},
		{Method: "GET", Path: "/clients/api/:id", Summary: "One client with its totals.", Answers: openapi.Success(schema.Keys{"client": clientJSON{}})},
		{Method: "GET", Path: "/clients/api/:id/stats", Summary: "Numbers of one client.", Answers: openapi.Success(schema.Keys{"stats": schema.Keys{
			"total_operations": 0, "completed_operations": 0, "pending_operations": 0, "in_process_operations": 0,
			"total_usd_traded": models.Money{}, "total_pen_traded": models.Money{}, "last_operation": (*string)(nil),
		}})},
		{Method: "POST", Path: "/clients/api/create", Roles: sellers, Summary: "Creates a client, as JSON or as a form with documents; the numbered account fields of old pages (bank_name1 …) are taken too.",
			Status: http.StatusCreated, Bodies: map[string]any{openapi.JSON: edit, openapi.Multipart: form}, Answers: changed},
		put, patch,
		{Method: "PATCH", Path: "/clients/api/change_status/:id", Roles: backOffice, Summary: "Activates or deactivates a client.",
			Bodies: openapi.InJSON(schema.Keys{"status": ""}), Answers: changed},
		{Method: "DELETE", Path: "/clients/api/delete/:id", Roles: onlyMaster, Summary: "Deletes a client without operations.",
			Answers: openapi.Success(schema.Keys{"message": ""})},
		{Method: "POST", Path: "/clients/api/upload_documents/:id", Roles: sellers, Summary: "Keeps documents of a client.",
			Bodies: map[string]any{openapi.Multipart: documents}, Answers: changed},
		{Method: "POST", Path: "/clients/api/upload_validation_oc/:id", Roles: backOffice, NoToken: true, Summary: "Keeps the validation of a client.",
			Bodies:  map[string]any{openapi.Multipart: schema.Keys{"validation_oc_file": openapi.File()}},
			Answers: openapi.Success(schema.Keys{"message": "", "validation_oc_url": (*string)(nil)})},
		{Method: "GET", Path: "/clients/api/export/csv", Roles: onlyMaster, Summary: "All clients as text.", Errors: []int{http.StatusNotFound}, Answers: openapi.Files("text/csv")},
		{Method: "GET", Path: "/clients/api/export/xlsx", Roles: onlyMaster, Summary: "All clients as a spreadsheet.", Errors: []int{http.StatusNotFound}, Answers: openapi.Files(xlsx)},
	})
}

// clientKeys are what a request may say of a client. What the pages send besides is
// ignored.
func clientKeys(accounts any) schema.Keys {
	keys := schema.Keys{"bank_accounts": schema.Optional{Of: accounts}, "bank_accounts_json": schema.Optional{Of: accounts}}
	for _, name := range models.ClientTextKeys() {
		keys[name] = schema.Optional{Of: ""}
	}
	return keys
}

func accountKeys() schema.Keys {
	maybe := schema.Optional{Of: ""}
	return schema.Keys{"origen": maybe, "bank_name": maybe, "account_type": maybe, "currency": maybe, "account_number": maybe}
}
