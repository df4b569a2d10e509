package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// offsetOf returns the offset of an event, its last argument, and the event without it.
func offsetOf(t *testing.T, text string) (rest, offset string) {
	t.Helper()
	i := strings.LastIndex(text, `,"`)
	if i < 0 || !strings.HasSuffix(text, `"]`) {
		t.Fatalf("no offset in %q", text)
	}
	return text[:i] + "]", text[i+2 : len(text)-2]
}

// wantEvent requires an event with an offset, which it returns.
func (w *wire) wantEvent(t *testing.T, text string) string {
	t.Helper()
	rest, offset := offsetOf(t, w.next().data)
	if rest != text {
		t.Fatalf("got %q, want %q", rest, text)
	}
	return offset
}

func back(pid, offset string) string { return fmt.Sprintf(`{"pid":%q,"offset":%q}`, pid, offset) }

// recovering starts a server with recovery whose sockets join room "r" unless they recover.
func recovering(t *testing.T, o socketio.Options) (*socketio.Server, string, chan *socketio.Socket) {
	o.Recovery = socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{})
	srv, url := serve(t, o)
	sockets := make(chan *socketio.Socket, 64)
	fence(srv.Of("/"))
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		if !s.Recovered() {
			s.Join("r")
			s.SetData("mine")
		}
		sockets <- s
	})
	return srv, url, sockets
}

// Protocol: "Connection state recovery".
func TestRecoveryReplaysWhatWasMissed(t *testing.T) {
	srv, url, sockets := recovering(t, socketio.Options{})
	ns := srv.Of("/")
	w := dial(t, url)
	answer := w.join("/", "")
	sid, pid := answer["sid"], answer["pid"]
	s := take(t, "socket", sockets)
	_ = ns.To("r").Emit("first", 1)
	offset := w.wantEvent(t, `42["first",1]`)
	w.kill()
	until(t, "lost", func() bool { return ns.Count() == 0 })
	_ = ns.To("r").Emit("a")
	_ = ns.To("other").Emit("not for it")
	_ = ns.To("r").Except(sid).Emit("not for it")
	_ = ns.To(sid).Emit("b", []byte{7}, "x")
	_ = ns.To("r").Volatile().Emit("volatile")
	_ = ns.To("r").Latest("k").Emit("latest")
	_ = ns.Emit("c", "é")
	w = dial(t, url)
	again := w.join("/", back(pid, offset))
	if again["sid"] != sid || again["pid"] != pid {
		t.Fatalf("answer %v, want %v", again, answer)
	}
	w.wantEvent(t, `42["a"]`)
	w.wantEvent(t, `451-["b",{"_placeholder":true,"num":0},"x"]`)
	if m := w.next(); !m.binary || m.data != "\x07" {
		t.Errorf("attachment %+v", m)
	}
	w.wantEvent(t, `42["c","é"]`)
	recovered := take(t, "socket", sockets)
	if recovered == s || !recovered.Recovered() || recovered.Data() != "mine" || len(recovered.Rooms()) != 1 {
		t.Errorf("recovered %v data %v rooms %v", recovered.Recovered(), recovered.Data(), recovered.Rooms())
	}
	if err := recovered.Emit("direct"); err != nil {
		t.Fatal(err)
	}
	w.wantEvent(t, `42["direct"]`)
	w.wantNothing()
}

func TestRecoveryIsNotForEveryone(t *testing.T) {
	srv, url, sockets := recovering(t, socketio.Options{})
	ns := srv.Of("/")
	lost := func(end func(*wire, *socketio.Socket)) (pid, offset string) {
		w := dial(t, url)
		pid = w.join("/", "")["pid"]
		s := take(t, "socket", sockets)
		_ = ns.To("r").Emit("x")
		offset = w.wantEvent(t, `42["x"]`)
		end(w, s)
		until(t, "gone", func() bool { return ns.Count() == 0 })
		w.kill()
		_ = ns.To("r").Emit("missed")
		return pid, offset
	}
	drop := func(w *wire, _ *socketio.Socket) { w.kill() }
	fresh := func(name, auth, not string) {
		t.Helper()
		w := dial(t, url)
		if answer := w.join("/", auth); answer["pid"] == not || answer["pid"] == "" {
			t.Errorf("%s: answer %v", name, answer)
		}
		if s := take(t, "socket", sockets); s.Recovered() {
			t.Errorf("%s: recovered", name)
		}
		w.wantNothing()
		w.kill()
		until(t, "gone", func() bool { return ns.Count() == 0 })
	}
	pid, offset := lost(func(w *wire, _ *socketio.Socket) { w.send("41") })
	fresh("left on purpose", back(pid, offset), pid)
	pid, offset = lost(func(_ *wire, s *socketio.Socket) { s.Disconnect(true) })
	fresh("sent away", back(pid, offset), pid)
	pid, _ = lost(drop)
	fresh("unknown offset", back(pid, "zzz"), pid)
	pid, offset = lost(drop)
	fresh("unknown pid", back(pid+"x", offset), pid)
	fresh("wrong types", `{"pid":1,"offset":{}}`, pid)
	w := dial(t, url)
	if answer := w.join("/", back(pid, offset)); answer["pid"] != pid {
		t.Errorf("answer %v", answer)
	}
	<-sockets
	w.wantEvent(t, `42["missed"]`)
	second := dial(t, url)
	// Of two connections that know the id the later one is the client.
	if answer := second.join("/", back(pid, offset)); answer["pid"] != pid {
		t.Errorf("answer %v", answer)
	}
	<-sockets
	w.wantClosed()
	second.wantEvent(t, `42["missed"]`)
	until(t, "one socket", func() bool { return ns.Count() == 1 })
}

// socket.io#5491: whoever would not be let in now gets nothing of before.
func TestRecoveryAsksAgain(t *testing.T) {
	var mu sync.Mutex
	var refuse, deny error
	var trim bool
	asked := 0
	set := func(change func()) {
		mu.Lock()
		defer mu.Unlock()
		change()
	}
	srv, url, sockets := recovering(t, socketio.Options{
		Reauthorize: func(_ context.Context, s *socketio.Socket, session *socketio.Session) error {
			mu.Lock()
			defer mu.Unlock()
			if trim {
				session.Rooms = nil
			}
			return deny
		},
	})
	ns := srv.Of("/")
	ns.Use(func(_ context.Context, s *socketio.Socket) error {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return refuse
	})
	w := dial(t, url)
	pid := w.join("/", "")["pid"]
	<-sockets
	_ = ns.To("r").Emit("x")
	offset := w.wantEvent(t, `42["x"]`)
	lose := func() {
		w.kill()
		until(t, "lost", func() bool { return ns.Count() == 0 })
		_ = ns.To("r").Emit("secret")
	}
	lose()
	set(func() { trim = true })
	w = dial(t, url)
	if answer := w.join("/", back(pid, offset)); answer["pid"] != pid {
		t.Fatalf("answer %v", answer)
	}
	w.wantNothing()
	if s := <-sockets; !s.Recovered() || len(s.Rooms()) != 0 {
		t.Errorf("recovered %v rooms %v", s.Recovered(), s.Rooms())
	}
	lose()
	set(func() { trim, deny = false, errors.New("not any more") })
	w = dial(t, url)
	if answer := w.join("/", back(pid, offset)); answer["pid"] == pid {
		t.Fatal("recovered against Reauthorize")
	}
	w.wantNothing()
	<-sockets
	_ = ns.To("r").Emit("y")
	offset = w.wantEvent(t, `42["y"]`)
	lose()
	set(func() { refuse = errors.New("locked") })
	w = dial(t, url)
	w.send("40" + back(pid, offset))
	w.want(`44{"message":"locked"}`)
	set(func() {
		if asked != 4 {
			t.Errorf("middleware ran %d times", asked)
		}
	})
}

// Nothing is lost and nothing comes twice, however often the connection drops while events are emitted.
func TestRecoveryUnderTraffic(t *testing.T) {
	srv, url, sockets := recovering(t, socketio.Options{})
	ns := srv.Of("/")
	stop, done := make(chan struct{}), make(chan int)
	var got atomic.Int64 // the traffic stays within what the store keeps
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				_ = ns.To("r").Emit("end")
				done <- n
				return
			default:
				_ = ns.To("r").Emit("n", n)
				for int64(n)-got.Load() > 1000 {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(50 * time.Microsecond)
			}
		}
	}()
	w := dial(t, url)
	pid := w.join("/", "")["pid"]
	<-sockets
	expected, offset, ended := -1, "", false
	for round := 0; !ended; round++ {
		for range 100 {
			var text string
			text, offset = offsetOf(t, w.next().data)
			if text == `42["end"]` {
				ended = true
				break
			}
			var event []json.RawMessage
			var n int
			if json.Unmarshal([]byte(text[2:]), &event) != nil || json.Unmarshal(event[1], &n) != nil {
				t.Fatalf("got %q", text)
			}
			if expected >= 0 && n != expected {
				t.Fatalf("round %d: got %d, want %d", round, n, expected)
			}
			expected = n + 1
			got.Store(int64(n))
		}
		if round == 20 {
			close(stop)
			if n := <-done; n < expected {
				t.Fatalf("%d emitted, %d got", n, expected)
			}
		}
		if ended {
			break
		}
		// Half of the time the client is back before the server has noticed that it was gone.
		old := w
		if round%2 == 0 {
			old.kill()
			until(t, "lost", func() bool { return ns.Count() == 0 })
		}
		w = dial(t, url)
		if answer := w.join("/", back(pid, offset)); answer["pid"] != pid {
			t.Fatalf("round %d: not recovered", round)
		}
		old.kill()
		<-sockets
	}
}
