package engineio

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/relevo/relevo/socketio/internal/ws"
)

// A FIN without a close frame closes the descriptor at once, also when it comes
// glued to the last message.
func TestFIN(t *testing.T) {
	const clients = 100
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour}})
	before := descriptors(t)
	var conns []*net.TCPConn
	for range clients {
		nc, _ := h.dialTCP()
		conns = append(conns, nc)
	}
	for i, nc := range conns {
		if i%2 == 0 {
			_, _ = nc.Write(clientFrame(ws.Text, "4last"))
		}
		_ = nc.CloseWrite()
		if _, err := io.Copy(io.Discard, nc); err != nil { // until the server closes
			t.Fatal(err)
		}
		_ = nc.Close()
	}
	eventually(t, "descriptors", func() bool { return descriptors(t) <= before && h.engine.Count() == 0 })
	heard := 0
	for i := range clients {
		s := h.session(i)
		s.ended(ReasonTransportClose)
		heard += len(s.messages())
	}
	if heard != clients/2 {
		t.Errorf("%d last messages were heard", heard)
	}
}

// Resets in the middle of a broadcast leave nothing behind and hurt nobody.
func TestResets(t *testing.T) {
	const vanishing, rounds = 150, 3
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour}})
	witness := h.dial("")
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	sent := 0
	broadcast := func() {
		batch := h.engine.Batch()
		frame := Text(make([]byte, 2000))
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, s := range h.sessions {
			batch.Add(s.conn, SendOptions{}, frame)
		}
		batch.Flush()
		sent++
	}
	for range rounds {
		var conns []*net.TCPConn
		for range vanishing {
			nc, _ := h.dialTCP()
			conns = append(conns, nc)
		}
		for i, nc := range conns {
			_ = nc.SetLinger(0)
			_ = nc.Close()
			if i%10 == 0 {
				broadcast()
			}
		}
	}
	for range sent {
		if got := read(t, witness); len(got) != 2001 {
			t.Fatalf("%d bytes", len(got))
		}
	}
	eventually(t, "all forgotten", func() bool {
		return h.engine.Count() == 1 && runtime.NumGoroutine() <= goroutines && descriptors(t) <= files
	})
}

// How WebSockets are closed: the status says why (RFC 6455 section 7.4).
func TestCloseStatus(t *testing.T) {
	for name, tc := range map[string]struct {
		act    func(h *site, w *websocket.Conn)
		status websocket.StatusCode
		reason Reason
	}{
		"by the application": {func(h *site, w *websocket.Conn) { h.session(0).conn.Close("because") }, websocket.StatusNormalClosure, "because"},
		"after the queue": {func(h *site, w *websocket.Conn) {
			h.session(0).conn.Send(SendOptions{}, Text([]byte("bye")))
			h.session(0).conn.CloseAfterFlush("bye")
			if got := read(h.t, w); got != "4bye" {
				h.t.Error(got)
			}
		}, websocket.StatusNormalClosure, "bye"},
		"drained":      {func(h *site, w *websocket.Conn) { h.session(0); go h.engine.Drain(context.Background()) }, websocket.StatusGoingAway, ReasonServerShutdown},
		"close packet": {func(h *site, w *websocket.Conn) { write(h.t, w, "1") }, websocket.StatusNormalClosure, ReasonTransportClose},
		"no packet":    {func(h *site, w *websocket.Conn) { write(h.t, w, "abc") }, websocket.StatusPolicyViolation, ReasonParseError},
		"too long":     {func(h *site, w *websocket.Conn) { write(h.t, w, "4"+strings.Repeat("x", 1000)) }, websocket.StatusMessageTooBig, ReasonTooLarge},
		"pong flood": {func(h *site, w *websocket.Conn) {
			for range 50 {
				if w.Write(context.Background(), websocket.MessageText, []byte("3")) != nil {
					return
				}
			}
		}, websocket.StatusPolicyViolation, ReasonTransportError},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, siteOptions{Options: Options{MaxPayload: 1000}})
			w := h.dial("")
			tc.act(h, w)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, data, err := w.Read(ctx)
			var ending websocket.CloseError
			if !errors.As(err, &ending) || ending.Code != tc.status {
				t.Errorf("%q %v, want status %d", data, err, tc.status)
			}
			h.session(0).ended(tc.reason)
			eventually(t, "forgotten", func() bool { return h.engine.Count() == 0 })
			if h.session(0).conn.Send(SendOptions{}, Text(nil)) {
				t.Error("an ended connection took a frame")
			}
		})
	}
}

// A panic in a Session ends its connection only, whatever method it is in.
func TestPanics(t *testing.T) {
	h := serve(t, siteOptions{hear: func(s *session) func(string, bool) {
		return func(data string, _ bool) {
			if data == "panic" {
				panic("session")
			}
			s.conn.Send(SendOptions{}, Text([]byte(data)))
		}
	}})
	other := h.dial("")
	h.session(0)
	w := h.dial("")
	write(t, w, "4panic", "4after")
	if _, _, err := w.Read(t.Context()); err == nil {
		t.Error("lives on")
	}
	h.session(1).ended(ReasonPanic)
	query, _ := h.poll()
	if status, _ := h.request("POST", query, "4panic\x1e4after"); status != 400 {
		t.Errorf("POST answered %d", status)
	}
	h.session(2).ended(ReasonPanic)
	write(t, other, "4fine")
	if got := read(t, other); got != "4fine" {
		t.Error(got)
	}
	eventually(t, "forgotten", func() bool { return h.engine.Count() == 1 })
}

// A drain ends what there is, refuses what comes, and leaves no goroutine and no
// timer; a Session that does not return is waited for until the context ends.
func TestDrain(t *testing.T) {
	release := make(chan struct{})
	h := serve(t, siteOptions{hear: func(*session) func(string, bool) { return func(string, bool) { <-release } }})
	query, _ := h.poll()
	waiting := make(chan string)
	go func() { _, body := h.get(query); waiting <- body }()
	h.dialTCP()
	h.session(1)
	idle, _ := h.poll()
	polled := h.session(0)
	eventually(t, "poll waits", func() bool { polled.conn.mu.Lock(); defer polled.conn.mu.Unlock(); return polled.conn.poll.waiting })
	busy := h.dial("")
	write(t, busy, "4block")
	eventually(t, "blocked", func() bool { return len(h.session(3).messages()) == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := h.engine.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drained around a blocked session: %v", err)
	}
	if body := <-waiting; body != "1" {
		t.Errorf("waiting poll got %q", body)
	}
	if status, body := h.get(idle); status != 400 || body != `{"code":1,"message":"Session ID unknown"}` {
		t.Errorf("later poll: %d %s", status, body)
	}
	for _, transport := range []string{"polling"} {
		if status, body := h.get("EIO=4&transport=" + transport); status != 503 || !strings.HasPrefix(body, `{"code":4,`) {
			t.Errorf("handshake while draining: %d %s", status, body)
		}
	}
	close(release)
	ctx, cancel = context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.engine.Drain(ctx); err != nil {
		t.Error(err)
	}
	for i := range 4 {
		h.session(i).ended(ReasonServerShutdown)
	}
	eventually(t, "timers", func() bool { return h.engine.wheel.Len() == 0 })
}
