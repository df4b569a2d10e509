package api

import (
	"net/http"

	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// SessionsRoutes describes what Sessions serves.
func SessionsRoutes() []openapi.Route {
	user := openapi.Parameter{Name: "user_id", Doc: "Another user; only a Master may name one.", Of: openapi.Integer(1, 1<<31-1)}
	ended := openapi.Success(schema.Keys{"message": "", "ended": 0, "signed_out": true})
	return tagged(tagAuth, openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/api/sessions", Errors: []int{http.StatusForbidden}, Query: []openapi.Parameter{user},
			Summary: "Live sessions, used last first: the own ones; of a Master all or those of user_id. sockets are open on the process that answers.",
			Answers: openapi.Success(schema.Keys{"sessions": []sessionJSON{}, "more": true})},
		{Method: "DELETE", Path: "/api/sessions/:id", Errors: []int{http.StatusForbidden},
			Summary: "Ends a session and the remembered login it came from: an own one; a Master any.", Answers: ended},
		{Method: "DELETE", Path: "/api/sessions", Errors: []int{http.StatusForbidden, http.StatusNotFound},
			Summary: "Signs out everywhere; a Master also somebody else.", Answers: ended,
			Query: []openapi.Parameter{user, {Name: "keep", Doc: "Spares the session of this request.", Of: schema.Text("current")}}},
	})
}
