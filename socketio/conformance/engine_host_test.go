package conformance

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
	"go.uber.org/goleak"
)

// What a test leaves running shows here.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines keeps log records above debug: nothing that a client does may cause one.
type lines struct {
	mu   sync.Mutex
	seen []string
}

// Enabled implements slog.Handler.
func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l *lines) WithGroup(string) slog.Handler { return l }

// Handle implements slog.Handler.
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	if r.Level > slog.LevelDebug {
		line := r.Level.String() + " " + r.Message
		r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
		l.mu.Lock()
		l.seen = append(l.seen, line)
		l.mu.Unlock()
	}
	return nil
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.seen...)
}

// quietLog returns a logger and fails the test for what is logged above debug.
func quietLog(t testing.TB) *slog.Logger {
	l := &lines{}
	t.Cleanup(func() {
		for _, line := range l.all() {
			t.Errorf("logged: %s", line)
		}
	})
	return slog.New(l)
}

// heard is one call of a session.
type heard struct {
	conn   *engineio.Conn
	data   string
	binary bool
	reason engineio.Reason // of Closed
}

// host is an Engine.IO server that echoes and remembers.
type host struct {
	t      testing.TB
	engine *engineio.Server
	http   *httptest.Server
	// deaf stops the echo.
	deaf bool

	mu     sync.Mutex
	conns  []*engineio.Conn
	calls  []heard
	closed []heard
}

type echo struct {
	host *host
	conn *engineio.Conn
}

// Message implements engineio.Session.
func (e *echo) Message(data []byte, binary bool) {
	e.host.mu.Lock()
	e.host.calls = append(e.host.calls, heard{conn: e.conn, data: string(data), binary: binary})
	e.host.mu.Unlock()
	switch {
	case e.host.deaf:
	case binary:
		e.conn.Send(engineio.SendOptions{}, engineio.Binary(data))
	default:
		e.conn.Send(engineio.SendOptions{}, engineio.Text(data))
	}
}

// Idle implements engineio.Session.
func (e *echo) Idle() {}

// Closed implements engineio.Session.
func (e *echo) Closed(reason engineio.Reason) {
	e.host.mu.Lock()
	defer e.host.mu.Unlock()
	e.host.closed = append(e.host.closed, heard{conn: e.conn, reason: reason})
}

func engine(t testing.TB, o engineio.Options) *host {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quietLog(t)
	}
	h := &host{t: t}
	h.engine = engineio.New(func(c *engineio.Conn, _ *http.Request) engineio.Session {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.conns = append(h.conns, c)
		return &echo{h, c}
	}, o)
	mux := http.NewServeMux()
	mux.Handle("/engine.io/", h.engine)
	h.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := h.engine.Close(); err != nil {
			t.Errorf("close at the end: %v", err)
		}
		shutdown(t, h.http)
		if n := h.engine.Count(); n != 0 {
			t.Errorf("%d connections after Close", n)
		}
	})
	return h
}

func shutdown(t testing.TB, s *httptest.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Config.Shutdown(ctx); err != nil {
		t.Errorf("shutdown at the end: %v", err)
	}
	s.Close()
}

func (h *host) polling() string { return h.http.URL + "/engine.io/?EIO=4&transport=polling" }
func (h *host) websocket() string {
	return h.http.URL + "/engine.io/?EIO=4&transport=websocket"
}

// conn is the n-th connection, from zero.
func (h *host) conn(n int) *engineio.Conn {
	h.t.Helper()
	var c *engineio.Conn
	eventually(h.t, "connection", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.conns) > n {
			c = h.conns[n]
		}
		return c != nil
	})
	return c
}

// ends are the calls of Closed so far.
func (h *host) ends() []heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]heard(nil), h.closed...)
}

func (h *host) messages() []heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]heard(nil), h.calls...)
}

// reason waits for the first Closed and wants it to be the only one.
func (h *host) reason() engineio.Reason {
	h.t.Helper()
	eventually(h.t, "Closed", func() bool { return len(h.ends()) > 0 })
	if ends := h.ends(); len(ends) != 1 {
		h.t.Errorf("Closed was called %d times: %v", len(ends), ends)
	}
	return h.ends()[0].reason
}

// eventually polls until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
