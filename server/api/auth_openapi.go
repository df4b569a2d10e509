package api

import (
	"net/http"

	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

const tagAuth = "Sign-in"

// AuthRoutes describes what Auth serves.
func AuthRoutes() []openapi.Route {
	form := schema.Keys{
		"username": "", "password": "", "remember": schema.Optional{Of: schema.Text("on")}, "next": schema.Optional{Of: ""}, "csrf_token": schema.Optional{Of: ""},
	}
	next := []openapi.Parameter{{Name: "next", Doc: "Path of this server to go on to.", Of: schema.Text()}}
	message := openapi.Success(schema.Keys{"message": ""})
	signedIn := openapi.Success(schema.Keys{"message": "", "user": UserDict{}, "csrf_token": ""})
	signedIn[openapi.HTML] = schema.Text() // the form again
	return []openapi.Route{
		{Method: "GET", Path: "/api/session", Tag: tagAuth, Summary: "Who this browser speaks for, and its CSRF token.",
			Answers: openapi.InJSON(schema.Keys{"authenticated": true, "user": (*UserDict)(nil), "csrf_token": ""})},
		{Method: "GET", Path: "/login", Tag: tagAuth, Summary: "The sign-in page.", Query: next, Redirects: true,
			Answers: map[string]any{openapi.HTML: schema.Text()}},
		{Method: "POST", Path: "/login", Tag: tagAuth, Summary: "Signs in, by form with pages or by JSON.", Query: next, Redirects: true,
			Bodies: map[string]any{
				openapi.JSON: schema.Keys{
					"username": "", "password": "", "remember": schema.Optional{Of: schema.Schema{}}, "next": schema.Optional{Of: ""},
				},
				openapi.Form: form, openapi.Multipart: form,
			},
			Answers: signedIn, Errors: []int{http.StatusUnauthorized, http.StatusForbidden},
			Also: map[int]map[string]any{http.StatusTooManyRequests: {openapi.JSON: openapi.ErrorForm(), openapi.HTML: schema.Text()}}},
		{Method: "GET", Path: "/logout", Tag: tagAuth, Summary: "Signs out and goes to the sign-in page.", Status: http.StatusFound},
		{Method: "POST", Path: "/logout", Tag: tagAuth, Summary: "Signs out.", Answers: message},
		{Method: "POST", Path: "/change_password", Tag: tagAuth, Summary: "Changes the own password and ends the other sessions.", Access: openapi.SignedIn,
			Bodies: openapi.InJSON(schema.Keys{"old_password": "", "new_password": ""}), Answers: message, Errors: []int{http.StatusTooManyRequests}},
		{Method: "POST", Path: "/reset_password/:id", Tag: tagAuth, Summary: "Sets the password of a user and ends its sessions.",
			Access: openapi.SignedIn, Roles: []string{"Master"}, Bodies: openapi.InJSON(schema.Keys{"new_password": ""}), Answers: message},
	}
}
