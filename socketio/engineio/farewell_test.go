package engineio

import (
	"context"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// How a peer went, for each way to go.
func TestFarewell(t *testing.T) {
	closing := func(status uint16) []byte {
		if status == ws.StatusNone {
			return clientFrame(ws.Close, "")
		}
		return clientFrame(ws.Close, string([]byte{byte(status >> 8), byte(status)}))
	}
	words := func(b []byte) func(*testing.T, *site, func() error, func([]byte)) {
		return func(_ *testing.T, _ *site, _ func() error, write func([]byte)) { write(b) }
	}
	server := func(do func(h *site)) func(*testing.T, *site, func() error, func([]byte)) {
		return func(t *testing.T, h *site, _ func() error, write func([]byte)) {
			do(h)
			eventually(t, "ending", h.session(0).conn.ended)
			// The answer to the server's close frame is no goodbye of the peer.
			write(closing(ws.StatusNormal))
		}
	}
	for name, tc := range map[string]struct {
		act  func(t *testing.T, h *site, cut func() error, write func([]byte))
		want Farewell
	}{
		"close 1001":         {words(closing(ws.StatusGoingAway)), FarewellAway},
		"close 1000":         {words(closing(ws.StatusNormal)), FarewellPolite},
		"close without code": {words(closing(ws.StatusNone)), FarewellPolite},
		"close 1011":         {words(closing(ws.StatusInternal)), FarewellNone},
		"close 4000":         {words(closing(4000)), FarewellNone},
		"close packet":       {words(clientFrame(ws.Text, "1")), FarewellPolite},
		"bad close frame":    {words(clientFrame(ws.Close, "x")), FarewellNone},
		"no packet":          {words(clientFrame(ws.Text, "x")), FarewellNone},
		"TCP cut": {func(t *testing.T, _ *site, cut func() error, _ func([]byte)) {
			if err := cut(); err != nil {
				t.Error(err)
			}
		}, FarewellNone},
		"closed by the server": {server(func(h *site) { h.session(0).conn.CloseAfterFlush(ReasonForcedClose) }), FarewellNone},
		"drained":              {server(func(h *site) { go h.engine.Drain(context.Background()) }), FarewellNone},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, siteOptions{})
			nc, _ := h.dialTCP()
			c := h.session(0).conn
			if f := c.Farewell(); f != FarewellNone {
				t.Errorf("before the end: %v", f)
			}
			tc.act(t, h, nc.Close, func(b []byte) { _, _ = nc.Write(b) })
			eventually(t, "end", func() bool { return h.engine.Count() == 0 })
			if f := c.Farewell(); f != tc.want {
				t.Errorf("%v, want %v", f, tc.want)
			}
		})
	}
}

// Over polling: the close packet is a goodbye, silence and a lost poll are none.
func TestFarewellOfPolling(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	if status, _ := h.request("POST", query, "4last\x1e1"); status != 200 {
		t.Error(status)
	}
	if f := h.session(0).conn.Farewell(); f != FarewellPolite {
		t.Errorf("close packet: %v", f)
	}
	silent := serve(t, siteOptions{Options: Options{PingInterval: 30 * time.Millisecond, PingTimeout: 30 * time.Millisecond}})
	silent.poll()
	silent.dial("")
	for i := range 2 {
		silent.session(i).ended(ReasonPingTimeout)
		if f := silent.session(i).conn.Farewell(); f != FarewellNone {
			t.Errorf("ping timeout: %v", f)
		}
	}
}

// A client that has not heard from the server for long closes in words as well;
// its words prove nothing unless it had answered the last ping or spoken since.
// What comes in the same read as the goodbye is as old.
func TestFarewellOfAStaleConnection(t *testing.T) {
	bye := clientFrame(ws.Close, "")
	for name, tc := range map[string]struct {
		asked, heard time.Duration // ago; asked 0: no ping is open
		sent         []byte
		want         Farewell
	}{
		"answered, long silent":      {0, 2 * time.Minute, bye, FarewellPolite},
		"just asked, spoke since":    {time.Second, 28 * time.Second, bye, FarewellPolite},
		"asked, spoke too long ago":  {6 * time.Second, 32 * time.Second, bye, FarewellNone},
		"asked, words with messages": {6 * time.Second, 32 * time.Second, append(clientFrame(ws.Text, "4old"), bye...), FarewellNone},
		"asked, close packet":        {6 * time.Second, 32 * time.Second, clientFrame(ws.Text, "1"), FarewellNone},
		"asked, going away":          {6 * time.Second, 32 * time.Second, clientFrame(ws.Close, "\x03\xe9"), FarewellAway},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, siteOptions{Options: Options{PingInterval: 25 * time.Second, PingTimeout: time.Hour}})
			nc, _ := h.dialTCP()
			c := h.session(0).conn
			eventually(t, "open", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return !c.busy })
			c.mu.Lock()
			now := h.engine.wheel.Now()
			c.heard = now - tc.heard
			if tc.asked > 0 {
				c.ask(now - tc.asked)
			}
			c.mu.Unlock()
			_, _ = nc.Write(tc.sent)
			h.session(0).ended(ReasonTransportClose)
			if f := c.Farewell(); f != tc.want {
				t.Errorf("%v, want %v", f, tc.want)
			}
		})
	}
	for f, want := range map[Farewell]string{FarewellNone: "none", FarewellPolite: "polite", FarewellAway: "away"} {
		if f.String() != want {
			t.Error(f)
		}
	}
}
