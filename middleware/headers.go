package middleware

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// apiPolicy is the Content-Security-Policy of everything that is no page: should a
// browser show it as one all the same, it runs and loads nothing.
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// PagePolicy is the Content-Security-Policy of a page: it gets scripts and styles from
// this server alone and nothing inline, talks to nobody else, and cannot be framed. media
// are the directives of what else it shows.
func PagePolicy(r *http.Request, publicHost, media string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; " + media + "; connect-src 'self'" + OwnSockets(r, publicHost) +
		"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// permissions are the powers of a browser that no page here uses.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// hsts is half a year, of this host only: what else its domain serves is not ours.
const hsts = "max-age=15552000"

// SecurityHeaders keeps browsers from guessing types, framing pages, telling other
// sites our addresses and lending pages powers that they do not need; over TLS, as the
// cookie's rule knows it, also from ever coming without. Pages replace the policy by
// their own. Answers of /api/ are never stored and open to no other origin that did
// not ask by CORS.
func SecurityHeaders(cookie CookieRule) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("Permissions-Policy", permissions)
		if cookie.overTLS(c.Request) {
			h.Set("Strict-Transport-Security", hsts)
			// Without TLS browsers ignore it, with a warning.
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		if strings.Contains(c.Request.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
		}
	}
}

// NoSniff is the one of the security headers that matters to answers which are no
// document, such as those of long polling.
func NoSniff(c *gin.Context) { c.Header("X-Content-Type-Options", "nosniff") }
