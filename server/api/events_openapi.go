package api

import (
	"net/http"

	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// EventsRoutes describes what Events serves.
func EventsRoutes() []openapi.Route {
	return tagged("Events", openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/api/events", Answers: openapi.InJSON(eventsJSON{}),
			Summary: "Durable events that the user may see, oldest first; without since only the cursor of now. 410: reload and begin without since.",
			Errors:  []int{http.StatusGone, http.StatusUnprocessableEntity},
			Query: []openapi.Parameter{
				{Name: "since", Doc: "The cursor of the answer before, an event's id, or the offset that a socket got.", Of: schema.Text()},
				{Name: "limit", Doc: "Most events of the answer; 100 when absent.", Of: openapi.Integer(1, eventsMost)},
			}},
	})
}

// FilesRoutes describes what Files serves.
func FilesRoutes() []openapi.Route {
	return tagged("Files", openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/uploads/:id", Summary: "A kept file.", Keys: map[string]schema.Schema{"id": schema.Text()},
			Answers: openapi.Files("image/png", "image/jpeg", "application/pdf")},
	})
}
