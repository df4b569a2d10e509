package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// Socket.IO: Sending and receiving data; Packet encoding
func TestEvents(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := a.join()
	for _, args := range []string{
		`1,"2",{"3":[true]}`, `null`, `"€ 中 𝄞"`, `12345678901234567890,1.10,-0`, `{"a":{"b":[[],{}]}}`, `"a\nb\"\\"`, `"<&>"`,
		`{"_placeholder":"no"}`,
	} {
		w.send(`42["message",` + args + `]`)
		got := w.next()
		var plain any
		if !strings.HasPrefix(got.data, `42["message-back",`) || json.Unmarshal([]byte(got.data[2:]), &plain) != nil {
			t.Fatalf("%s came back as %v", args, got)
		}
		if args != `"<&>"` && got != text(`42["message-back",`+args+`]`) {
			t.Errorf("%s came back as %v", args, got)
		}
	}
	w.send(`42["message"]`)
	w.expectText(`42["message-back"]`)
	w.send(`42["unheard of",1]`, `42["",2]`, `42["error",3]`, `42["message",4]`)
	w.expectText(`42["message-back",4]`)
	custom := dial(t, a.websocket())
	a.enter(custom, "/custom", "")
	custom.send(`42/custom,["message","x"]`)
	custom.expectText(`42/custom,["message-back","x"]`)
}

// Socket.IO: Sample session, over HTTP long-polling
func TestEventsPolling(t *testing.T) {
	a := serve(t, socketio.Options{})
	p := poll(t, a.polling())
	p.send("40")
	connectReply(t, p.next(), "")
	p.expect(`42["auth",{}]`)
	p.send(`42["message","hello"]`, `42["message","world"]`, `425["message-with-ack"]`)
	p.expect(`42["message-back","hello"]`, `42["message-back","world"]`, `435[]`)
	p.send(`451-["message",{"_placeholder":true,"num":0}]`, "bAQIDBA==")
	p.expect(`451-["message-back",{"_placeholder":true,"num":0}]`, "bAQIDBA==")
}

// Socket.IO: Sending and receiving data: "The payload is mandatory and MUST be a
// non-empty array. If that's not the case, then the receiver MUST close the
// connection." Packet encoding: what is no packet at all.
func TestInvalidEvents(t *testing.T) {
	a := serve(t, socketio.Options{})
	bystander := a.join()
	for _, packet := range []string{
		"42", "42[]", "42{}", "42null", `42"x"`, "42[null]", "42[true]", "42[{}]", `42[["message"]]`, `42["message"`, `42["message"]x`,
		`42["message",]`, `42['message']`, "42\x00", "42[\"a\xff\"]", `42["message",{"a":}]`, `42["message",01]`, `42["message",NaN]`,
		"47", "49", "4", "4x", `42/,`, `42/unjoined,["message"]`, "42-1[\"message\"]", `421.5["message"]`,
		`4299999999999999999999["message"]`,
		`42["connect"]`, `42["connect_error"]`, `42["disconnect"]`, `42["disconnecting"]`, `42["newListener"]`, `42["removeListener"]`,
		`451-["connect",{"_placeholder":true,"num":0}]`,
		"43", `43[]`, `431`, `431{}`, `431null`, `41x`, `411`, `41{}`, `44{"message":"x"}`, "44",
	} {
		w := a.join()
		w.send(packet)
		w.gone()
		if left := w.left(); len(left) != 0 {
			t.Errorf("%q was answered: %v", packet, left)
		}
	}
	a.barrier(bystander)
	for _, s := range a.notes() {
		if !strings.HasPrefix(s, "gone ") && s != "message-with-ack" {
			t.Errorf("a handler saw %s", s)
		}
	}
}

// Socket.IO: Acknowledgement: the id comes back, whatever it is, once.
func TestAcks(t *testing.T) {
	a := serve(t, socketio.Options{}, func(a *app) {
		a.io.Of("/").On("twice", func(e *socketio.Event) {
			if err := e.Ack(1); err != nil {
				t.Errorf("first ack: %v", err)
			}
			if err := e.Ack(2); !errors.Is(err, socketio.ErrNoAck) {
				t.Errorf("second ack: %v", err)
			}
		})
	})
	w := dial(t, a.websocket())
	a.enter(w, "/", "")
	a.enter(w, "/custom", "")
	for _, id := range []string{"0", "1", "12", "456", "9007199254740991"} {
		w.send(`42` + id + `["message-with-ack",1,"2",{"3":[false]}]`)
		w.expectText(`43` + id + `[1,"2",{"3":[false]}]`)
		w.send(`42/custom,` + id + `["message-with-ack"]`)
		w.expectText(`43/custom,` + id + `[]`)
	}
	w.send(`4212["message-with-ack",1]`, `4212["message-with-ack",2]`) // the id is the client's affair
	w.expectText("4312[1]", "4312[2]")
	w.send(`4277["twice"]`)
	w.expectText("4377[1]")
	w.send(`42["message-with-ack",1]`, `42["message","end"]`) // not asked for, not given
	w.expectText(`42["message-back","end"]`)
}

// Socket.IO: Acknowledgement, from the client, with and without binary
func TestAcksOfClient(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := a.join()
	s := a.io.Of("/").Sockets()[0]
	type result struct {
		socketio.Answer
		err error
	}
	ask := func(ctx context.Context) (string, chan result) {
		got := make(chan result, 1)
		go func() {
			answer, err := s.EmitWithAck(ctx, "question", 1)
			got <- result{answer, err}
		}()
		packet := w.next().data
		id, ok := strings.CutSuffix(strings.TrimPrefix(packet, "42"), `["question",1]`)
		if !ok || id == "" {
			t.Fatalf("question %q", packet)
		}
		return id, got
	}
	id, got := ask(t.Context())
	w.send("43" + id + `["bar",{"a":1}]`)
	if r := <-got; r.err != nil || fmt.Sprintf("%s", r.Args) != `["bar" {"a":1}]` {
		t.Errorf("%s %v", r.Args, r.err)
	}
	id, got = ask(t.Context())
	w.send("43" + id + `[]`)
	if r := <-got; r.err != nil || len(r.Args) != 0 {
		t.Errorf("%s %v", r.Args, r.err)
	}
	// Answers that nobody waits for, late and doubled ones, mean nothing.
	w.send("43"+id+`["again"]`, `4399999["unasked"]`)
	a.barrier(w)
	// No answer in time.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	id, got = ask(ctx)
	if r := <-got; !errors.Is(r.err, context.DeadlineExceeded) {
		t.Errorf("%s %v", r.Args, r.err)
	}
	w.send("43" + id + `["late"]`)
	a.barrier(w)
	// The client leaves instead.
	_, got = ask(t.Context())
	w.send("1")
	if r := <-got; !errors.Is(r.err, socketio.ErrNotConnected) {
		t.Errorf("%s %v", r.Args, r.err)
	}
}

// A handler may wait for the answer of the very client whose event it handles.
func TestAskInsideHandler(t *testing.T) {
	a := serve(t, socketio.Options{}, func(a *app) {
		a.io.Of("/").On("ask me", func(e *socketio.Event) {
			answer, err := e.Socket.EmitWithAck(e.Socket.Context(), "question")
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			_ = e.Socket.EmitRaw("told", answer.Args...)
		})
	})
	w := a.join()
	w.send(`42["ask me"]`)
	id := strings.TrimSuffix(strings.TrimPrefix(w.next().data, "42"), `["question"]`)
	w.send("43" + id + `["yes"]`)
	w.expectText(`42["told","yes"]`)
}

// Node: handlers of one socket in the order of its packets, none lost.
func TestEventOrder(t *testing.T) {
	const n = 1000
	a := serve(t, socketio.Options{})
	for _, transport := range []string{"websocket", "polling"} {
		var packets []string
		for i := range n {
			packets = append(packets, fmt.Sprintf(`42["message",%d]`, i))
		}
		var next func() string
		if transport == "websocket" {
			w := a.join()
			w.send(packets...)
			next = func() string { return w.next().data }
		} else {
			p := poll(t, a.polling())
			p.send("40")
			connectReply(t, p.next(), "")
			p.expect(`42["auth",{}]`)
			p.send(packets...)
			next = p.next
		}
		for i := range n {
			if got, want := next(), fmt.Sprintf(`42["message-back",%d]`, i); got != want {
				t.Fatalf("%s: got %q, want %q", transport, got, want)
			}
		}
	}
}

// Socket.IO: Sending and receiving data: "Once the connection to a namespace is
// established": a client that does not wait for that may be closed, but what it
// sent is never lost in silence.
func TestEventsRightAfterConnect(t *testing.T) {
	a := serve(t, socketio.Options{})
	for range 50 {
		w := dial(t, a.websocket())
		w.send("40", `42["message",1]`, `427["message-with-ack",2]`)
		if err := w.wait("an answer to all, or the end", func() bool { return len(w.in) == 4 }); errors.Is(err, errGone) {
			continue
		}
		connectReply(t, w.next().data, "")
		w.expectText(`42["auth",{}]`, `42["message-back",1]`, `437[2]`)
		w.close()
	}
}

// Reserved names cannot be emitted either.
func TestReservedNames(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := a.join()
	s := a.io.Of("/").Sockets()[0]
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if err := s.Emit(name); !errors.Is(err, socketio.ErrReservedName) {
			t.Errorf("Emit(%q): %v", name, err)
		}
		if err := a.io.Of("/").Emit(name); !errors.Is(err, socketio.ErrReservedName) {
			t.Errorf("broadcast of %q: %v", name, err)
		}
	}
	a.barrier(w)
}
