package api

import (
	"net/http"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

const tagUsers = "Users"

var onlyMaster = []string{models.Master}

// UsersRoutes describes what Users serves.
func UsersRoutes() []openapi.Route {
	users := openapi.Success(schema.Keys{"users": []UserDict{}})
	changed := openapi.Success(schema.Keys{"message": "", "user": UserDict{}})
	maybe := schema.Optional{Of: ""}
	return tagged(tagUsers, openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/users/api/list", Roles: onlyMaster, Summary: "All users.", Answers: users},
		{Method: "POST", Path: "/users/api/create", Roles: onlyMaster, Summary: "Creates a user.", Status: http.StatusCreated,
			Bodies:  openapi.InJSON(schema.Keys{"username": "", "email": "", "password": "", "dni": "", "role": maybe}),
			Answers: changed},
		{Method: "PUT", Path: "/users/api/update/:id", Roles: onlyMaster, Summary: "Changes a user; empty and missing keys stay as they are.",
			Bodies: openapi.InJSON(schema.Keys{"email": maybe, "dni": maybe, "role": maybe, "status": maybe}), Answers: changed},
		{Method: "POST", Path: "/users/api/toggle_status/:id", Roles: onlyMaster, Summary: "Activates or deactivates a user.", Answers: changed},
		{Method: "DELETE", Path: "/users/api/delete/:id", Roles: onlyMaster, Summary: "Deactivates a user.", Answers: changed},
		{Method: "GET", Path: "/users/api/by_role/:role", Keys: map[string]schema.Schema{"role": schema.Text()},
			Summary: "Active users of a role; only a Master sees e-mail, document and times.", Answers: users},
		{Method: "GET", Path: "/users/api/active", Summary: "Active users; only a Master sees e-mail, document and times.", Answers: users},
		{Method: "GET", Path: "/users/api/:id", Roles: onlyMaster, Summary: "One user with counts of its operations.",
			Answers: openapi.Success(schema.Keys{
				"user": struct {
					UserDict
					OperationsCount int64 `json:"operations_count"`
				}{},
				"stats": schema.Keys{"total_operations": 0, "completed_operations": 0, "pending_operations": 0, "in_process_operations": 0, "canceled_operations": 0},
			})},
	})
}

// tagged gives routes what they share.
func tagged(tag string, access openapi.Access, routes []openapi.Route) []openapi.Route {
	for i := range routes {
		routes[i].Tag, routes[i].Access = tag, access
	}
	return routes
}
