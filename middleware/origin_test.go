package middleware

import (
	"net/http/httptest"
	"testing"
)

// contract 1.1, LATER: own origins and the list; a missing Origin is accepted.
func TestOrigins(t *testing.T) {
	proxies, err := NewProxies([]string{"10.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	o := NewOrigins([]string{"https://panel.example", "http://localhost:5173"}, "https://desk.example/").Behind(proxies)
	for _, c := range []struct {
		name, host, peer, proto string
		origins                 []string
		want                    bool
	}{
		{"missing", "relevo:8080", "192.0.2.1:1", "", nil, true},
		{"empty", "relevo:8080", "192.0.2.1:1", "", []string{""}, true},
		{"own host", "relevo:8080", "192.0.2.1:1", "", []string{"http://relevo:8080"}, true},
		{"own host in capitals", "Relevo:8080", "192.0.2.1:1", "", []string{"http://relevo:8080"}, true},
		{"own host, default port", "relevo:80", "192.0.2.1:1", "", []string{"http://relevo"}, true},
		{"own host, other port", "relevo:8080", "192.0.2.1:1", "", []string{"http://relevo:8081"}, false},
		{"own host, other scheme", "relevo:8080", "192.0.2.1:1", "", []string{"https://relevo:8080"}, false},
		{"TLS told by a stranger", "relevo", "192.0.2.1:1", "https", []string{"https://relevo"}, false},
		{"TLS told by a proxy", "relevo", "10.1.2.3:1", "https", []string{"https://relevo"}, true},
		{"TLS told by an IPv6 proxy", "relevo", "[::1]:1", "https, http", []string{"https://relevo"}, true},
		{"proxy talks nonsense", "relevo", "10.1.2.3:1", "gopher", []string{"gopher://relevo"}, false},
		{"public URL", "10.0.0.5:8080", "192.0.2.1:1", "", []string{"https://desk.example"}, true},
		{"public URL, default port", "10.0.0.5:8080", "192.0.2.1:1", "", []string{"https://desk.example:443"}, true},
		{"listed", "relevo", "192.0.2.1:1", "", []string{"https://panel.example"}, true},
		{"listed with port", "relevo", "192.0.2.1:1", "", []string{"http://localhost:5173"}, true},
		{"listed, other port", "relevo", "192.0.2.1:1", "", []string{"http://localhost:5174"}, false},
		{"null", "relevo", "192.0.2.1:1", "", []string{"null"}, false},
		{"star", "relevo", "192.0.2.1:1", "", []string{"*"}, false},
		{"suffix", "relevo", "192.0.2.1:1", "", []string{"https://panel.example.evil.example"}, false},
		{"prefix", "relevo", "192.0.2.1:1", "", []string{"https://evilpanel.example"}, false},
		{"subdomain", "relevo", "192.0.2.1:1", "", []string{"https://a.panel.example"}, false},
		{"user info", "relevo", "192.0.2.1:1", "", []string{"https://panel.example@evil.example"}, false},
		{"path", "relevo", "192.0.2.1:1", "", []string{"https://panel.example/"}, false},
		{"repeated", "relevo", "192.0.2.1:1", "", []string{"https://panel.example", "https://evil.example"}, false},
		{"foreign", "relevo", "192.0.2.1:1", "", []string{"https://evil.example"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host, r.RemoteAddr = c.host, c.peer
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			for _, origin := range c.origins {
				r.Header.Add("Origin", origin)
			}
			if got := o.Allowed(r); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestNewProxiesRefusesNonsense(t *testing.T) {
	for _, text := range []string{"10.0.0.0/99", "desk.example", ""} {
		if _, err := NewProxies([]string{text}); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
