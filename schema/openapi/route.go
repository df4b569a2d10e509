// Package openapi turns descriptions of routes into an OpenAPI document. The
// descriptions stand beside the handlers; shapes come from the Go types that the
// handlers encode, and are written by hand only where a handler has no type.
package openapi

import (
	"strings"

	"github.com/relevo/relevo/schema"
)

// Access says who may call a route.
type Access int

// The kinds of access.
const (
	// Anybody needs no session.
	Anybody Access = iota
	// SignedIn needs a session; Roles may narrow it.
	SignedIn
	// ServiceKey needs the key of a backend service.
	ServiceKey
	// Bearer needs a token of the emergencies desk.
	Bearer
)

// Any as a Method stands for every method.
const Any = "ANY"

// Route describes one method of one path.
type Route struct {
	// Method is GET, POST … or Any; Path is in the form of Gin.
	Method, Path string
	// Tag groups routes; Summary is one sentence.
	Tag, Summary string
	// Access and Roles say who may call it. No roles: every role.
	Access Access
	Roles  []string
	// NoToken marks a changing route that asks for no CSRF token.
	NoToken bool
	// Keys describes path parameters that are not positive integers, by name.
	Keys map[string]schema.Schema
	// Query and Header are its other parameters, all optional unless Required.
	Query, Header []Parameter
	// Bodies are the request bodies that it takes, by content type: anything that a
	// schema.Reflector knows. OptionalBody lets all of them be missing.
	Bodies       map[string]any
	OptionalBody bool
	// Status is the status of success; 0 is 200. Answers are its bodies, by content
	// type; none: no body.
	Status  int
	Answers map[string]any
	// Redirects marks a route that answers browsers with 302.
	Redirects bool
	// Errors are statuses of the error form beyond those that follow from the rest.
	Errors []int
	// Detail marks a route whose errors have the form of the emergencies desk.
	Detail bool
	// Also are further answers, by status and content type.
	Also map[int]map[string]any
}

// Parameter is a query parameter or header.
type Parameter struct {
	Name, Doc string
	Of        schema.Schema
	Required  bool
}

// The content types that routes use.
const (
	JSON      = "application/json"
	Multipart = "multipart/form-data"
	Form      = "application/x-www-form-urlencoded"
	HTML      = "text/html"
)

// InJSON is one body, as JSON.
func InJSON(v any) map[string]any { return map[string]any{JSON: v} }

// Success is the success object with further keys (contract 3.1).
func Success(keys schema.Keys) map[string]any {
	out := schema.Keys{"success": schema.Const(true)}
	for k, v := range keys {
		out[k] = v
	}
	return InJSON(out)
}

// ErrorForm is the form of every error (contract 3.1).
func ErrorForm() schema.Schema { return schema.Schema{"$ref": "#/components/schemas/Error"} }

// errorForm is what stands for a refusal of the route under components/responses.
func (r Route) errorForm() string {
	if r.Detail {
		return "DetailError"
	}
	return "Error"
}

// Files is a body of bytes in each of the content types.
func Files(types ...string) map[string]any {
	out := map[string]any{}
	for _, t := range types {
		out[t] = schema.Schema{"type": "string", "format": "binary"}
	}
	return out
}

// File is a file of a multipart form.
func File() schema.Optional {
	return schema.Optional{Of: schema.Schema{"type": "string", "format": "binary"}}
}

// Integer is a whole number from least to most; most 0 is without a bound.
func Integer(least, most int) schema.Schema {
	s := schema.Schema{"type": "integer", "minimum": least}
	if most > 0 {
		s["maximum"] = most
	}
	return s
}

// methods are the methods that an OpenAPI document has.
var methods = []string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}

// Expanded replaces Any by the methods that a document has.
func Expanded(routes []Route) []Route {
	var out []Route
	for _, r := range routes {
		if r.Method != Any {
			out = append(out, r)
			continue
		}
		for _, method := range methods {
			r.Method = method
			out = append(out, r)
		}
	}
	return out
}

// PathOf is a Gin path in the form of OpenAPI, with the names of its parameters.
func PathOf(path string) (string, []string) {
	var names []string
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") || strings.HasPrefix(part, "*") {
			names = append(names, part[1:])
			parts[i] = "{" + part[1:] + "}"
		}
	}
	return strings.Join(parts, "/"), names
}
