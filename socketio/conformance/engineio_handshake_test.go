package conformance

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

var sidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{20,}$`)

// Engine.IO: Protocol, Handshake; Transports, Query parameters
func TestHandshakePolling(t *testing.T) {
	h := engine(t, engineio.Options{PingInterval: 300 * time.Millisecond * 100, PingTimeout: 20 * time.Second})
	a := request(t, httpClient(t), http.MethodGet, h.polling(), nil, nil)
	if a.status != http.StatusOK || !strings.EqualFold(a.header.Get("Content-Type"), "text/plain; charset=UTF-8") {
		t.Fatalf("%+v", a)
	}
	wantHandshake(t, a.body, []string{"websocket"})
	if a.header.Get("Set-Cookie") != "" {
		t.Error("a cookie was set without being asked for")
	}
}

// Engine.IO: Protocol, Handshake
func TestHandshakeWebSocket(t *testing.T) {
	h := engine(t, engineio.Options{PingInterval: 30 * time.Second, PingTimeout: 20 * time.Second})
	w, _, err := dialRaw(t, h.websocket(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantHandshake(t, w.next().data, []string{})
}

func wantHandshake(t *testing.T, packet string, upgrades []string) {
	t.Helper()
	o, err := handshakeOf(packet)
	if err != nil {
		t.Fatal(err)
	}
	if !sidForm.MatchString(o.SID) || o.Upgrades == nil || !slices.Equal(o.Upgrades, upgrades) ||
		o.PingInterval != 30_000 || o.PingTimeout != 20_000 || o.MaxPayload != 1_000_000 {
		t.Errorf("handshake %s", packet)
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal([]byte(packet[1:]), &keys) != nil || len(keys) != 5 {
		t.Errorf("handshake has other keys: %s", packet)
	}
}

// Engine.IO: Protocol, Handshake: the session id is unique
func TestHandshakeIDs(t *testing.T) {
	h := engine(t, engineio.Options{})
	seen := map[string]bool{}
	for range 50 {
		for _, sid := range []string{poll(t, h.polling()).open.SID, dial(t, h.websocket()).open.SID} {
			if seen[sid] || !sidForm.MatchString(sid) {
				t.Fatalf("sid %q", sid)
			}
			seen[sid] = true
		}
	}
}

// Engine.IO: Transports, Query parameters: a missing mandatory parameter is 400.
// Node: the six error codes and their bodies.
func TestErrorCodes(t *testing.T) {
	h := engine(t, engineio.Options{Allow: func(r *http.Request) error {
		switch r.Header.Get("X-Refuse") {
		case "":
			return nil
		case "plain":
			return errors.New("nobody of ours")
		}
		return &engineio.Refusal{Status: http.StatusTooManyRequests, Code: 4, Message: "Too many handshakes"}
	}})
	base := h.http.URL + "/engine.io/"
	c := httpClient(t)
	overWebSocket := dial(t, h.websocket())
	for _, tc := range []struct {
		name, method, query string
		header              http.Header
		status              int
		body                string
	}{
		{"no transport", "GET", "?EIO=4", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"other transport", "GET", "?EIO=4&transport=abc", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"property as transport", "GET", "?EIO=4&transport=constructor", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"webtransport", "GET", "?EIO=4&transport=webtransport", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"unknown sid", "GET", "?EIO=4&transport=polling&sid=abc", nil, 400, `{"code":1,"message":"Session ID unknown"}`},
		{"unknown sid, POST", "POST", "?EIO=4&transport=polling&sid=abc", nil, 400, `{"code":1,"message":"Session ID unknown"}`},
		{"property as sid", "GET", "?EIO=4&transport=polling&sid=__proto__", nil, 400, `{"code":1,"message":"Session ID unknown"}`},
		{"POST handshake", "POST", "?EIO=4&transport=polling", nil, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"PUT handshake", "PUT", "?EIO=4&transport=polling", nil, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"websocket without upgrade", "GET", "?EIO=4&transport=websocket", nil, 400, `{"code":3,"message":"Bad request"}`},
		{"polling to a websocket session", "GET", "?EIO=4&transport=polling&sid=" + overWebSocket.open.SID, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"POST to a websocket session", "POST", "?EIO=4&transport=polling&sid=" + overWebSocket.open.SID, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"refused", "GET", "?EIO=4&transport=polling", http.Header{"X-Refuse": {"plain"}}, 403, `{"code":4,"message":"Forbidden"}`},
		{"refused with an answer", "GET", "?EIO=4&transport=polling", http.Header{"X-Refuse": {"rate"}}, 429, `{"code":4,"message":"Too many handshakes"}`},
		{"no revision", "GET", "?transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"revision 3", "GET", "?EIO=3&transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"revision abc", "GET", "?EIO=abc&transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"revision 44", "GET", "?EIO=44&transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var body io.Reader
			if tc.method != http.MethodGet {
				body = strings.NewReader("4x")
			}
			a := request(t, c, tc.method, base+tc.query, body, tc.header)
			if a.status != tc.status || a.body != tc.body || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
				t.Errorf("%d %s %q, want %d %s", a.status, a.header.Get("Content-Type"), a.body, tc.status, tc.body)
			}
		})
	}
	if a := request(t, c, http.MethodPut, base+"?EIO=4&transport=polling&sid="+poll(t, h.polling()).open.SID, strings.NewReader("4x"), nil); a.status != 400 {
		t.Errorf("PUT to a session: %+v", a)
	}
	overWebSocket.send("4still here")
	overWebSocket.expectText("4still here")
}

// Engine.IO: Protocol, Handshake, over WebSocket
func TestErrorsOverWebSocket(t *testing.T) {
	h := engine(t, engineio.Options{Allow: func(r *http.Request) error {
		if r.Header.Get("Origin") == "https://foreign.example" {
			return &engineio.Refusal{Status: 400, Code: 4, Message: "Not an accepted origin"}
		}
		return nil
	}})
	base := h.http.URL + "/engine.io/"
	for _, tc := range []struct {
		query, origin string
		status        int
		body          string
	}{
		{"?transport=websocket", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"?EIO=3&transport=websocket", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"?EIO=abc&transport=websocket", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"?EIO=4", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"?EIO=4&transport=abc", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"?EIO=4&transport=websocket&sid=abc", "", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"?EIO=4&transport=websocket", "https://foreign.example", 400, `{"code":4,"message":"Not an accepted origin"}`},
	} {
		header := http.Header{}
		if tc.origin != "" {
			header.Set("Origin", tc.origin)
		}
		_, resp, err := dialRaw(t, base+tc.query, header)
		if err == nil || resp == nil {
			t.Errorf("%s: opened or cut, %v", tc.query, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != tc.status || string(body) != tc.body {
			t.Errorf("%s: %d %s, want %d %s", tc.query, resp.StatusCode, body, tc.status, tc.body)
		}
	}
	if n := h.engine.Count(); n != 0 {
		t.Errorf("%d sessions were made", n)
	}
}

// Engine.IO: Transports, Headers; CORS for browsers of other origins
func TestCORS(t *testing.T) {
	h := engine(t, engineio.Options{CORS: func(r *http.Request) (string, bool) {
		if o := r.Header.Get("Origin"); o == "https://own.example" {
			return o, true
		}
		return "", false
	}})
	c := httpClient(t)
	p := poll(t, h.polling())
	for _, tc := range []struct {
		method, url, origin, allowed string
		statuses                     []int
	}{
		{http.MethodGet, h.polling(), "https://own.example", "https://own.example", []int{200}},
		{http.MethodGet, h.polling(), "https://foreign.example", "", []int{200}},
		{http.MethodGet, h.polling(), "", "", []int{200}},
		{http.MethodOptions, p.url, "https://own.example", "https://own.example", []int{200, 204}},
		{http.MethodOptions, p.url, "https://foreign.example", "", []int{200, 204, 400, 403}},
		{http.MethodPost, p.url, "https://own.example", "https://own.example", []int{200}},
	} {
		header := http.Header{"Origin": {tc.origin}}
		if tc.origin == "" {
			header = http.Header{}
		}
		var body io.Reader
		if tc.method == http.MethodPost {
			body = strings.NewReader("4x")
		}
		if tc.method == http.MethodOptions {
			header.Set("Access-Control-Request-Method", "POST")
			header.Set("Access-Control-Request-Headers", "content-type,x-own")
		}
		a := request(t, c, tc.method, tc.url, body, header)
		credentials := ""
		if tc.allowed != "" {
			credentials = "true"
		}
		if !slices.Contains(tc.statuses, a.status) || a.header.Get("Access-Control-Allow-Origin") != tc.allowed ||
			a.header.Get("Access-Control-Allow-Credentials") != credentials {
			t.Errorf("%s from %q: %d %v", tc.method, tc.origin, a.status, a.header)
		}
		if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s from %q: caches may mix origins, Vary %v", tc.method, tc.origin, a.header.Values("Vary"))
		}
		if tc.method == http.MethodOptions && tc.allowed != "" &&
			(!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") ||
				!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "content-type")) {
			t.Errorf("preflight answered %v", a.header)
		}
	}
	p.expect("4x")
}
