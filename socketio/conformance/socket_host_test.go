package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/socketio"
)

// app is a Socket.IO server with the handlers that the tests talk to:
//
//	auth             is sent on connect with what the client gave
//	message          is answered by message-back with its arguments
//	message-with-ack is acknowledged with its arguments
//
// in the namespaces "/", "/custom" and all that match /dynamic-<digits>. "/closed"
// refuses everybody.
type app struct {
	t    testing.TB
	io   *socketio.Server
	http *httptest.Server

	mu   sync.Mutex
	seen []string // events and ends, in order
}

func serve(t testing.TB, o socketio.Options, setup ...func(*app)) *app {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quietLog(t)
	}
	a := &app{t: t, io: socketio.New(o)}
	for _, ns := range []*socketio.Namespace{a.io.Of("/"), a.io.Of("/custom")} {
		ns.OnConnect(a.connected)
		ns.OnDisconnect(a.gone)
	}
	dynamic := a.io.OfRegexp(regexp.MustCompile(`/dynamic-\d+`))
	dynamic.OnConnect(a.connected)
	dynamic.OnDisconnect(a.gone)
	closed := a.io.Of("/closed")
	closed.Use(func(_ context.Context, s *socketio.Socket) error {
		if strings.Contains(string(s.Handshake().Auth), "plain") {
			return errors.New("not you")
		}
		return &socketio.ConnectError{Message: "not authorized", Data: map[string]any{"code": 7}}
	})
	for _, f := range setup {
		f(a)
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", a.io)
	a.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := a.io.Close(); err != nil {
			t.Errorf("close at the end: %v", err)
		}
		shutdown(t, a.http)
	})
	return a
}

func (a *app) note(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, what)
}

func (a *app) notes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.seen...)
}

// noted is how often it was noted.
func (a *app) noted(what string) int {
	n := 0
	for _, s := range a.notes() {
		if s == what {
			n++
		}
	}
	return n
}

func (a *app) gone(s *socketio.Socket, reason socketio.Reason) {
	a.note("gone " + s.Namespace().Name() + " " + string(reason))
}

func (a *app) connected(s *socketio.Socket) {
	auth := s.Handshake().Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	_ = s.EmitRaw("auth", auth)
	s.OnAny(func(e *socketio.Event) { a.note(e.Name) })
	s.On("message", func(e *socketio.Event) { _ = s.Emit("message-back", echoed(e)...) })
	s.On("message-with-ack", func(e *socketio.Event) { _ = e.Ack(echoed(e)...) })
}

// echoed gives the arguments of an event back as they came.
func echoed(e *socketio.Event) []any {
	var args []any
	for _, raw := range e.Args {
		var placeholder struct {
			Placeholder bool `json:"_placeholder"`
			Num         int  `json:"num"`
		}
		if json.Unmarshal(raw, &placeholder) == nil && placeholder.Placeholder && placeholder.Num < len(e.Attachments) {
			args = append(args, append([]byte{}, e.Attachments[placeholder.Num]...))
			continue
		}
		args = append(args, raw)
	}
	return args
}

func (a *app) websocket() string {
	return a.http.URL + "/socket.io/?EIO=4&transport=websocket"
}
func (a *app) polling() string { return a.http.URL + "/socket.io/?EIO=4&transport=polling" }

// join opens a WebSocket and joins the root namespace.
func (a *app) join(options ...wireOption) *wire {
	a.t.Helper()
	w := dial(a.t, a.websocket(), options...)
	a.enter(w, "/", "")
	return w
}

// enter joins a namespace on an open connection and returns the socket's id.
func (a *app) enter(w *wire, namespace, auth string) string {
	a.t.Helper()
	prefix, shown := namespace+",", auth
	if namespace == "/" {
		prefix = ""
	}
	if shown == "" {
		shown = "{}"
	}
	w.send("40" + prefix + auth)
	sid := connectReply(a.t, w.next().data, prefix)
	w.expectText("42" + prefix + `["auth",` + shown + `]`)
	return sid
}

// connectReply wants a CONNECT packet with nothing but a session id.
func connectReply(t testing.TB, packet, prefix string) string {
	t.Helper()
	body, ok := strings.CutPrefix(packet, "40"+prefix)
	var keys map[string]string
	if !ok || json.Unmarshal([]byte(body), &keys) != nil || len(keys) != 1 || len(keys["sid"]) < 20 {
		t.Fatalf("CONNECT answered %q", packet)
	}
	return keys["sid"]
}

// barrier proves that the server has handled what this connection sent before.
func (a *app) barrier(w *wire) {
	a.t.Helper()
	w.send(`4299["message-with-ack","barrier"]`)
	for {
		if w.next() == text(`4399["barrier"]`) {
			return
		}
	}
}

// idsOf reads a CONNECT packet of the root namespace.
func idsOf(t testing.TB, packet string) map[string]string {
	t.Helper()
	var ids map[string]string
	body, ok := strings.CutPrefix(packet, "40")
	if !ok || json.Unmarshal([]byte(body), &ids) != nil || ids["sid"] == "" || ids["pid"] == "" {
		t.Fatalf("CONNECT answered %q", packet)
	}
	return ids
}

// offsetOf wants a packet that begins so and ends with its offset.
func offsetOf(t testing.TB, packet, prefix string) string {
	t.Helper()
	offset, ok := strings.CutPrefix(packet, prefix)
	offset, tail := strings.CutSuffix(offset, `"]`)
	if !ok || !tail || offset == "" {
		t.Fatalf("got %q, want %s...", packet, prefix)
	}
	return offset
}
