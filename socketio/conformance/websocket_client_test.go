package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience bounds every wait for a server that is broken. It is never a delay.
const patience = 20 * time.Second

// open is the handshake of Engine.IO.
type open struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

func handshakeOf(packet string) (open, error) {
	var o open
	if !strings.HasPrefix(packet, "0") {
		return o, fmt.Errorf("handshake begins with %.40q", packet)
	}
	return o, json.Unmarshal([]byte(packet[1:]), &o)
}

// frame is one WebSocket message.
type frame struct {
	binary bool
	data   string
}

func text(s string) frame      { return frame{data: s} }
func binary(b ...byte) frame   { return frame{binary: true, data: string(b)} }
func (f frame) String() string { return fmt.Sprintf("%v:%.80q", f.binary, f.data) }

var errGone = errors.New("connection has ended")

// wire is one raw WebSocket connection. It keeps every message as it came.
type wire struct {
	t    testing.TB
	conn *websocket.Conn
	tcp  net.Conn
	open open
	mute bool // leaves pings to the test

	mu      sync.Mutex
	changed chan struct{}
	in      []frame
	ended   error
	done    chan struct{}
	cancel  context.CancelFunc
}

type wireOption func(*wire)

// unanswered lets the test see and answer pings.
func unanswered(w *wire) { w.mute = true }

// dialRaw opens a WebSocket to the URL; it does not wait for a handshake.
func dialRaw(t testing.TB, url string, header http.Header, options ...wireOption) (*wire, *http.Response, error) {
	t.Helper()
	w := &wire{t: t, changed: make(chan struct{}), done: make(chan struct{})}
	for _, o := range options {
		o(w)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		w.tcp = conn
		return conn, err
	}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http"), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header,
	})
	if err != nil {
		transport.CloseIdleConnections()
		return nil, resp, err
	}
	conn.SetReadLimit(64 << 20)
	w.conn = conn
	reading, stop := context.WithCancel(context.Background())
	w.cancel = stop
	go w.read(reading)
	t.Cleanup(w.close)
	return w, resp, nil
}

// dial opens a WebSocket and takes the handshake, if the URL has no sid.
func dial(t testing.TB, url string, options ...wireOption) *wire {
	t.Helper()
	w, _, err := dialRaw(t, url, nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(url, "sid=") {
		return w
	}
	first := w.next()
	if w.open, err = handshakeOf(first.data); err != nil || first.binary {
		t.Fatalf("first message %v: %v", first, err)
	}
	return w
}

func (w *wire) read(ctx context.Context) {
	defer close(w.done)
	for {
		kind, data, err := w.conn.Read(ctx)
		w.mu.Lock()
		if err != nil {
			w.ended = err
		} else if f := (frame{kind == websocket.MessageBinary, string(data)}); w.mute || f != text("2") {
			w.in = append(w.in, f)
		} else {
			w.mu.Unlock()
			_ = w.conn.Write(ctx, websocket.MessageText, []byte("3"))
			continue
		}
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// wait returns when done says so, which is asked with the lock held.
func (w *wire) wait(what string, done func() bool) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		w.mu.Lock()
		ok, ended, changed := done(), w.ended, w.changed
		w.mu.Unlock()
		switch {
		case ok:
			return nil
		case ended != nil:
			return fmt.Errorf("%s: %w: %w", what, errGone, ended)
		}
		select {
		case <-changed:
		case <-timeout.C:
			return fmt.Errorf("%s: not within %v", what, patience)
		}
	}
}

// next takes the oldest message that was not taken yet.
func (w *wire) next() frame {
	w.t.Helper()
	if err := w.wait("next message", func() bool { return len(w.in) > 0 }); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.in[0]
	w.in[0] = frame{} // the test measures memory
	w.in = w.in[1:]
	return f
}

// expect takes messages and compares them.
func (w *wire) expect(want ...frame) {
	w.t.Helper()
	for _, f := range want {
		if got := w.next(); got != f {
			w.t.Fatalf("got %v, want %v", got, f)
		}
	}
}

func (w *wire) expectText(want ...string) {
	w.t.Helper()
	for _, s := range want {
		w.expect(text(s))
	}
}

// send sends text messages. An error is for the test to see at its next wait.
func (w *wire) send(packets ...string) {
	for _, p := range packets {
		w.write(text(p))
	}
}

func (w *wire) write(frames ...frame) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, f := range frames {
		kind := websocket.MessageText
		if f.binary {
			kind = websocket.MessageBinary
		}
		_ = w.conn.Write(ctx, kind, []byte(f.data))
	}
}

// gone waits for the end and returns the WebSocket close code, -1 for none. What
// came before is still there to be taken.
func (w *wire) gone() websocket.StatusCode {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		w.t.Fatalf("still open after %v", patience)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return websocket.CloseStatus(w.ended)
}

// left is what came and was not taken.
func (w *wire) left() []frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]frame(nil), w.in...)
}

// close ends the connection politely, once.
func (w *wire) close() {
	_ = w.conn.Close(websocket.StatusNormalClosure, "")
	w.cancel()
	<-w.done
}

// reset makes the kernel send RST.
func (w *wire) reset() {
	if tcp, ok := w.tcp.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = w.tcp.Close()
	w.cancel()
	<-w.done
}

// fragmented sends one text message in frames of the size.
func (w *wire) fragmented(message string, size int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := w.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return
	}
	for len(message) > 0 {
		n := min(size, len(message))
		if _, err := out.Write([]byte(message[:n])); err != nil {
			return
		}
		message = message[n:]
	}
	_ = out.Close()
}
