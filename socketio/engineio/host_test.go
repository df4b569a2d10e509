package engineio

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// listener remembers what was accepted, with the buffer that the test wants.
type listener struct {
	net.Listener
	sendBuffer int
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil && l.sendBuffer > 0 {
		_ = nc.(*net.TCPConn).SetWriteBuffer(l.sendBuffer)
	}
	return nc, err
}

// site is a server under test.
type site struct {
	t      testing.TB
	engine *Server
	http   *httptest.Server

	mu       sync.Mutex
	sessions []*session
}

// session records what it is told; hear may be replaced before traffic begins.
type session struct {
	site *site
	conn *Conn
	hear func(data string, binary bool)
	// confirm may be replaced, too.
	confirm func(mark uint64)

	mu     sync.Mutex
	heard  []string
	idles  int
	marks  []uint64
	ending []Reason
}

func (s *session) Confirmed(mark uint64) {
	s.mu.Lock()
	s.marks = append(s.marks, mark)
	s.mu.Unlock()
	if s.confirm != nil {
		s.confirm(mark)
	}
}

func (s *session) Message(data []byte, binary bool) {
	s.mu.Lock()
	s.heard = append(s.heard, string(data))
	s.mu.Unlock()
	if s.hear != nil {
		s.hear(string(data), binary)
	}
}

func (s *session) Idle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idles++
}

func (s *session) Closed(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = append(s.ending, reason)
}

func (s *session) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

// ended waits for the one call of Closed.
func (s *session) ended(want Reason) {
	s.site.t.Helper()
	eventually(s.site.t, "end", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.ending) > 0 })
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ending) != 1 || s.ending[0] != want {
		s.site.t.Errorf("ended with %q, want %q", s.ending, want)
	}
}

type siteOptions struct {
	Options
	sendBuffer int
	tls        bool
	hear       func(s *session) func(string, bool)
	confirm    func(s *session) func(uint64)
}

func serve(t testing.TB, o siteOptions) *site {
	t.Helper()
	h := &site{t: t}
	h.engine = New(func(c *Conn, _ *http.Request) Session {
		s := &session{site: h, conn: c}
		if o.hear != nil {
			s.hear = o.hear(s)
		}
		if o.confirm != nil {
			s.confirm = o.confirm(s)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.sessions = append(h.sessions, s)
		return s
	}, o.Options)
	h.http = httptest.NewUnstartedServer(h.engine)
	h.http.Listener = &listener{h.http.Listener, o.sendBuffer}
	if o.tls {
		h.http.StartTLS()
	} else {
		h.http.Start()
	}
	t.Cleanup(func() {
		if err := h.engine.Close(); err != nil {
			t.Error(err)
		}
		if n, left := h.engine.Count(), h.engine.held.Load(); n != 0 || left != 0 {
			t.Errorf("after Close %d connections, %d held", n, left)
		}
		h.http.CloseClientConnections()
		h.http.Close()
	})
	return h
}

func echoing(s *session) func(string, bool) {
	return func(data string, binary bool) {
		if binary {
			s.conn.Send(SendOptions{}, Binary([]byte(data)))
		} else {
			s.conn.Send(SendOptions{}, Text([]byte(data)))
		}
	}
}

func (h *site) session(i int) *session {
	h.t.Helper()
	var s *session
	eventually(h.t, "session", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if i < len(h.sessions) {
			s = h.sessions[i]
		}
		return s != nil
	})
	return s
}

func (h *site) address() string { return h.http.Listener.Addr().String() }

// get and post are one polling request each.
func (h *site) get(query string) (int, string) { return h.request(http.MethodGet, query, "") }

func (h *site) request(method, query, body string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequest(method, h.http.URL+"/?"+query, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := h.http.Client().Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(answer)
}

// poll makes a polling session and returns the query of its requests.
func (h *site) poll() (query, sid string) {
	h.t.Helper()
	status, body := h.get("EIO=4&transport=polling")
	var open struct{ SID string }
	if status != 200 || body[0] != '0' || json.Unmarshal([]byte(body[1:]), &open) != nil {
		h.t.Fatalf("handshake %d %s", status, body)
	}
	return "EIO=4&transport=polling&sid=" + open.SID, open.SID
}

// dial opens a WebSocket; the open packet of a direct one has been read.
func (h *site) dial(sid string) *websocket.Conn {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	query := "/?EIO=4&transport=websocket"
	if sid != "" {
		query += "&sid=" + sid
	}
	w, _, err := websocket.Dial(ctx, h.http.URL+query, &websocket.DialOptions{HTTPClient: h.http.Client()})
	if err != nil {
		h.t.Fatal(err)
	}
	w.SetReadLimit(64 << 20)
	h.t.Cleanup(func() { _ = w.CloseNow() })
	if sid == "" {
		if open := read(h.t, w); !strings.HasPrefix(open, `0{"sid":"`) {
			h.t.Fatalf("open packet %q", open)
		}
	}
	return w
}

func read(t testing.TB, w *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := w.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, w *websocket.Conn, packets ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, packet := range packets {
		if err := w.Write(ctx, websocket.MessageText, []byte(packet)); err != nil {
			t.Fatal(err)
		}
	}
}

// descriptors returns how many the process has open.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(entries)
}
