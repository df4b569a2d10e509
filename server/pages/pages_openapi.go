package pages

import (
	"net/http"

	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// Routes describes what Mount adds.
func Routes() []openapi.Route {
	html := map[string]any{openapi.HTML: schema.Text()}
	routes := []openapi.Route{{Method: "GET", Path: "/", Tag: "Pages", Summary: "To the dashboard or the sign-in page.", Status: http.StatusFound}}
	for _, a := range areas {
		for _, path := range a.paths {
			routes = append(routes, openapi.Route{
				Method: "GET", Path: path, Tag: "Pages", Summary: a.title + ".", Access: openapi.SignedIn, Roles: a.roles, Answers: html,
			})
		}
	}
	for _, path := range slashless {
		routes = append(routes, openapi.Route{
			Method: openapi.Any, Path: path, Tag: "Pages", Summary: "To the address with a slash.", Status: http.StatusPermanentRedirect,
		})
	}
	static := openapi.Route{
		Path: "/static/*file", Tag: "Pages", Summary: "A file of the pages.", Keys: map[string]schema.Schema{"file": schema.Text()},
		Answers: openapi.Files("text/javascript", "text/css", "image/svg+xml"),
		Also:    map[int]map[string]any{http.StatusNotModified: nil},
	}
	get, head := static, static
	get.Method, head.Method = "GET", "HEAD"
	return append(routes, get, head)
}
