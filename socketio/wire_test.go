package socketio_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio"
)

// patience bounds every wait; it is never a delay.
const patience = 20 * time.Second

// serve starts a server and ends it with the test, whose handlers must have returned by then.
func serve(t testing.TB, o socketio.Options) (*socketio.Server, string) {
	t.Helper()
	srv := socketio.New(o)
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Drain(ctx); err != nil {
			t.Errorf("drain: %v", err)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		web.Close()
	})
	return srv, web.URL
}

// message is one WebSocket message, "" with closed set after the last.
type message struct {
	binary bool
	closed bool
	data   string
}

// wire is a client that speaks the bytes.
type wire struct {
	t    testing.TB
	ws   *websocket.Conn
	in   chan message
	stop context.CancelFunc
	once sync.Once
}

// dial opens a WebSocket and reads the Engine.IO handshake.
func dial(t testing.TB, url string) *wire {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ws, _, err := websocket.Dial(ctx, url+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		cancel()
		t.Fatalf("dial: %v", err)
	}
	ws.SetReadLimit(-1)
	w := &wire{t: t, ws: ws, in: make(chan message, 1<<16), stop: cancel}
	go func() {
		defer close(w.in)
		for {
			kind, data, err := ws.Read(ctx)
			if err != nil {
				return
			}
			if string(data) == "2" && kind == websocket.MessageText {
				_ = ws.Write(ctx, websocket.MessageText, []byte("3"))
				continue
			}
			w.in <- message{binary: kind == websocket.MessageBinary, data: string(data)}
		}
	}()
	t.Cleanup(w.kill)
	if open := w.next(); !strings.HasPrefix(open.data, "0{") {
		t.Fatalf("handshake: %q", open.data)
	}
	return w
}

// join dials and joins a namespace with an auth object, "" for none. It returns the sid, too.
func join(t testing.TB, url, nsp, auth string) (*wire, string) {
	t.Helper()
	w := dial(t, url)
	return w, w.join(nsp, auth)["sid"]
}

// join joins a further namespace and returns what the server answered.
func (w *wire) join(nsp, auth string) map[string]string {
	w.t.Helper()
	prefix := ""
	if nsp != "/" {
		prefix = nsp + ","
	}
	w.send("40" + prefix + auth)
	got := w.next().data
	answer, ok := strings.CutPrefix(got, "40"+prefix)
	if !ok {
		w.t.Fatalf("CONNECT to %s answered %q", nsp, got)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(answer), &fields); err != nil {
		w.t.Fatalf("CONNECT answered %q: %v", got, err)
	}
	return fields
}

// kill drops the connection without a close frame.
func (w *wire) kill() {
	w.once.Do(func() {
		w.stop()
		_ = w.ws.CloseNow()
		for range w.in {
		}
	})
}

func (w *wire) send(text string) {
	w.t.Helper()
	if err := w.ws.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		w.t.Fatalf("send %.60q: %v", text, err)
	}
}

func (w *wire) sendBinary(data ...byte) {
	w.t.Helper()
	if err := w.ws.Write(context.Background(), websocket.MessageBinary, data); err != nil {
		w.t.Fatalf("send binary: %v", err)
	}
}

// next returns the next message that is no ping.
func (w *wire) next() message {
	w.t.Helper()
	select {
	case m, open := <-w.in:
		m.closed = !open
		return m
	case <-time.After(patience):
		w.t.Fatal("nothing came")
		return message{}
	}
}

// want requires the next messages, in order.
func (w *wire) want(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if got := w.next(); got.data != text || got.closed {
			w.t.Fatalf("got %q (closed %v), want %q", got.data, got.closed, text)
		}
	}
}

// wantClosed requires that the server ends the connection and sends nothing before.
func (w *wire) wantClosed() {
	w.t.Helper()
	if got := w.next(); !got.closed {
		w.t.Fatalf("got %q, want the end", got.data)
	}
}

// wantNothing requires that nothing has come before the answer to an event that the server acknowledges.
func (w *wire) wantNothing() {
	w.t.Helper()
	w.send(`42777["fence"]`)
	w.want(`43777[]`)
}

// fence answers the events of wantNothing.
func fence(ns *socketio.Namespace) {
	ns.On("fence", func(e *socketio.Event) { _ = e.Ack() })
}

// until polls a condition.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// take receives from a channel.
func take[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
		panic("unreachable")
	}
}
