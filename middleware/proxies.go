package middleware

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks are ranges of addresses. The zero value has none; it is immutable.
type Networks []netip.Prefix

// ParseNetworks reads addresses and CIDR ranges.
func ParseNetworks(texts []string) (Networks, error) {
	var out Networks
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("network %q: %w", text, err)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

// Contain reports whether the address is in one of the networks.
func (n Networks) Contain(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Proxies says which peers may speak for their clients through X-Forwarded-For and
// X-Forwarded-Proto. The zero value and nil believe nobody. It is immutable.
type Proxies struct{ nets Networks }

// NewProxies takes addresses and CIDR ranges.
func NewProxies(trusted []string) (*Proxies, error) {
	nets, err := ParseNetworks(trusted)
	if err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	return &Proxies{nets}, nil
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

func (p *Proxies) contains(addr netip.Addr) bool { return p != nil && p.nets.Contain(addr) }

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
