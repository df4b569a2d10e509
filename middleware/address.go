package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

const forwardedFor = "X-Forwarded-For"

// OneForwardedFor joins the lines of X-Forwarded-For, to which some proxies add one
// of their own: Gin reads the first line only, which is the client's word.
func OneForwardedFor(c *gin.Context) {
	if lines := c.Request.Header[forwardedFor]; len(lines) > 1 {
		c.Request.Header.Set(forwardedFor, strings.Join(lines, ", "))
	}
}

// ClientAddress is the address of the client of a request: the last one of
// X-Forwarded-For that is no proxy when the peer is one, else that of the peer. It
// agrees with gin.Context.ClientIP.
func (p *Proxies) ClientAddress(r *http.Request) string {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	if !p.trusts(r) {
		return peer
	}
	client := ""
	hops := strings.Split(strings.Join(r.Header[forwardedFor], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		text := strings.TrimSpace(hops[i])
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return peer // somebody made it up
		}
		if client = text; !p.contains(addr) {
			break
		}
	}
	if client == "" {
		return peer
	}
	return client
}

// AddressKey is what a limit counts an address under: of IPv6 the network of one
// subscriber, who has more addresses than anybody could remember.
func AddressKey(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
