package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// pushPath is the path that clients are given (emergencies contract 1.1).
const pushPath = "/ws/emergencias"

// pushFrame is one message of a push socket.
type pushFrame struct {
	raw  string
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
	// EventID is the place in the log that a client names when it comes back.
	EventID string `json:"_event_id"`
}

// data reads a field of the message's data.
func (f pushFrame) data(t *testing.T, field string) any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(f.Data, &all); err != nil {
		t.Fatalf("data of %s: %v", f.raw, err)
	}
	return all[field]
}

// pushSocket is a client that answers pings, as every client of the protocol does, and
// says nothing by itself. It remembers all that it gets. Safe for concurrent use.
type pushSocket struct {
	t      *testing.T
	name   string
	conn   *websocket.Conn
	header http.Header // of the handshake's answer
	pings  atomic.Int64

	mu      sync.Mutex
	frames  []pushFrame
	ended   error // why it ended; nil while it is open
	changed chan struct{}
	asked   time.Time // when it last asked for a pong
}

// betweenAsks keeps a client below what it is answered in a second.
const betweenAsks = 250 * time.Millisecond

// refusedHandshake is the answer to a handshake that became no socket.
type refusedHandshake struct{ status int }

func (r refusedHandshake) Error() string { return fmt.Sprintf("refused with %d", r.status) }

// dialPush opens a push socket at url, which begins with http.
func dialPush(t *testing.T, name, url string, header http.Header) (*pushSocket, error) {
	s := &pushSocket{t: t, name: name, changed: make(chan struct{})}
	transport := &http.Transport{DisableKeepAlives: true}
	conn, resp, err := websocket.Dial(soon(t), url, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		HTTPHeader: header,
		OnPingReceived: func(context.Context, []byte) bool {
			s.pings.Add(1)
			return true
		},
	})
	if err != nil {
		if resp != nil {
			return nil, refusedHandshake{resp.StatusCode}
		}
		return nil, err
	}
	s.conn, s.header = conn, resp.Header
	conn.SetReadLimit(1 << 20)
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.receive()
	}()
	t.Cleanup(func() {
		_ = conn.CloseNow()
		<-over
	})
	return s, nil
}

// push opens a socket in the person's browser.
func (w *person) push(query string) *pushSocket {
	w.t.Helper()
	return w.pushAt(w.p.url + pushPath + query)
}

// pushAt is push through a proxy or at another name.
func (w *person) pushAt(url string) *pushSocket {
	w.t.Helper()
	header := http.Header{}
	if c := w.cookie(); c != "" {
		header.Set("Cookie", c)
	}
	s, err := dialPush(w.t, w.name, url, header)
	if err != nil {
		w.t.Fatalf("push socket of %q at %s: %v", w.name, url, err)
	}
	return s
}

// receive reads until the end.
func (s *pushSocket) receive() {
	for {
		kind, payload, err := s.conn.Read(context.Background())
		f := pushFrame{raw: string(payload)}
		if err == nil && (kind != websocket.MessageText || json.Unmarshal(payload, &f) != nil || f.Type == "") {
			err = fmt.Errorf("not a JSON object with a type in a text frame: %.200q", payload)
		}
		s.mu.Lock()
		if err != nil {
			s.ended = err
		} else {
			s.frames = append(s.frames, f)
		}
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// all returns the messages so far.
func (s *pushSocket) all() []pushFrame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// types returns the types of the messages so far.
func (s *pushSocket) types() (out []string) {
	for _, f := range s.all() {
		out = append(out, f.Type)
	}
	return out
}

// until waits for a state of what came; an end of the socket fails the test.
func (s *pushSocket) until(what string, holds func([]pushFrame) bool) {
	s.t.Helper()
	limit := soon(s.t).Done()
	for {
		s.mu.Lock()
		frames, ended, changed := s.frames, s.ended, s.changed
		s.mu.Unlock()
		if holds(frames) {
			return
		}
		if ended != nil {
			s.t.Fatalf("%s: waiting for %s: ended: %v", s.name, what, ended)
		}
		select {
		case <-changed:
		case <-limit:
			s.t.Fatalf("%s: no %s; it has %v", s.name, what, s.types())
		}
	}
}

// await returns the n-th message of a type, from 1.
func (s *pushSocket) await(kind string, n int) (found pushFrame) {
	s.t.Helper()
	s.until(fmt.Sprintf("%s no. %d", kind, n), func(frames []pushFrame) bool {
		left := n
		for _, f := range frames {
			if f.Type == kind {
				if left--; left == 0 {
					found = f
					return true
				}
			}
		}
		return false
	})
	return found
}

// barrier makes a round trip: what the server queued for the socket before has come.
func (s *pushSocket) barrier() {
	s.t.Helper()
	n := 1
	for _, kind := range s.types() {
		if kind == "pong" {
			n++
		}
	}
	time.Sleep(time.Until(s.asked.Add(betweenAsks)))
	s.asked = time.Now()
	s.say(websocket.MessageText, `{"type":"ping"}`)
	s.await("pong", n)
}

func (s *pushSocket) say(kind websocket.MessageType, text string) {
	s.t.Helper()
	if err := s.conn.Write(soon(s.t), kind, []byte(text)); err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
}

// requests are the ids of the requests that it was told of, each time that it was.
func (s *pushSocket) requests() (ids []int64) {
	s.t.Helper()
	for _, f := range s.all() {
		if f.Type == "nueva_solicitud" {
			var data struct{ ID int64 }
			if err := json.Unmarshal(f.Data, &data); err != nil {
				s.t.Fatalf("%s: %v", f.raw, err)
			}
			ids = append(ids, data.ID)
		}
	}
	return ids
}

// list is what the pages make of requests: each once, the first one first. A request that
// is stored while a socket opens may come twice, as one of the open ones and by itself.
func (s *pushSocket) list() []int64 {
	s.t.Helper()
	return firsts(s.requests())
}

// hears waits until it was told of the requests.
func (s *pushSocket) hears(ids ...int64) {
	s.t.Helper()
	s.until(fmt.Sprintf("requests %v", ids), func([]pushFrame) bool {
		known := s.requests()
		return !slices.ContainsFunc(ids, func(id int64) bool { return !slices.Contains(known, id) })
	})
}

// end waits until the server has ended it and returns how.
func (s *pushSocket) end() (code websocket.StatusCode, err error) {
	s.t.Helper()
	limit := soon(s.t).Done()
	for {
		s.mu.Lock()
		ended, changed := s.ended, s.changed
		s.mu.Unlock()
		if ended != nil {
			return websocket.CloseStatus(ended), ended
		}
		select {
		case <-changed:
		case <-limit:
			s.t.Fatalf("%s stays open", s.name)
		}
	}
}

// open tells whether it is still open.
func (s *pushSocket) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended == nil
}

// refusal is the status with which a handshake was refused, 0 when it was taken.
func refusal(err error) int {
	var no refusedHandshake
	if errors.As(err, &no) {
		return no.status
	}
	return 0
}
