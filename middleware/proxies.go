package middleware

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies says which peers may speak for their clients through X-Forwarded-For and
// X-Forwarded-Proto. The zero value and nil believe nobody. It is immutable.
type Proxies struct{ nets []netip.Prefix }

// NewProxies takes addresses and CIDR ranges.
func NewProxies(trusted []string) (*Proxies, error) {
	p := &Proxies{}
	for _, text := range trusted {
		if addr, err := netip.ParseAddr(text); err == nil {
			p.nets = append(p.nets, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q: %w", text, err)
		}
		p.nets = append(p.nets, prefix.Masked())
	}
	return p, nil
}

// trusts reports whether the peer of the request is one of the proxies.
func (p *Proxies) trusts(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && p.contains(addr)
}

func (p *Proxies) contains(addr netip.Addr) bool {
	if p == nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for _, n := range p.nets {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// Scheme is https or http, as the browser sees it.
func (p *Proxies) Scheme(r *http.Request) string {
	if p.trusts(r) {
		first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
		if first = strings.ToLower(strings.TrimSpace(first)); first == "https" || first == "http" {
			return first
		}
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
