package ws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// RFC 6455 sections 1.3 and 4.2.1.
func TestHandshake(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		ok     bool
	}{
		{"as in the RFC", func(*http.Request) {}, true},
		{"several tokens", func(r *http.Request) { r.Header.Set("Connection", "keep-alive, uPgRaDe") }, true},
		{"capital WebSocket", func(r *http.Request) { r.Header.Set("Upgrade", "WebSocket") }, true},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, false},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, false},
		{"HTTP/2", func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, false},
		{"no Upgrade", func(r *http.Request) { r.Header.Del("Upgrade") }, false},
		{"other Upgrade", func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, false},
		{"no Connection", func(r *http.Request) { r.Header.Del("Connection") }, false},
		{"version 8", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, false},
		{"no key", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, false},
		{"short key", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "AAAA") }, false},
		{"key that is no base64", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!==") }, false},
		{"two keys", func(r *http.Request) { r.Header.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") }, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			"Sec-WebSocket-Extensions": "permessage-deflate",
		} {
			r.Header.Set(name, value)
		}
		tc.change(r)
		answer, ok := Handshake(r)
		if ok != tc.ok {
			t.Errorf("%s: %v", tc.name, ok)
		}
		if !ok {
			continue
		}
		got := string(answer)
		if !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.HasSuffix(got, "\r\n\r\n") ||
			!strings.Contains(got, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") {
			t.Errorf("%s: %q", tc.name, got)
		}
		if strings.Contains(got, "Extensions") {
			t.Errorf("agreed on an extension: %q", got)
		}
	}
}
