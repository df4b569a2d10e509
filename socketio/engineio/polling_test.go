package engineio

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Errors as the reference server gives them: status, code and text.
func TestErrors(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{Allow: func(r *http.Request) error {
		switch r.URL.Query().Get("allow") {
		case "no":
			return errors.New("secret")
		case "refusal":
			return &Refusal{Status: 401, Code: 4, Message: "Sign in"}
		}
		return nil
	}}})
	_, sid := h.poll()
	for _, tc := range []struct {
		method, query string
		status        int
		body          string
	}{
		{"GET", "EIO=4", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=webtransport", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=polling&sid=__proto__", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"POST", "EIO=4&transport=polling&sid=" + strings.ToUpper(sid) + "x", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"POST", "EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"OPTIONS", "EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"GET", "EIO=4&transport=websocket", 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=4&transport=polling&j=0", 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=4&transport=websocket&sid=" + sid, 400, `{"code":3,"message":"Bad request"}`},
		{"PUT", "EIO=4&transport=polling&sid=" + sid, 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=3&transport=polling&sid=" + sid, 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=4&transport=polling&allow=no", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", "EIO=4&transport=polling&allow=refusal", 401, `{"code":4,"message":"Sign in"}`},
		{"GET", "EIO=3&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		if status, body := h.request(tc.method, tc.query, ""); status != tc.status || body != tc.body {
			t.Errorf("%s %s: %d %s, want %d %s", tc.method, tc.query, status, body, tc.status, tc.body)
		}
	}
	if n := h.engine.Count(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Two polls, or two POSTs, at once end the session; the first poll is told.
func TestOverlap(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	first := make(chan string)
	go func() { _, body := h.get(query); first <- body }()
	s := h.session(0)
	eventually(t, "poll", func() bool { s.conn.mu.Lock(); defer s.conn.mu.Unlock(); return s.conn.poll.waiting })
	if status, _ := h.get(query); status != 400 {
		t.Errorf("second poll: %d", status)
	}
	if body := <-first; body != "1" {
		t.Errorf("first poll: %q", body)
	}
	s.ended(ReasonTransportError)
	if _, body := h.get(query); body != `{"code":1,"message":"Session ID unknown"}` {
		t.Error(body)
	}
}

// Bounds of the polling transport.
func TestPollingBounds(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{MaxPayload: 1000, MaxPollPackets: 5, MaxConnsPerAddress: 3, HandshakeTimeout: time.Hour}})
	query, _ := h.poll()
	if status, body := h.request("POST", query, "4"+strings.Repeat("x", 1000)); status != 413 || body != `{"code":3,"message":"Payload too large"}` {
		t.Errorf("length over the limit: %d %s", status, body)
	}
	// The same without a length.
	r, _ := http.NewRequest("POST", h.http.URL+"/?"+query, struct{ *strings.Reader }{strings.NewReader("4" + strings.Repeat("x", 1000))})
	r.ContentLength = -1
	if resp, err := h.http.Client().Do(r); err != nil || resp.StatusCode != 413 {
		t.Errorf("chunked over the limit: %v %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	if status, _ := h.request("POST", query, "4"+strings.Repeat("x", 999)); status != 200 {
		t.Errorf("at the limit: %d", status)
	}
	if status, _ := h.request("POST", query, "4\x1e4\x1e4\x1e4\x1e4\x1e4"); status != 400 {
		t.Errorf("six packets: %d", status)
	}
	h.session(0).ended(ReasonParseError)
	eventually(t, "place free", func() bool { return h.engine.Count() == 0 })
	for range 3 {
		h.poll()
	}
	if status, body := h.get("EIO=4&transport=polling"); status != 429 || body != `{"code":4,"message":"Too many connections"}` {
		t.Errorf("fourth of an address: %d %s", status, body)
	}
}

// A polling client that never comes back is forgotten; one that vanishes during a
// poll at once; one that stays is pinged and answers.
func TestPollingDeadlines(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{HandshakeTimeout: 50 * time.Millisecond, PingInterval: 150 * time.Millisecond, PingTimeout: 100 * time.Millisecond}})
	h.poll()
	h.session(0).ended(ReasonAbandoned)
	query, _ := h.poll()
	for range 3 {
		if status, body := h.get(query); status != 200 || body != "2" {
			t.Fatalf("%d %q", status, body)
		}
		if status, _ := h.request("POST", query, "3"); status != 200 {
			t.Fatal(status)
		}
	}
	h.get(query)
	h.session(1).ended(ReasonPingTimeout)
}

// An octet-stream POST is answered at once (CVE-2026-59725).
func TestOctetStream(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	resp, err := h.http.Client().Post(h.http.URL+"/?"+query, "Application/Octet-Stream; x=y", strings.NewReader("4x"))
	if err != nil || resp.StatusCode != 400 {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	h.session(0).ended(ReasonTransportError)
}
