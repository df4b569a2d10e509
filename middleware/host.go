package middleware

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// CheckHost answers 400 to a request whose Host is no authority: what is built from
// it later (the own origin, addresses in the pages' policy) is then a name or address
// with an optional port and nothing else. A request of HTTP/1.0 may have none.
//
// X-Forwarded-Host and its relatives are never read, not even from trusted proxies,
// many of which pass on what the client sent: behind a proxy that changes Host the
// operator says the name, in http.public_url.
func CheckHost() gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.Host == "" && !c.Request.ProtoAtLeast(1, 1) || IsAuthority(c.Request.Host) {
			return
		}
		c.Header("Connection", "close")
		Refuse(c, models.Errorf(models.Invalid, "El encabezado Host no es válido"))
	}
}

// IsAuthority reports whether text is a host name or address as browsers write it,
// with an optional port: labels of letters, digits, - and _, or an IPv6 address in
// brackets.
func IsAuthority(text string) bool {
	host, port := text, ""
	if end := strings.LastIndexByte(text, ':'); end >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:end], text[end+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || len(port) > 5 {
			return false
		}
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		addr, err := netip.ParseAddr(inside)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return true
}

// OwnSockets is where a page of this server may open a WebSocket to it, as sources
// of a Content-Security-Policy: browsers before 2023 do not take 'self' for ws and
// wss. public is the host of the public URL, empty without one.
func OwnSockets(r *http.Request, public string) string {
	host := public
	if host == "" {
		host = r.Host
	}
	if !IsAuthority(host) {
		return ""
	}
	return " ws://" + host + " wss://" + host
}
