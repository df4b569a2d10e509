package middleware

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

var (
	goodHosts = []string{
		"desk.example", "DESK.example:8080", "localhost", "localhost:1", "10.0.0.5:65535", "[::1]", "[2001:db8::1]:8443",
		"relevo_app:8080", "xn--caf-dma.example", "desk.example.", strings.Repeat("a", 63) + ".example",
	}
	badHosts = []string{
		"", ":8080", "desk.example:", "desk.example:0", "desk.example:65536", "desk.example:80:80", "desk.example:+80", "desk.example:8a",
		"desk.example/path", "user@desk.example", "user:pw@desk.example", "desk.example?x", "desk.example#x", `desk.example\evil.example`,
		"desk example", "desk.example,evil.example", "desk..example", ".desk.example", "-desk.example", "desk-.example", "..", "::1", "[::1", "::1]",
		"[::1%25eth0]", "[10.0.0.5]", "[desk.example]", "[::1]x", "[::1]:", "desk.example'", `desk.example"`, "desk;script-src *", "desk.example*", "*",
		"<script>", "desk\r\nX-Evil: 1", "desk\x00.example", "café.example", "desk%2eexample", "$(id)", "{{7*7}}",
		strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130) + "example",
	}
)

func TestIsAuthority(t *testing.T) {
	for _, host := range goodHosts {
		if !IsAuthority(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range badHosts {
		if IsAuthority(host) {
			t.Errorf("%q is taken", host)
		}
	}
}

// Garbage in Host is 400 in the error form before anything is built from it; HTTP/1.0
// may leave it out.
func TestCheckHost(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(CheckHost())
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "reached"+OwnSockets(c.Request, "")) })
	ask := func(host, proto string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Host, req.Proto = host, proto
		req.ProtoMajor, req.ProtoMinor, _ = http.ParseHTTPVersion(proto)
		req.Header.Set("X-Forwarded-Host", "evil.example")
		req.Header.Set("Forwarded", "host=evil.example")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	for _, host := range goodHosts {
		if w := ask(host, "HTTP/1.1"); w.Code != 200 || w.Body.String() != "reached ws://"+host+" wss://"+host {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
	for _, host := range badHosts {
		w := ask(host, "HTTP/1.1")
		if w.Code != 400 || !strings.Contains(w.Body.String(), `"success":false`) || strings.Contains(w.Body.String(), "reached") || w.Header().Get("Connection") != "close" {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
	if w := ask("", "HTTP/1.0"); w.Code != 200 || w.Body.String() != "reached" {
		t.Errorf("HTTP/1.0 without Host: %d %s", w.Code, w.Body)
	}
	if w := ask("a b", "HTTP/1.0"); w.Code != 400 {
		t.Errorf("HTTP/1.0 with garbage: %d", w.Code)
	}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Host = "10.0.0.5:8080"
	if got := OwnSockets(req, "desk.example"); got != " ws://desk.example wss://desk.example" {
		t.Errorf("with a public URL: %q", got)
	}
}

func FuzzIsAuthority(f *testing.F) {
	for _, host := range append(append([]string{}, goodHosts...), badHosts...) {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !IsAuthority(host) {
			return
		}
		// What passes may stand in an URL and in a policy, and reads back as it is.
		if strings.ContainsAny(host, " \t\r\n\"'<>;,/\\@?#*%(){}|^`") {
			t.Fatalf("%q is taken", host)
		}
		if got := canonicalOrigin("http://" + host); !strings.HasPrefix(got, "http://") {
			t.Fatalf("%q is no origin: %q", host, got)
		}
	})
}
