package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.uber.org/zap/zaptest"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/schema/openapi"
	"github.com/relevo/relevo/schema/schematest"
)

func openAPIText(t *testing.T) []byte {
	t.Helper()
	text, err := OpenAPI(DefaultConfig().Session.CookieName)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// docs/openapi.json is what the routes' descriptions say, and is a document of OpenAPI 3.1.
func TestOpenAPIDocument(t *testing.T) {
	text := openAPIText(t)
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	schematest.Fresh(t, "../docs/openapi.json", text, *update)
}

// Every route is described, and nothing is described that is no route. CONNECT is a
// method that documents do not have.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	cfg := DefaultConfig()
	cfg.SecretKey = "a key for tests, of enough characters"
	s, err := New(cfg, modelstest.Open(t, models.SQLite), zaptest.NewLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	var routes, described []string
	for _, route := range s.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if path, _ = openapi.PathOf(path); method != "CONNECT" {
			routes = append(routes, method+" "+path)
		}
	}
	document, err := openapi3.NewLoader().LoadFromData(openAPIText(t))
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	for _, route := range routes {
		if !slices.Contains(described, route) {
			t.Errorf("%s is not described", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is described and no route", route)
		}
	}
}

// Two descriptions of one route are refused.
func TestOpenAPIRefusesDoubles(t *testing.T) {
	route := openapi.Route{Method: "GET", Path: "/x/:id"}
	if _, err := openapi.Document([]openapi.Route{route, route}, "session"); err == nil {
		t.Error("no error")
	}
}
