package console

import (
	"net/http"

	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

const tag = "Console"

// Routes describes what Mount adds. Roles named in console.readers may GET, too.
func Routes() []openapi.Route {
	html := map[string]any{openapi.HTML: schema.Text()}
	asset := openapi.Route{
		Path: "/console/assets/*file", Tag: tag, Summary: "A file of the console's page.", Keys: map[string]schema.Schema{"file": schema.Text()},
		Answers: openapi.Files("text/javascript", "text/css", "image/svg+xml", "image/png", "font/woff2", "application/json"), Also: map[int]map[string]any{http.StatusNotModified: nil},
	}
	get, head := asset, asset
	get.Method, head.Method = "GET", "HEAD"
	routes := []openapi.Route{
		{Method: "GET", Path: "/console", Tag: tag, Summary: "To the address with a slash.", Status: http.StatusPermanentRedirect},
		{Method: "GET", Path: "/console/", Tag: tag, Summary: "The console's page; without its build, how to make one.", Access: openapi.SignedIn,
			Answers: html, Also: map[int]map[string]any{http.StatusForbidden: html, http.StatusNotModified: nil}},
		get, head,
	}
	return append(append(routes, readRoutes()...), actionRoutes()...)
}

func readRoutes() []openapi.Route {
	user := openapi.Parameter{Name: "user_id", Doc: "One user.", Of: openapi.Integer(1, 1<<31-1)}
	text := func(name, doc string) openapi.Parameter {
		return openapi.Parameter{Name: name, Doc: doc, Of: schema.Text()}
	}
	id := map[string]schema.Schema{"id": schema.Text()}
	routes := []openapi.Route{
		{Path: "me", Summary: "Who looks, and what the page has to know of this server.", Answers: openapi.InJSON(meJSON{})},
		{Path: "now", Summary: "What goes on at this node; told live once a second as console_now.", Answers: openapi.InJSON(nowJSON{})},
		{Path: "history", Summary: "The last hour in points of ten seconds, oldest first.", Answers: openapi.InJSON(historyJSON{})},
		{Path: "people", Summary: "Who is online on this node.", Answers: openapi.InJSON(peopleJSON{}),
			Query: []openapi.Parameter{text("role", "One role."), text("q", "Part of a username.")}},
		{Path: "people/:id", Summary: "One person: open sockets on this node, slots on all, and what happened to the sockets.", Answers: openapi.InJSON(personAnswerJSON{})},
		{Path: "users", Summary: "Users of any status whose name has q in it, 50 at most.", Answers: openapi.InJSON(usersJSON{}),
			Query: []openapi.Parameter{text("q", "Part of a username.")}},
		{Path: "events", Summary: "The event log, newest first, with private fields hidden.", Answers: openapi.InJSON(foundEventsJSON{}),
			Errors: []int{http.StatusNotFound, http.StatusGone},
			Query: []openapi.Parameter{
				text("name", "Wire name."), text("entity", "As in operation/17."), text("room", "A room that it was addressed to."), user,
				text("before", "The next of the answer before, or an event's id."),
				{Name: "limit", Doc: "Most events of the answer; 50 when absent.", Of: openapi.Integer(1, searchMost)},
			}},
		{Path: "events/:id", Summary: "An event and what became of it for each user who was addressed, the worst first; with user_id for that user in any case.",
			Keys: id, Answers: openapi.InJSON(eventAnswerJSON{}), Query: []openapi.Parameter{user}, Errors: []int{http.StatusGone}},
		{Path: "emergencies", Summary: "Requests for an ambulance that wait; nothing personal.", Answers: openapi.InJSON(emergenciesJSON{})},
		{Path: "health", Summary: "Health, limits that were met, version, and the configuration with secrets masked.", Answers: openapi.InJSON(healthJSON{})},
	}
	for i := range routes {
		routes[i].Method, routes[i].Tag, routes[i].Access = "GET", tag, openapi.SignedIn
		routes[i].Path = "/console/api/" + routes[i].Path
		routes[i].Errors = append(routes[i].Errors, http.StatusForbidden)
	}
	return routes
}

func actionRoutes() []openapi.Route {
	notified := openapi.InJSON(notifiedJSON{})
	routes := []openapi.Route{
		{Path: "sign_out", Summary: "Signs a user out everywhere.", Bodies: openapi.InJSON(signOutJSON{}), Answers: openapi.InJSON(signedOutJSON{}),
			Errors: []int{http.StatusNotFound}},
		{Path: "disconnect", Summary: "Ends one socket of this node; its client comes back by itself unless stay_away.", Bodies: openapi.InJSON(disconnectJSON{}),
			Answers: openapi.InJSON(doneJSON{}), Errors: []int{http.StatusNotFound}},
		{Path: "notify", Summary: "Sends a notification to a role, a user or everyone.", Bodies: openapi.InJSON(notifyJSON{}), Answers: notified,
			Errors: []int{http.StatusNotFound}},
		{Path: "resend", Summary: "Records an event anew, for its whole audience or one user of it; the payload names the original as _event_id.",
			Bodies: openapi.InJSON(resendJSON{}), Answers: notified, Errors: []int{http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity}},
		{Path: "drain", Summary: "Ends this process in order, as SIGTERM does; who runs it starts it again.", Bodies: openapi.InJSON(drainJSON{}),
			Status: http.StatusAccepted, Answers: openapi.InJSON(doneJSON{})},
	}
	for i := range routes {
		routes[i].Method, routes[i].Tag, routes[i].Access, routes[i].Roles = "POST", tag, openapi.SignedIn, []string{"Master"}
		routes[i].Path = "/console/api/actions/" + routes[i].Path
		routes[i].Errors = append(routes[i].Errors, http.StatusTooManyRequests)
	}
	return routes
}
