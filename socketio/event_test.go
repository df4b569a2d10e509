package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// Protocol: "Acknowledgement". Events of one socket run in order.
func TestEventsInOrderWithAcks(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	var next atomic.Int64
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.On("n", func(e *socketio.Event) {
			var n int64
			if err := e.Bind(&n); err != nil || n != next.Add(1)-1 {
				t.Errorf("event %d out of order: %v", n, err)
			}
			if err := e.Ack(n, "é<&>"); err != nil {
				t.Error(err)
			}
			if err := e.Ack(); !errors.Is(err, socketio.ErrNoAck) || e.WantsAck() {
				t.Errorf("second ack: %v", err)
			}
		})
	})
	w, _ := join(t, url, "/", "")
	const events = 1000
	for i := range events {
		w.send(fmt.Sprintf(`42%d["n",%d]`, i, i))
	}
	for i := range events {
		w.want(fmt.Sprintf(`43%d[%d,"é<&>"]`, i, i))
	}
}

func TestCatchAllAndNamespaceHandlers(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	seen := make(chan string, 16)
	note := func(who string) func(*socketio.Event) {
		return func(e *socketio.Event) { seen <- who + ":" + e.Name }
	}
	ns := srv.Of("/")
	ns.On("a", note("ns"))
	ns.OnAny(note("nsany"))
	ns.OnConnect(func(s *socketio.Socket) {
		s.On("a", note("one"))
		s.On("a", note("two"))
		s.OnAny(note("any"))
	})
	w, _ := join(t, url, "/", "")
	w.send(`42["a"]`)
	w.send(`42[7,"x"]`)
	for _, want := range []string{"any:a", "nsany:a", "one:a", "two:a", "ns:a", "any:7", "nsany:7"} {
		if got := take(t, want, seen); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestReservedNamesCannotBeUsed(t *testing.T) {
	srv, _ := serve(t, socketio.Options{})
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if err := srv.Of("/").Emit(name); !errors.Is(err, socketio.ErrReservedName) {
			t.Errorf("emit %s: %v", name, err)
		}
		if err := srv.Of("/").EmitRaw(name); !errors.Is(err, socketio.ErrReservedName) {
			t.Errorf("emit raw %s: %v", name, err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("handler of %s registered", name)
				}
			}()
			srv.Of("/").On(name, func(*socketio.Event) {})
		}()
	}
}

// Protocol: "Sending and receiving data", acknowledgement asked by the server.
func TestServerAsks(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	type result struct {
		text string
		err  error
	}
	results := make(chan result, 4)
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.On("ask", func(e *socketio.Event) {
			// Inside a handler of the same client.
			answer, err := s.EmitWithAck(s.Context(), "q", 1)
			var text string
			if err == nil {
				err = answer.Bind(&text)
			}
			results <- result{text, err}
		})
		s.On("late", func(e *socketio.Event) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_, err := s.EmitWithAck(ctx, "q", 2)
			results <- result{"", err}
		})
	})
	w, _ := join(t, url, "/", "")
	w.send(`42["ask"]`)
	w.want(`421["q",1]`)
	w.send(`43999["nobody asked"]`)
	w.send(`431["yes"]`)
	w.send(`431["twice"]`)
	if r := take(t, "answer", results); r.text != "yes" || r.err != nil {
		t.Errorf("answer %+v", r)
	}
	w.send(`42["late"]`)
	w.want(`422["q",2]`)
	if r := take(t, "time-out", results); !errors.Is(r.err, context.DeadlineExceeded) {
		t.Errorf("time-out: %+v", r)
	}
	w.send(`432["too late"]`)
	w.send(`42["ask"]`)
	w.want(`423["q",1]`)
	w.kill()
	if r := take(t, "loss", results); !errors.Is(r.err, socketio.ErrNotConnected) && !errors.Is(r.err, context.Canceled) {
		t.Errorf("loss: %+v", r)
	}
}

// Protocol: "Binary event" and "Binary ack", nested, both ways.
func TestBinaryBothWays(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.On("b", func(e *socketio.Event) {
			var first []byte
			var second struct{ List [][]byte }
			if err := e.Bind(&first, &second); err != nil {
				t.Error(err)
			}
			if b, ok := e.Bytes(0); !ok || string(b) != "one" {
				t.Errorf("Bytes(0) = %q %v", b, ok)
			}
			if _, ok := e.Bytes(1); ok {
				t.Error("Bytes(1) is an object")
			}
			_ = e.Ack(second.List[0], map[string]any{"deep": []any{first}})
		})
		s.On("ask", func(e *socketio.Event) {
			answer, err := s.EmitWithAck(s.Context(), "q", []byte{1, 2})
			var got []byte
			if err != nil || answer.Bind(&got) != nil || string(got) != "back" {
				t.Errorf("binary answer %q %v", got, err)
			}
			_ = s.Emit("done")
		})
	})
	w, _ := join(t, url, "/", "")
	w.send(`452-5["b",{"_placeholder":true,"num":0},{"List":[{"_placeholder":true,"num":1}]}]`)
	w.sendBinary([]byte("one")...)
	w.sendBinary([]byte("two")...)
	w.want(`462-5[{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}]`)
	for _, want := range []string{"two", "one"} {
		if m := w.next(); !m.binary || m.data != want {
			t.Errorf("attachment %+v, want %s", m, want)
		}
	}
	w.send(`42["ask"]`)
	w.want(`451-1["q",{"_placeholder":true,"num":0}]`)
	if m := w.next(); !m.binary || m.data != "\x01\x02" {
		t.Errorf("attachment %+v", m)
	}
	w.send(`461-1[{"_placeholder":true,"num":0}]`)
	w.sendBinary([]byte("back")...)
	w.want(`42["done"]`)
}

// CVE-2026-33151, CVE-2026-69185, CVE-2026-48804: what a client may announce and hold.
func TestReassemblyIsBounded(t *testing.T) {
	announce := `451-["b",{"_placeholder":true,"num":0}]`
	t.Run("bytes", func(t *testing.T) {
		_, url := serve(t, socketio.Options{MaxBinaryBytes: 10})
		w, _ := join(t, url, "/", "")
		w.send(announce)
		w.sendBinary(make([]byte, 11)...)
		w.wantClosed()
	})
	t.Run("time", func(t *testing.T) {
		_, url := serve(t, socketio.Options{AttachmentTimeout: 20 * time.Millisecond})
		w, _ := join(t, url, "/", "")
		w.send(announce)
		w.wantClosed()
	})
	t.Run("unannounced", func(t *testing.T) {
		_, url := serve(t, socketio.Options{})
		w, _ := join(t, url, "/", "")
		w.sendBinary(1)
		w.wantClosed()
	})
	t.Run("arguments", func(t *testing.T) {
		_, url := serve(t, socketio.Options{MaxArguments: 3})
		w, _ := join(t, url, "/", "")
		w.send(`42["x",1,2,3,4]`)
		w.wantClosed()
	})
}

// A handler that blocks or panics harms nobody else, and itself no longer than it lasts.
func TestBadHandlersHarmOnlyThemselves(t *testing.T) {
	release := make(chan struct{})
	panics := make(chan any, 4)
	srv, url := serve(t, socketio.Options{
		MaxInbox: 4,
		OnPanic: func(s *socketio.Socket, v any, stack []byte) {
			panics <- fmt.Sprint(v, strings.Contains(string(stack), "event_test"))
		},
	})
	ns := srv.Of("/")
	fence(ns)
	ns.OnConnect(func(s *socketio.Socket) {
		s.On("panic", func(e *socketio.Event) { panic("boom") })
		s.On("exit", func(e *socketio.Event) { runtime.Goexit() })
		s.On("block", func(e *socketio.Event) { <-release })
	})
	bad, _ := join(t, url, "/", "")
	good, _ := join(t, url, "/", "")
	bad.send(`42["panic"]`)
	if got := take(t, "panic", panics); got != "boomtrue" {
		t.Errorf("panic %v", got)
	}
	bad.send(`42["exit"]`)
	bad.wantNothing()
	bad.send(`42["block"]`)
	for i := range 50 { // more than the inbox holds: the client waits, nothing is lost
		bad.send(fmt.Sprintf(`42%d["fence"]`, i))
	}
	good.wantNothing()
	close(release)
	for i := range 50 {
		bad.want(fmt.Sprintf(`43%d[]`, i))
	}
}

func TestFullInboxClosesInTime(t *testing.T) {
	release := make(chan struct{})
	srv, url := serve(t, socketio.Options{MaxInbox: 1, InboxTimeout: 20 * time.Millisecond})
	reasons := make(chan socketio.Reason, 1)
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.On("block", func(e *socketio.Event) { <-release })
		s.OnDisconnect(func(r socketio.Reason) { reasons <- r })
	})
	w, _ := join(t, url, "/", "")
	for range 3 {
		w.send(`42["block"]`)
	}
	w.wantClosed()
	close(release)
	if r := take(t, "disconnect", reasons); r != socketio.ReasonForcedClose {
		t.Errorf("reason %q", r)
	}
}

func TestEmitRawAndErrors(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	sockets := make(chan *socketio.Socket, 1)
	srv.Of("/chat").Use(func(_ context.Context, s *socketio.Socket) error {
		if err := s.Emit("early"); !errors.Is(err, socketio.ErrNotConnected) {
			t.Errorf("emit in a middleware: %v", err)
		}
		return nil
	})
	srv.Of("/chat").OnConnect(func(s *socketio.Socket) { sockets <- s })
	w := dial(t, url)
	w.join("/chat", "")
	s := take(t, "socket", sockets)
	if err := s.EmitRaw("raw", json.RawMessage(`{"a":1}`), json.RawMessage(`2`)); err != nil {
		t.Error(err)
	}
	w.want(`42/chat,["raw",{"a":1},2]`)
	if err := s.Emit("bad", make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
	w.kill()
	until(t, "gone", func() bool { return !s.Connected() })
	if err := s.Emit("x"); !errors.Is(err, socketio.ErrNotConnected) {
		t.Errorf("emit after the end: %v", err)
	}
	if _, err := s.EmitWithAck(context.Background(), "x"); !errors.Is(err, socketio.ErrNotConnected) {
		t.Errorf("ask after the end: %v", err)
	}
}
