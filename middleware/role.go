package middleware

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// RequireRole lets only the roles pass (none given: anybody signed in). Scripts get
// JSON: 401 with session_expired, or 403. Pages are sent to the login with the way
// back, or to the dashboard (contract 3.1).
func RequireRole(roles ...models.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := IdentityOf(c)
		switch {
		case id.Anonymous() && WantsJSON(c.Request):
			Refuse(c, models.Errorf(models.Unauthorized, "Debe iniciar sesión"))
		case id.Anonymous():
			c.Redirect(http.StatusFound, loginURL(c.Request))
			c.Abort()
		case len(roles) == 0, slices.Contains(roles, id.Role):
		case WantsJSON(c.Request):
			Refuse(c, models.Errorf(models.Forbidden, "No tiene permiso para esta acción"))
		default:
			c.Redirect(http.StatusFound, "/dashboard/")
			c.Abort()
		}
	}
}

// loginURL leads back to the page asked for, when it can be asked for again.
func loginURL(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(r.URL.RequestURI())
}

// WantsJSON reports whether a script is asking and not a page: by the path, by what
// the known clients send (contract 3.1), or by an Accept header without HTML.
func WantsJSON(r *http.Request) bool {
	if strings.Contains(r.URL.Path, "/api/") || r.Header.Get("X-CSRFToken") != "" || r.Header.Get("X-CSRF-Token") != "" ||
		strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest") ||
		strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json") {
		return true
	}
	accept := r.Header.Get("Accept")
	return accept != "" && !strings.Contains(accept, "text/html")
}
