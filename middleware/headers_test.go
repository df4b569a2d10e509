package middleware

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// What browsers are told with every answer, and over TLS alone.
func TestSecurityHeaders(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	proxies, err := NewProxies([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	always := map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	}
	for _, c := range []struct {
		name, path, peer, proto string
		tls, publicHTTPS        bool
		secure, api             bool
	}{
		{name: "plain page", path: "/login", peer: "192.0.2.1:1"},
		{name: "plain API", path: "/users/api/list", peer: "192.0.2.1:1", api: true},
		{name: "own TLS", path: "/login", peer: "192.0.2.1:1", tls: true, secure: true},
		{name: "TLS told by a stranger", path: "/login", peer: "192.0.2.1:1", proto: "https"},
		{name: "TLS told by a proxy", path: "/api/session", peer: "10.0.0.1:1", proto: "https", secure: true, api: true},
		{name: "proxy without TLS", path: "/login", peer: "10.0.0.1:1", proto: "http"},
		{name: "public URL is https", path: "/login", peer: "192.0.2.1:1", publicHTTPS: true, secure: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := gin.New()
			r.Use(SecurityHeaders(CookieRule{Proxies: proxies, PublicHTTPS: c.publicHTTPS, Now: time.Now}))
			r.NoRoute(func(c *gin.Context) { c.Status(http.StatusOK) })
			req := httptest.NewRequest(http.MethodGet, c.path, nil)
			req.RemoteAddr = c.peer
			if c.proto != "" {
				req.Header.Set("X-Forwarded-Proto", c.proto)
			}
			if c.tls {
				req.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			h := w.Header()
			for name, want := range always {
				if got := h.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if h.Get("Permissions-Policy") == "" {
				t.Error("no Permissions-Policy")
			}
			for name, due := range map[string]bool{
				"Strict-Transport-Security": c.secure, "Cross-Origin-Opener-Policy": c.secure,
				"Cache-Control": c.api, "Cross-Origin-Resource-Policy": c.api,
			} {
				if (h.Get(name) != "") != due {
					t.Errorf("%s: %q, due %v", name, h.Get(name), due)
				}
			}
		})
	}
}
