package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/relevo/relevo/socketio/engineio"
)

// Engine.IO: Protocol, Heartbeat: the server pings at each interval and goes on
// while pongs come.
func TestHeartbeat(t *testing.T) {
	o := engineio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: 10 * time.Second}
	h := engine(t, o)
	w := dial(t, h.websocket(), unanswered)
	for range 3 {
		w.expectText("2")
		w.send("3")
	}
	p := poll(t, h.polling())
	for range 3 {
		if a := p.get(); a.status != http.StatusOK || a.body != "2" {
			t.Fatalf("poll answered %+v", a)
		}
		p.send("3")
	}
	if ends := h.ends(); len(ends) != 0 {
		t.Errorf("ended: %v", ends)
	}
}

// Engine.IO: Protocol, Heartbeat: without a pong within pingTimeout the server
// closes. Messages are no pongs.
func TestPingTimeout(t *testing.T) {
	o := engineio.Options{PingInterval: 30 * time.Millisecond, PingTimeout: 60 * time.Millisecond}
	t.Run("websocket", func(t *testing.T) {
		h := engine(t, o)
		w := dial(t, h.websocket(), unanswered)
		w.gone()
		if got := h.reason(); got != "ping timeout" {
			t.Errorf("reason %q", got)
		}
		if left := w.left(); len(left) == 0 || left[0] != text("2") {
			t.Errorf("messages %v", left)
		}
	})
	t.Run("polling", func(t *testing.T) {
		h := engine(t, o)
		p := poll(t, h.polling())
		if got := h.reason(); got != "ping timeout" {
			t.Errorf("reason %q", got)
		}
		if a := p.post("3"); a.status != http.StatusBadRequest {
			t.Errorf("%+v", a)
		}
	})
	t.Run("talking but not answering", func(t *testing.T) {
		h := engine(t, o)
		h.deaf = true
		w := dial(t, h.websocket(), unanswered)
		for {
			select {
			case <-w.done:
				if got := h.reason(); got != "ping timeout" {
					t.Errorf("reason %q", got)
				}
				return
			default:
				w.send("4still talking")
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	t.Run("polling all the time", func(t *testing.T) {
		h := engine(t, o)
		p := poll(t, h.polling())
		for a := p.get(); a.status == http.StatusOK; a = p.get() {
			if a.body != "2" && a.body != "1" && a.body != "6" {
				t.Errorf("poll answered %q", a.body)
			}
		}
		if got := h.reason(); got != "ping timeout" {
			t.Errorf("reason %q", got)
		}
	})
}

// The server answers no ping of a client but the probe: heartbeats go one way in
// revision 4 (Engine.IO: History, from 3 to 4).
func TestClientPing(t *testing.T) {
	h := engine(t, engineio.Options{})
	w := dial(t, h.websocket())
	w.send("2", "4after")
	if err := w.wait("an answer or the end", func() bool { return len(w.in) > 0 }); err == nil {
		w.expectText("4after") // no pong
	} else if got := h.reason(); got != "transport error" && got != "parse error" {
		t.Errorf("reason %q", got)
	}
}

// Engine.IO: Protocol, Handshake; Packet encoding, close: the client ends.
func TestClientClose(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	pending := p.pending()
	p.send("1")
	if a := <-pending; a.status == http.StatusOK && a.body != "6" && a.body != "1" {
		t.Errorf("open poll answered %+v", a)
	}
	if a := p.get(); a.status != http.StatusBadRequest {
		t.Errorf("poll after close: %+v", a)
	}
	if got := h.reason(); got != "transport close" {
		t.Errorf("reason %q", got)
	}

	h = engine(t, engineio.Options{})
	w := dial(t, h.websocket())
	w.send("1")
	w.gone()
	if got := h.reason(); got != "transport close" {
		t.Errorf("reason %q", got)
	}

	h = engine(t, engineio.Options{})
	w = dial(t, h.websocket())
	_ = w.conn.Close(websocket.StatusNormalClosure, "")
	if got := h.reason(); got != "transport close" {
		t.Errorf("after a close frame: %q", got)
	}

	h = engine(t, engineio.Options{})
	w = dial(t, h.websocket())
	_ = w.tcp.Close()
	if got := h.reason(); got != "transport close" {
		t.Errorf("after a FIN: %q", got)
	}

	h = engine(t, engineio.Options{})
	w = dial(t, h.websocket())
	w.reset()
	if got := h.reason(); got != "transport close" && got != "transport error" {
		t.Errorf("after a RST: %q", got)
	}
}

// The server ends: the open poll learns of it, a WebSocket gets a close frame,
// and what was queued before CloseAfterFlush arrives.
func TestServerClose(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	pending := p.pending()
	// Sent and received: the poll above is answered by the message or, after it,
	// by the close packet.
	h.conn(0).Send(engineio.SendOptions{}, engineio.Text([]byte("last")))
	h.conn(0).CloseAfterFlush("forced close")
	a := <-pending
	got := a.body
	if got == "4last" {
		got += separator + p.get().body
	}
	if got != "4last\x1e1" {
		t.Errorf("polls answered %q", got)
	}
	if got := h.reason(); got != "forced close" {
		t.Errorf("reason %q", got)
	}

	h = engine(t, engineio.Options{})
	w := dial(t, h.websocket())
	h.conn(0).Send(engineio.SendOptions{}, engineio.Text([]byte("last")))
	h.conn(0).CloseAfterFlush("forced close")
	w.expectText("4last")
	w.gone()
	if got := h.reason(); got != "forced close" {
		t.Errorf("reason %q", got)
	}

	h = engine(t, engineio.Options{})
	w = dial(t, h.websocket())
	c := h.conn(0)
	c.Close("forced close")
	c.Close("again")
	w.gone()
	if got := h.reason(); got != "forced close" {
		t.Errorf("reason %q", got)
	}
	if c.Send(engineio.SendOptions{}, engineio.Text([]byte("late"))) {
		t.Error("a closed connection took a message")
	}
}

// Drain: new ones are refused with 503, open ones are closed without a packet of
// the upper protocol, WebSockets with 1001.
func TestDrain(t *testing.T) {
	h := engine(t, engineio.Options{})
	w, p := dial(t, h.websocket()), poll(t, h.polling())
	pending := p.pending()
	p2 := poll(t, h.polling())
	if err := h.engine.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := w.gone(); code != websocket.StatusGoingAway {
		t.Errorf("close code %d", code)
	}
	if left := w.left(); len(left) != 0 {
		t.Errorf("messages before the end: %v", left)
	}
	if a := <-pending; a.status == http.StatusOK && a.body != "1" && a.body != "6" {
		t.Errorf("poll answered %+v", a)
	}
	for _, url := range []string{h.polling(), p2.url} {
		if a := request(t, p.client, http.MethodGet, url, nil, nil); a.status != http.StatusServiceUnavailable && url == h.polling() || a.status == http.StatusOK {
			t.Errorf("%s while draining: %+v", url, a)
		}
	}
	if _, resp, err := dialRaw(t, h.websocket(), nil); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("websocket while draining: %v %v", resp, err)
	}
	eventually(t, "all ends", func() bool { return len(h.ends()) == 3 })
	for _, e := range h.ends() {
		if e.reason != "server shutting down" {
			t.Errorf("reason %q", e.reason)
		}
	}
}
