package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// Origins is the one answer to "may a page of that origin speak to us with
// cookies", for CORS, CSRF and socket handshakes. It is immutable.
type Origins struct {
	listed  map[string]bool
	own     string
	proxies *Proxies
}

// NewOrigins allows the listed origins (scheme://host[:port], compared whole) and
// the own one: that of the request's Host header, and of publicURL unless empty.
func NewOrigins(allowed []string, publicURL string) *Origins {
	o := &Origins{listed: map[string]bool{}}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		o.own = canonicalOrigin(u.Scheme + "://" + u.Host)
	}
	for _, origin := range allowed {
		if c := canonicalOrigin(origin); c != "" {
			o.listed[c] = true
		}
	}
	return o
}

// Behind returns a copy that learns the scheme of the own origin from the proxies.
func (o *Origins) Behind(p *Proxies) *Origins {
	behind := *o
	behind.proxies = p
	return &behind
}

// Allowed reports whether the request comes from an allowed origin or names none,
// as programs that are not browsers do (contract 1.1). "null" and a repeated
// header are refused.
func (o *Origins) Allowed(r *http.Request) bool {
	values := r.Header.Values("Origin")
	switch {
	case len(values) == 0, len(values) == 1 && values[0] == "":
		return true
	case len(values) > 1:
		return false
	}
	return o.isOwn(r, values[0]) || o.isListed(values[0])
}

// isListed reports whether the origin is one of the configured foreign ones.
func (o *Origins) isListed(origin string) bool {
	c := canonicalOrigin(origin)
	return c != "" && o.listed[c]
}

// isOwn reports whether the origin is the desk's own, as the browser sees it.
func (o *Origins) isOwn(r *http.Request, origin string) bool {
	c := canonicalOrigin(origin)
	return c != "" && (c == o.own || c == canonicalOrigin(o.proxies.Scheme(r)+"://"+r.Host))
}

// canonicalOrigin is scheme://host[:port] in lower case without the scheme's own
// port, or "" when text is not an origin of the web.
func canonicalOrigin(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		return ""
	}
	return scheme + "://" + host
}
