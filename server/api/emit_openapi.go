package api

import (
	"net/http"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// EmitRoutes describes what Emit serves.
func EmitRoutes() []openapi.Route {
	repeat := []openapi.Parameter{{
		Name: "Idempotency-Key", Doc: "A repetition within 24 hours gets the first answer and records nothing.",
		Of: schema.Schema{"type": "string", "minLength": 1, "maxLength": maxIdempotencyKey, "pattern": "^[!-~]+$"},
	}}
	door := func(path, summary string, body any, answer schema.Keys) openapi.Route {
		return openapi.Route{
			Method: "POST", Path: path, Summary: summary, Header: repeat, Bodies: openapi.InJSON(body), Status: http.StatusAccepted, Answers: openapi.Success(answer),
			Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
		}
	}
	return tagged("Emit", openapi.ServiceKey, []openapi.Route{
		door("/api/emit", "Records an event of the table, which is delivered when this has answered.", events.Publication{}, schema.Keys{"id": ""}),
		door("/api/emit/batch", "Records up to 100 events, all or none.", schema.Keys{"events": []events.Publication{}}, schema.Keys{"ids": []string{}}),
	})
}
