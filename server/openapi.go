package server

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
	"github.com/relevo/relevo/server/api"
	"github.com/relevo/relevo/server/console"
	"github.com/relevo/relevo/server/pages"
)

// documents are what the server tells of itself, made once.
type documents struct{ open, async []byte }

func newDocuments(cookie string) (documents, error) {
	open, err := OpenAPI(cookie)
	if err != nil {
		return documents{}, err
	}
	async, err := events.AsyncAPI()
	return documents{open, async}, err
}

// serveOpen is GET /api/openapi.json, serveAsync GET /api/asyncapi.json. They are the
// same for everybody and hold no data.
func (d documents) serveOpen(c *gin.Context)  { c.Data(http.StatusOK, gin.MIMEJSON, d.open) }
func (d documents) serveAsync(c *gin.Context) { c.Data(http.StatusOK, gin.MIMEJSON, d.async) }

// OpenAPI is the document of every public route; cookie names the session cookie.
func OpenAPI(cookie string) ([]byte, error) {
	return openapi.Document(slices.Concat(
		processRoutes(), api.AuthRoutes(), api.SessionsRoutes(), api.AuditRoutes(), api.UsersRoutes(), api.FilesRoutes(), api.ClientsRoutes(), api.OperationsRoutes(),
		api.DashboardRoutes(), api.EventsRoutes(), api.EmitRoutes(), api.EmergencyRoutes(), console.Routes(), pages.Routes(),
	), cookie)
}

// processRoutes describes the routes that belong to no resource. The path of the
// Socket.IO endpoint is the default one.
func processRoutes() []openapi.Route {
	live := openapi.InJSON(schema.Keys{"status": ""})
	ready := schema.Keys{"status": "", "checks": schema.Optional{Of: map[string]string{}}}
	document := openapi.InJSON(schema.Schema{"type": "object"})
	socket := map[string]any{"text/plain": schema.Text(), "text/html": schema.Text(), "text/javascript": schema.Text(), openapi.JSON: schema.Schema{}}
	routes := []openapi.Route{
		{Method: "GET", Path: "/healthz", Tag: "Process", Summary: "The process answers.", Answers: live},
		{Method: "GET", Path: "/readyz", Tag: "Process", Summary: "The process should get traffic.", Answers: openapi.InJSON(ready),
			Also: map[int]map[string]any{http.StatusServiceUnavailable: openapi.InJSON(ready)}, Query: []openapi.Parameter{{Name: "verbose", Doc: "Lists every check.", Of: schema.Text()}}},
		{Method: "GET", Path: "/api/openapi.json", Tag: "Process", Summary: "This document.", Answers: document},
		{Method: "GET", Path: "/api/asyncapi.json", Tag: "Process", Summary: "The events, as an AsyncAPI document.", Answers: document},
		{Method: openapi.Any, Path: "/socket.io/*any", Tag: "Socket.IO", Summary: "The Socket.IO endpoint: Engine.IO 4 over long polling or WebSocket.",
			Keys: map[string]schema.Schema{"any": schema.Text()}, Answers: socket, Errors: []int{http.StatusBadRequest, http.StatusMethodNotAllowed},
			Also: map[int]map[string]any{http.StatusSwitchingProtocols: nil}},
	}
	refused := openapi.InJSON(schema.Keys{"code": 0, "message": ""})
	for _, path := range pushPaths {
		routes = append(routes, openapi.Route{
			Method: "GET", Path: path, Tag: "Push", Summary: "The push socket of operators: a plain WebSocket, docs/push.md.", Status: http.StatusSwitchingProtocols,
			Query: []openapi.Parameter{
				{Name: "id_operador", Doc: "Repeated in the greeting; it gives no right.", Of: schema.Text()},
				{Name: "since", Doc: "Id of the last event that the client has.", Of: schema.Text()},
			},
			Also: map[int]map[string]any{http.StatusForbidden: refused, http.StatusUpgradeRequired: refused, http.StatusTooManyRequests: refused, http.StatusServiceUnavailable: refused},
		})
	}
	return routes
}
