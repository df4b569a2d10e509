package middleware

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// RememberCookie is the name of the cookie that restores a session (contract 3.1).
const RememberCookie = "remember_token"

// CookieRule says how cookies are marked.
type CookieRule struct {
	// Name is the name of the session cookie.
	Name string
	// HostPrefix puts __Host- in front of the names over TLS: browsers take such a
	// cookie only with Secure and Path=/ and without Domain, so that no page of a
	// neighbouring domain or of a connection without TLS can set one. The plain names
	// count for nothing there then. False keeps the names of contract 3.1.
	HostPrefix bool
	// Secure is always, never, or auto: when the browser came over TLS, as the
	// proxies say, or the public URL is https.
	Secure string
	// PublicHTTPS is set when the public URL is https.
	PublicHTTPS bool
	Proxies     *Proxies
	// Now is the clock.
	Now func() time.Time
}

// overTLS reports whether the browser came over TLS, as far as is known.
func (k CookieRule) overTLS(r *http.Request) bool {
	return k.PublicHTTPS || k.Proxies.Scheme(r) == "https"
}

// isSecure reports whether cookies of an answer to r are for TLS only.
func (k CookieRule) isSecure(r *http.Request) bool {
	return k.Secure == "always" || k.Secure != "never" && k.overTLS(r)
}

// named is the name under which a browser that sends r keeps the cookie.
func (k CookieRule) named(r *http.Request, name string) string {
	if k.HostPrefix && k.isSecure(r) {
		return "__Host-" + name
	}
	return name
}

func (k CookieRule) set(c *gin.Context, name, value string, expires time.Time) {
	k.write(c.Writer.Header(), c.Request, name, value, expires)
}

// write adds a cookie to the header of the answer to r: HttpOnly, SameSite=Lax, Path=/ (contract 3.1). A
// zero expires makes one that ends with the browser; an empty value takes it away. It
// replaces what the answer said of that cookie before.
func (k CookieRule) write(h http.Header, r *http.Request, name, value string, expires time.Time) {
	name = k.named(r, name)
	cookie := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: k.isSecure(r),
	}
	switch {
	case value == "":
		cookie.MaxAge = -1
	case !expires.IsZero():
		// Max-Age wins where it is known: it does not depend on the browser's clock.
		cookie.Expires, cookie.MaxAge = expires, max(int(expires.Sub(k.Now())/time.Second), 1)
	}
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(earlier string) bool { return strings.HasPrefix(earlier, name+"=") })
	if line := cookie.String(); line != "" {
		h.Add("Set-Cookie", line)
	}
}

// of is the value of a cookie of the request, "" without one.
func (k CookieRule) of(r *http.Request, name string) string {
	cookie, err := r.Cookie(k.named(r, name))
	if err != nil {
		return ""
	}
	return cookie.Value
}
