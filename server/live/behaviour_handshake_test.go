package live

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/server/live/livetest"
)

// contract 1.1
func testHandshake(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, transport := range transportsUnderTest {
		c, err := livetest.OpenTransport(t.Context(), livetest.Dial{URL: d.url, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		got := c.Open
		if got.SID == "" || got.PingInterval != 25000 || got.PingTimeout != 120000 || got.MaxPayload != 1000000 {
			t.Errorf("%s: handshake %+v", transport, got)
		}
		wanted := 0
		if transport == "polling" {
			wanted = 1
		}
		if len(got.Upgrades) != wanted || wanted == 1 && got.Upgrades[0] != "websocket" {
			t.Errorf("%s: upgrades %v", transport, got.Upgrades)
		}
	}
	resp, err := http.Get(d.url + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if len(resp.Cookies()) != 0 {
		t.Errorf("engine cookie set: %v", resp.Cookies())
	}
	if ct := resp.Header.Get("Content-Type"); !strings.EqualFold(ct, "text/plain; charset=UTF-8") {
		t.Errorf("content type %q", ct)
	}
}

// contract 1.1; an undecided session must not become an anonymous one
func testRefusals(t *testing.T, open opener) {
	d := newDesk(t, open)
	cases := []struct {
		name   string
		dial   livetest.Dial
		status int // zero: let in
		reason string
	}{
		{"foreign origin", livetest.Dial{Header: http.Header{"Origin": {other}}}, 400, FailureOrigin},
		{"look-alike origin", livetest.Dial{Header: http.Header{"Origin": {ownOrigin + ".evil"}}}, 400, FailureOrigin},
		{"null origin", livetest.Dial{Header: http.Header{"Origin": {"null"}}}, 400, FailureOrigin},
		{"own origin", livetest.Dial{Header: http.Header{"Origin": {ownOrigin}}}, 0, ""},
		{"missing origin", livetest.Dial{}, 0, ""},
		{"old protocol", livetest.Dial{EIO: "3"}, 400, FailureProtocol},
		{"database down", livetest.Dial{Header: http.Header{"X-Broken": {"1"}}}, 503, FailureAuth},
	}
	for _, transport := range transportsUnderTest {
		for _, c := range cases {
			t.Run(transport+"/"+c.name, func(t *testing.T) {
				before := d.counters.Totals().HandshakeFailures[c.reason]
				c.dial.URL, c.dial.Transport = d.url, transport
				client, err := livetest.OpenTransport(t.Context(), c.dial)
				if err == nil {
					defer client.Close()
				}
				if c.status == 0 {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				var refused *livetest.Refused
				if !errors.As(err, &refused) || refused.Status != c.status {
					t.Fatalf("got %v, want status %d", err, c.status)
				}
				if strings.Contains(refused.Body, "database") {
					t.Errorf("cause shown to the client: %s", refused.Body)
				}
				if refused.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Error("refused with CORS headers")
				}
				if got := d.counters.Totals().HandshakeFailures[c.reason]; got != before+1 {
					t.Errorf("counted %d times", got-before)
				}
			})
		}
	}
	d.loud()
}

// contract 1.1
func testCORS(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, c := range []struct {
		method, origin, allowed string
		status                  int
	}{
		{http.MethodGet, ownOrigin, ownOrigin, 200},
		{http.MethodGet, "", "", 200},
		{http.MethodGet, other, "", 400},
		{http.MethodOptions, ownOrigin, ownOrigin, 204},
		{http.MethodOptions, other, "", 400},
		{http.MethodPut, ownOrigin, "", 400},
	} {
		req, err := http.NewRequest(c.method, d.url+"/socket.io/?EIO=4&transport=polling", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		credentials := ""
		if c.allowed != "" {
			credentials = "true"
		}
		if resp.StatusCode != c.status || resp.Header.Get("Access-Control-Allow-Origin") != c.allowed ||
			resp.Header.Get("Access-Control-Allow-Credentials") != credentials {
			t.Errorf("%s from %q: %d %v", c.method, c.origin, resp.StatusCode, resp.Header)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// contract 1.1: only the root namespace
func testOtherNamespace(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, transport := range transportsUnderTest {
		_, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Namespace: "/admin"})
		if err == nil || !strings.Contains(err.Error(), "CONNECT_ERROR") {
			t.Errorf("%s: %v", transport, err)
		}
	}
}

// A session id is of use only to the user who made it (contract 5.9).
func testForeignSession(t *testing.T, open opener) {
	d := newDesk(t, open)
	c := d.greeted("polling", 1, "Trader")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, header := range []http.Header{user(2, "Master"), {}} {
			req, err := http.NewRequest(method, d.url+"/socket.io/?EIO=4&transport=polling&sid="+c.Open.SID, strings.NewReader("1"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s as %v: %d", method, header, resp.StatusCode)
			}
		}
	}
	barrier(t, c)
}
