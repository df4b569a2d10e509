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
	// Secure is always, never, or auto: when the browser came over TLS, as the
	// proxies say, or the public URL is https.
	Secure string
	// PublicHTTPS is set when the public URL is https.
	PublicHTTPS bool
	Proxies     *Proxies
	// Now is the clock.
	Now func() time.Time
}

// set adds a cookie to the answer: HttpOnly, SameSite=Lax, Path=/ (contract 3.1). A
// zero expires makes one that ends with the browser; an empty value takes it away. It
// replaces what the answer said of that cookie before.
func (k CookieRule) set(c *gin.Context, name, value string, expires time.Time) {
	cookie := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: k.Secure == "always" || k.Secure != "never" && (k.PublicHTTPS || k.Proxies.Scheme(c.Request) == "https"),
	}
	switch {
	case value == "":
		cookie.MaxAge = -1
	case !expires.IsZero():
		// Max-Age wins where it is known: it does not depend on the browser's clock.
		cookie.Expires, cookie.MaxAge = expires, max(int(expires.Sub(k.Now())/time.Second), 1)
	}
	h := c.Writer.Header()
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(earlier string) bool { return strings.HasPrefix(earlier, name+"=") })
	http.SetCookie(c.Writer, cookie)
}

// cookieOf is the value of a cookie of the request, "" without one.
func cookieOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}
