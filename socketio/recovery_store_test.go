package socketio_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// tokenStore is a RecoveryStore over a journal that keeps no session: the private id says it all.
type tokenStore struct {
	journal *journal

	mu       sync.Mutex
	asked    []string // pid and offset of each Restore
	offered  []string // the same as Socket.Offered in NewPID
	saved    int
	appended int
}

func (s *tokenStore) Append(string, socketio.LoggedPacket) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appended++
	return ""
}

func (s *tokenStore) Save(socketio.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved++
}

func (s *tokenStore) Restore(_ context.Context, _, pid, offset string) (*socketio.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, pid+" "+offset)
	session := &socketio.Session{PID: pid, Data: "token", Offset: offset}
	var from uint64
	if _, err := fmt.Sscanf(pid, "%22s.%d", &session.SID, &from); err != nil {
		return nil, nil
	}
	if offset == "" {
		session.Offset = offsetAt(from)
	}
	return session, nil
}

func (s *tokenStore) Missed(_ string, session *socketio.Session) ([]socketio.LoggedPacket, uint64, bool) {
	var from int
	if _, err := fmt.Sscanf(session.Offset, "o%d", &from); err != nil {
		return nil, 0, false
	}
	all, mark := s.journal.last(1 << 20)
	if from > len(all) {
		return nil, 0, false
	}
	return all[from:], mark, true
}

func (s *tokenStore) NewPID(socket *socketio.Socket) string {
	_, mark := s.journal.last(0)
	pid, offset := socket.Offered()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offered = append(s.offered, pid+" "+offset)
	return fmt.Sprintf("%s.%d", socket.ID(), mark)
}

func (s *tokenStore) lastOffered() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offered[len(s.offered)-1]
}

// A store may keep the log alone and let the private id carry the session.
func TestRecoveryFromALog(t *testing.T) {
	store := &tokenStore{journal: &journal{}}
	var allow func(*socketio.Session) error
	srv, url := serve(t, socketio.Options{
		Recovery: store,
		Reauthorize: func(_ context.Context, s *socketio.Socket, session *socketio.Session) error {
			if session.Data != "token" {
				t.Errorf("data %v", session.Data)
			}
			session.Rooms = []string{"r", session.SID}
			return allow(session)
		},
	})
	allow = func(*socketio.Session) error { return nil }
	ns := srv.Of("/")
	store.journal.ns = ns
	fence(ns)
	sockets := make(chan *socketio.Socket, 16)
	ns.OnConnect(func(s *socketio.Socket) {
		pid, offset := s.Offered()
		if !s.Recovered() {
			s.Join("r")
		}
		if got := pid + " " + offset; got != store.lastOffered() {
			t.Errorf("offered %q, in NewPID %q", got, store.lastOffered())
		}
		sockets <- s
	})
	store.journal.say("r")
	w := dial(t, url)
	first := w.join("/", "")
	take(t, "socket", sockets)
	w.kill()
	until(t, "lost", func() bool { return ns.Count() == 0 })
	store.journal.say("r")

	// Without an offset, from the position in the private id.
	w = dial(t, url)
	second := w.join("/", fmt.Sprintf(`{"pid":%q}`, first["pid"]))
	if second["sid"] != first["sid"] || second["pid"] != first["sid"]+".2" {
		t.Errorf("answer %v after %v", second, first)
	}
	w.want(`42["n",2,"o2"]`)
	s := take(t, "socket", sockets)
	if !s.Recovered() || s.Conn().Marked() != 2 {
		t.Errorf("recovered %v marked %d", s.Recovered(), s.Conn().Marked())
	}
	store.journal.say("r")
	w.want(`42["n",3,"o3"]`)
	// What is not logged is not replayed and has no offset.
	_ = ns.To("r").Emit("plain", 1)
	_ = s.Emit("direct")
	w.want(`42["plain",1]`, `42["direct"]`)
	w.wantNothing()

	// An older private id of a session that is connected: the later client takes its place.
	later := dial(t, url)
	if again := later.join("/", back(first["pid"], "o1")); again["sid"] != first["sid"] {
		t.Errorf("answer %v", again)
	}
	later.want(`42["n",2,"o2"]`, `42["n",3,"o3"]`)
	w.wantClosed()
	if !take(t, "socket", sockets).Recovered() || ns.Count() != 1 || len(ns.Rooms()) != 1 {
		t.Errorf("%d sockets in %v", ns.Count(), ns.Rooms())
	}

	// Refused, and still known to have been asked for.
	for name, auth := range map[string]string{"unusable": back("x", "o1"), "gone": back(first["pid"], "o99"), "no token": back("", "o2")} {
		w := dial(t, url)
		if answer := w.join("/", auth); answer["sid"] == first["sid"] {
			t.Errorf("%s: recovered", name)
		}
		take(t, "socket", sockets)
		w.wantNothing()
	}
	allow = func(*socketio.Session) error { return fmt.Errorf("not this one") }
	w = dial(t, url)
	if answer := w.join("/", back(first["pid"], "o1")); answer["sid"] == first["sid"] || store.lastOffered() != first["pid"]+" o1" {
		t.Errorf("%v %q", answer, store.lastOffered())
	}
	if take(t, "socket", sockets).Recovered() {
		t.Error("recovered against Reauthorize")
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	if store.appended != 2 {
		t.Errorf("%d appended, only what is not logged should be", store.appended)
	}
}

// MemoryRecovery: a client that got nothing before it was lost names no offset, and gets all since its CONNECT.
func TestRecoveryWithoutOffset(t *testing.T) {
	srv, url, sockets := recovering(t, socketio.Options{})
	ns := srv.Of("/")
	for _, earlier := range []int{0, 3} {
		for range earlier {
			_ = ns.To("r").Emit("before")
		}
		w := dial(t, url)
		answer := w.join("/", "")
		take(t, "socket", sockets)
		w.kill()
		until(t, "lost", func() bool { return ns.Count() == 0 })
		_ = ns.To("r").Emit("missed")
		for range 2 { // again, as nothing with an offset came
			w = dial(t, url)
			again := w.join("/", fmt.Sprintf(`{"pid":%q}`, answer["pid"]))
			if again["pid"] != answer["pid"] || again["sid"] != answer["sid"] {
				t.Fatalf("%v, want %v", again, answer)
			}
			w.wantEvent(t, `42["missed"]`)
			w.wantNothing()
			take(t, "socket", sockets)
			w.kill()
			until(t, "lost", func() bool { return ns.Count() == 0 })
		}
	}
}

// How a client went is there for the disconnect handlers.
func TestFarewellAtDisconnect(t *testing.T) {
	closing := func(status websocket.StatusCode) func(*wire) {
		return func(w *wire) { _ = w.ws.Close(status, "") }
	}
	for name, tc := range map[string]struct {
		leave  func(*wire)
		reason socketio.Reason
		want   engineio.Farewell
	}{
		"close 1001":        {closing(websocket.StatusGoingAway), socketio.ReasonTransportClose, engineio.FarewellAway},
		"close 1000":        {closing(websocket.StatusNormalClosure), socketio.ReasonTransportClose, engineio.FarewellPolite},
		"close":             {closing(websocket.StatusNoStatusRcvd), socketio.ReasonTransportClose, engineio.FarewellPolite},
		"close packet":      {func(w *wire) { w.send("1") }, socketio.ReasonTransportClose, engineio.FarewellPolite},
		"cut":               {func(w *wire) { w.kill() }, socketio.ReasonTransportClose, engineio.FarewellNone},
		"DISCONNECT packet": {func(w *wire) { w.send("41") }, socketio.ReasonClientDisconnect, engineio.FarewellNone},
	} {
		t.Run(name, func(t *testing.T) {
			srv, url := serve(t, socketio.Options{})
			type end struct {
				reason   socketio.Reason
				farewell engineio.Farewell
			}
			ends := make(chan end, 1)
			srv.Of("/").OnDisconnect(func(s *socketio.Socket, r socketio.Reason) { ends <- end{r, s.Conn().Farewell()} })
			w, _ := join(t, url, "/", "")
			tc.leave(w)
			if got := take(t, "end", ends); got != (end{tc.reason, tc.want}) {
				t.Errorf("%v, want %v %v", got, tc.reason, tc.want)
			}
		})
	}
}
