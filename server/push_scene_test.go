package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// asking lets a test ask for as many ambulances as it needs.
func asking(cfg *server.Config) { cfg.Emergencies.RequestsPerMinute = 100_000 }

// pushTab is a push socket that was greeted.
type pushTab struct {
	d      *desk
	conn   *websocket.Conn
	header http.Header // of the answer to the handshake
}

// pushAt opens a push socket in the person's browser at a node. The browser keeps the
// cookies that it is given.
func (p *person) pushAt(at, query string) *pushTab {
	p.d.t.Helper()
	ctx, cancel := context.WithTimeout(p.d.t.Context(), livetest.Patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, at+"/ws/emergencias"+query, &websocket.DialOptions{HTTPHeader: p.allCookies()})
	if err != nil {
		p.d.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	p.d.t.Cleanup(func() { _ = conn.CloseNow() })
	own, _ := url.Parse(p.d.http.URL)
	p.client.Jar.SetCookies(own, resp.Cookies())
	tab := &pushTab{p.d, conn, resp.Header}
	if got := tab.next(); got["type"] != "connection" {
		p.d.t.Fatalf("greeted with %v", got)
	}
	return tab
}

func (p *person) push(query string) *pushTab { p.d.t.Helper(); return p.pushAt(p.d.http.URL, query) }

// allCookies is the Cookie header that the browser would send to the desk.
func (p *person) allCookies() http.Header {
	var parts []string
	at, _ := url.Parse(p.d.http.URL)
	for _, c := range p.client.Jar.Cookies(at) {
		parts = append(parts, c.Name+"="+c.Value)
	}
	if len(parts) == 0 {
		return nil
	}
	return http.Header{"Cookie": {strings.Join(parts, "; ")}}
}

func (s *pushTab) next() map[string]any {
	s.d.t.Helper()
	ctx, cancel := context.WithTimeout(s.d.t.Context(), livetest.Patience)
	defer cancel()
	_, data, err := s.conn.Read(ctx)
	if err != nil {
		s.d.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		s.d.t.Fatalf("%v in %s", err, data)
	}
	return m
}

// wants fails unless these types come next; the last message is returned.
func (s *pushTab) wants(types ...string) (last map[string]any) {
	s.d.t.Helper()
	for _, want := range types {
		if last = s.next(); last["type"] != want {
			s.d.t.Fatalf("got %v, want %s", last, want)
		}
	}
	return last
}

// requests fails unless these requests are announced next, in this order.
func (s *pushTab) requests(ids ...int64) (last map[string]any) {
	s.d.t.Helper()
	for _, want := range ids {
		last = s.wants("nueva_solicitud")
		if data, _ := last["data"].(map[string]any); data["id"] != float64(want) {
			s.d.t.Fatalf("got %v, want request %d", last, want)
		}
	}
	return last
}

// quiet fails when anything was sent and not read.
func (s *pushTab) quiet() {
	s.d.t.Helper()
	s.d.advance(time.Second) // a client is answered so often in a second
	ctx, cancel := context.WithTimeout(s.d.t.Context(), livetest.Patience)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)); err != nil {
		s.d.t.Fatal(err)
	}
	s.wants("pong")
}

// settled waits until everything that is committed has been sent, on every node.
func (d *desk) settled() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), livetest.Patience)
	defer cancel()
	for _, app := range append(d.others, d.app) {
		if err := app.CatchUp(ctx); err != nil {
			d.t.Fatal(err)
		}
	}
}

// caughtUp waits until push sockets were so often sent what had happened before they
// listened: what happens in between may come twice (emergencies contract 4.2 d).
func (d *desk) caughtUp(times int64) {
	d.t.Helper()
	for deadline := time.Now().Add(livetest.Patience); d.app.CaughtUp() < times; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%d of %d have caught up", d.app.CaughtUp(), times)
		}
	}
}

// drained ends the sockets of the desk before its database closes.
func (d *desk) drained() *desk {
	d.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
		defer cancel()
		if err := d.app.DrainSockets(ctx); err != nil {
			d.t.Error(err)
		}
	})
	return d
}

// pushStatus is how a handshake is answered.
func (d *desk) pushStatus(t *testing.T, path string, header http.Header) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), livetest.Patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, d.http.URL+path, &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		_ = conn.CloseNow()
	}
	if resp == nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}
