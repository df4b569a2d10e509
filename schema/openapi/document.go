package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/relevo/relevo/schema"
)

const description = "REST interface of the desk. Browsers sign in with POST /login and carry the session cookie; what they change needs " +
	"the CSRF token of GET /api/session in X-CSRFToken. Backend services send a service key. " +
	"Programs of the emergencies desk sign in with POST /auth/login and send its token. " +
	"Every error has the form Error, those of the emergencies desk DetailError. Times without a zone are wall clocks in Lima."

// Document is the routes as an OpenAPI 3.1 document, indented JSON with a newline at
// the end; cookie is the name of the session cookie. Two descriptions of one method
// and path are an error.
func Document(routes []Route, cookie string) ([]byte, error) {
	r := schema.NewReflector("#/components/schemas/")
	r.Components["Error"] = r.Of(schema.Keys{
		"success": schema.Const(false), "message": "", "error": "", "session_expired": schema.Optional{Of: schema.Const(true)},
		"path": schema.Optional{Of: ""}, "index": schema.Optional{Of: 0}, // of what a publication has wrong
	})
	r.Components["DetailError"] = r.Of(schema.Keys{"detail": schema.OneOf{"", schema.List{Of: schema.Keys{
		"type": "", "loc": []string{}, "msg": "", "input": schema.Schema{},
	}}}, "error": "", "message": ""})
	paths := schema.Schema{}
	for _, route := range Expanded(routes) {
		path, names := PathOf(route.Path)
		item, _ := paths[path].(schema.Schema)
		if item == nil {
			item = schema.Schema{}
			paths[path] = item
		}
		method := strings.ToLower(route.Method)
		if item[method] != nil {
			return nil, fmt.Errorf("OpenAPI document: %s %s is described twice", route.Method, route.Path)
		}
		item[method] = route.operation(r, names)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(schema.Schema{
		"openapi": "3.1.0",
		"info":    schema.Schema{"title": "Relevo", "version": "1.0.0", "description": description},
		"servers": []schema.Schema{{"url": "/"}},
		"paths":   paths,
		"components": schema.Schema{
			"schemas": r.Components,
			"responses": schema.Schema{"Error": schema.Schema{
				"description": "Refused; message and error say why, for the user.",
				"content":     schema.Schema{JSON: schema.Schema{"schema": ErrorForm()}},
			}, "DetailError": schema.Schema{
				"description": "Refused; message and error say why, for the user, and detail does for programs, for 422 as a list.",
				"content":     schema.Schema{JSON: schema.Schema{"schema": schema.Schema{"$ref": "#/components/schemas/DetailError"}}},
			}},
			"securitySchemes": schema.Schema{
				"session":     schema.Schema{"type": "apiKey", "in": "cookie", "name": cookie},
				"csrf":        schema.Schema{"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
				"service_key": schema.Schema{"type": "http", "scheme": "bearer"},
				"bearer":      schema.Schema{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("encode OpenAPI document: %w", err)
	}
	return b.Bytes(), nil
}

func (r Route) changes() bool {
	return slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, r.Method)
}

func (r Route) operation(reflector *schema.Reflector, names []string) schema.Schema {
	o := schema.Schema{"tags": []string{r.Tag}, "summary": r.Summary, "operationId": r.id(), "responses": r.responses(reflector, names)}
	if parameters := r.parameters(names); len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if len(r.Bodies) > 0 {
		o["requestBody"] = schema.Schema{"required": !r.OptionalBody, "content": content(reflector, r.Bodies)}
	}
	switch {
	case r.Access == ServiceKey:
		o["security"] = []schema.Schema{{"service_key": []string{}}}
	case r.Access == Bearer:
		o["security"] = []schema.Schema{{"bearer": []string{}}}
	case r.Access == SignedIn && r.changes() && !r.NoToken:
		o["security"] = []schema.Schema{{"session": []string{}, "csrf": []string{}}}
	case r.Access == SignedIn:
		o["security"] = []schema.Schema{{"session": []string{}}}
	default:
		o["security"] = []schema.Schema{}
	}
	if len(r.Roles) > 0 {
		o["x-roles"] = r.Roles
	}
	return o
}

// id names an operation: get_clients_api_id.
func (r Route) id() string {
	words := strings.FieldsFunc(r.Path, func(c rune) bool { return strings.ContainsRune("/:*.-", c) })
	return strings.Join(append([]string{strings.ToLower(r.Method)}, words...), "_") + map[bool]string{true: "_"}[len(words) > 0 && strings.HasSuffix(r.Path, "/")]
}

func (r Route) parameters(names []string) []schema.Schema {
	var out []schema.Schema
	for _, name := range names {
		of := r.Keys[name]
		if of == nil {
			of = Integer(0, 1<<31-1)
		}
		out = append(out, schema.Schema{"name": name, "in": "path", "required": true, "schema": of})
	}
	for in, list := range map[string][]Parameter{"query": r.Query, "header": r.Header} {
		for _, p := range list {
			parameter := schema.Schema{"name": p.Name, "in": in, "schema": p.Of, "description": p.Doc}
			if p.Required {
				parameter["required"] = true
			}
			out = append(out, parameter)
		}
	}
	slices.SortStableFunc(out, func(a, b schema.Schema) int { return strings.Compare(b["in"].(string), a["in"].(string)) })
	return out
}

func (r Route) responses(reflector *schema.Reflector, names []string) schema.Schema {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	responses := schema.Schema{}
	for _, refused := range r.refusals(names) {
		responses[strconv.Itoa(refused)] = schema.Schema{"$ref": "#/components/responses/" + r.errorForm()}
	}
	if r.Redirects || r.Access == SignedIn && !strings.Contains(r.Path, "/api/") {
		responses["302"] = schema.Schema{"description": "To another page, for browsers."}
	}
	for code, v := range r.Also {
		answer := schema.Schema{"description": http.StatusText(code)}
		if len(v) > 0 {
			answer["content"] = content(reflector, v)
		}
		responses[strconv.Itoa(code)] = answer
	}
	success := schema.Schema{"description": http.StatusText(status)}
	if len(r.Answers) > 0 {
		success["content"] = content(reflector, r.Answers)
	}
	responses[strconv.Itoa(status)] = success
	return responses
}

// refusals are the statuses in the error form that follow from what the route is.
func (r Route) refusals(names []string) []int {
	out := append([]int{http.StatusInternalServerError, http.StatusServiceUnavailable}, r.Errors...)
	if r.Access != Anybody {
		out = append(out, http.StatusUnauthorized)
	}
	if len(r.Roles) > 0 || r.Access == ServiceKey || r.Access == Bearer {
		out = append(out, http.StatusForbidden)
	}
	if len(names) > 0 {
		out = append(out, http.StatusNotFound)
	}
	if r.Detail && (r.changes() || len(r.Query) > 0 || len(names) > 0) {
		out = append(out, http.StatusUnprocessableEntity)
	}
	if r.changes() || len(r.Query) > 0 {
		out = append(out, http.StatusBadRequest)
	}
	if len(r.Bodies) > 0 {
		out = append(out, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return out
}

func content(reflector *schema.Reflector, bodies map[string]any) schema.Schema {
	out := schema.Schema{}
	for kind, v := range bodies {
		out[kind] = schema.Schema{"schema": reflector.Of(v)}
	}
	return out
}
