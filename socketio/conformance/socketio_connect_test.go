package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// Socket.IO: Connection to a namespace
func TestConnect(t *testing.T) {
	a := serve(t, socketio.Options{})
	for _, tc := range []struct{ packet, reply, auth string }{
		{"40", "", `42["auth",{}]`},
		{`40{"token":"123"}`, "", `42["auth",{"token":"123"}]`},
		{"40/,", "", `42["auth",{}]`},
		{"40/custom,", "/custom,", `42/custom,["auth",{}]`},
		{"40/custom", "/custom,", `42/custom,["auth",{}]`},
		{`40/custom,{"token":"abc"}`, "/custom,", `42/custom,["auth",{"token":"abc"}]`},
		{"40/dynamic-101,", "/dynamic-101,", `42/dynamic-101,["auth",{}]`},
	} {
		w := dial(t, a.websocket())
		w.send(tc.packet)
		if sid := connectReply(t, w.next().data, tc.reply); sid == w.open.SID {
			t.Errorf("%s: the Engine.IO sid is told to other clients", tc.packet)
		}
		w.expectText(tc.auth)
		p := poll(t, a.polling())
		p.send(tc.packet)
		connectReply(t, p.next(), tc.reply)
		p.expect(tc.auth)
	}
}

// Socket.IO: Connection to a namespace: CONNECT_ERROR with message, and data
// where the server gives some; the connection stays for another try.
func TestConnectError(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := dial(t, a.websocket())
	w.send("40/random,")
	w.expectText(`44/random,{"message":"Invalid namespace"}`)
	w.send("40/random")
	w.expectText(`44/random,{"message":"Invalid namespace"}`)
	w.send("40/dynamic-x,")
	w.expectText(`44/dynamic-x,{"message":"Invalid namespace"}`)
	w.send("40/closed,")
	w.expectText(`44/closed,{"message":"not authorized","data":{"code":7}}`)
	w.send(`40/closed,{"as":"plain"}`)
	w.expectText(`44/closed,{"message":"not you"}`)
	a.enter(w, "/", "")
	a.barrier(w)
	w.send(`42/closed,["message"]`) // never joined
	w.gone()
}

// Middleware runs in order, sees the auth, and the first refusal counts.
func TestMiddlewareOrder(t *testing.T) {
	a := serve(t, socketio.Options{}, func(a *app) {
		ns := a.io.Of("/checked")
		for i := range 3 {
			ns.Use(func(ctx context.Context, s *socketio.Socket) error {
				a.note(fmt.Sprintf("check %d", i))
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if strings.Contains(string(s.Handshake().Auth), fmt.Sprintf(`"stop":%d`, i)) {
					return errors.New("stopped")
				}
				return nil
			})
		}
		ns.OnConnect(a.connected)
	})
	w := dial(t, a.websocket())
	w.send(`40/checked,{"stop":1}`)
	w.expectText(`44/checked,{"message":"stopped"}`)
	if got := a.notes(); len(got) != 2 {
		t.Errorf("middleware ran: %v", got)
	}
	w.send(`40/checked,{"stop":9}`)
	connectReply(t, w.next().data, "/checked,")
	if got := a.notes(); len(got) != 5 {
		t.Errorf("middleware ran: %v", got)
	}
}

// Socket.IO: Connection to a namespace: "If the server does not receive a CONNECT
// packet first, then it MUST close the connection immediately."
func TestPacketBeforeConnect(t *testing.T) {
	a := serve(t, socketio.Options{})
	for _, packet := range []string{
		`42["message"]`, "41", `430[]`, `44{"message":"x"}`, "4abc", "4", `451-["message",{"_placeholder":true,"num":0}]`,
		`461-0[{"_placeholder":true,"num":0}]`, `42/custom,["message"]`, "40x", `40"token"`, "40[]", "40null",
	} {
		w := dial(t, a.websocket())
		w.send(packet)
		w.gone()
		if left := w.left(); len(left) != 0 {
			t.Errorf("%s was answered: %v", packet, left)
		}
	}
	w := dial(t, a.websocket())
	w.write(binary(1, 2, 3))
	w.gone()
	if got := a.notes(); len(got) != 0 {
		t.Errorf("handlers saw %v", got)
	}
}

// Node: a client that joins no namespace in time is closed; a CONNECT that was
// refused does not count.
func TestConnectTimeout(t *testing.T) {
	a := serve(t, socketio.Options{ConnectTimeout: 150 * time.Millisecond})
	joined := a.join()
	silent, refused := dial(t, a.websocket()), dial(t, a.websocket())
	refused.send("40/random,")
	refused.expectText(`44/random,{"message":"Invalid namespace"}`)
	silent.gone()
	refused.gone()
	p := poll(t, a.polling())
	eventually(t, "polling session closed", func() bool { return p.get().status != 200 })
	a.barrier(joined)
}

// A second CONNECT to a namespace that the connection is in is no right of
// anybody: whatever the server makes of it, there is never a second socket.
func TestDoubleConnect(t *testing.T) {
	a := serve(t, socketio.Options{})
	bystander := a.join()
	w := a.join()
	w.send("40")
	w.gone()
	eventually(t, "one socket left", func() bool { return a.io.Of("/").Count() == 1 })
	a.barrier(bystander)
	// Both at once, before the first is answered.
	w = dial(t, a.websocket())
	w.send("40", "40")
	w.gone()
	eventually(t, "one socket left", func() bool { return a.io.Of("/").Count() == 1 })
}

// Socket.IO: Connection to a namespace: "A client MAY be connected to multiple
// namespaces at the same time, with the same underlying WebSocket connection."
func TestSeveralNamespaces(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := dial(t, a.websocket())
	root := a.enter(w, "/", "")
	custom := a.enter(w, "/custom", `{"a":1}`)
	third := a.enter(w, "/dynamic-3", "")
	if root == custom || root == third || custom == third {
		t.Errorf("ids %s %s %s", root, custom, third)
	}
	w.send(`42["message",1]`, `42/custom,["message",2]`, `42/dynamic-3,["message",3]`)
	want := map[frame]bool{
		text(`42["message-back",1]`): true, text(`42/custom,["message-back",2]`): true, text(`42/dynamic-3,["message-back",3]`): true,
	}
	for range 3 {
		if f := w.next(); !want[f] {
			t.Errorf("got %v", f)
		} else {
			delete(want, f)
		}
	}
	// What is sent to one namespace stays there.
	if err := a.io.Of("/custom").Emit("only"); err != nil {
		t.Fatal(err)
	}
	w.expectText(`42/custom,["only"]`)
}

// Socket.IO: Disconnection from a namespace
func TestDisconnect(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := dial(t, a.websocket())
	a.enter(w, "/", "")
	a.enter(w, "/custom", "")
	w.send("41/custom,", `42["message","message to main namespace"]`)
	w.expectText(`42["message-back","message to main namespace"]`) // no response to the DISCONNECT
	eventually(t, "end noted", func() bool { return a.noted("gone /custom client namespace disconnect") == 1 })
	a.enter(w, "/custom", "") // again
	w.send("41/custom")
	eventually(t, "end noted", func() bool { return a.noted("gone /custom client namespace disconnect") == 2 })
	w.send("41")
	eventually(t, "end noted", func() bool { return a.noted("gone / client namespace disconnect") == 1 })
	if n := a.io.Of("/").Count() + a.io.Of("/custom").Count(); n != 0 {
		t.Errorf("%d sockets left", n)
	}
	// The other side's way: a DISCONNECT packet, then, if asked for, the end.
	w = dial(t, a.websocket())
	a.enter(w, "/", "")
	a.enter(w, "/custom", "")
	a.io.Of("/custom").Sockets()[0].Disconnect(false)
	w.expectText("41/custom,")
	a.barrier(w)
	a.io.Of("/").Sockets()[0].Disconnect(true)
	w.gone()
	if left := w.left(); len(left) != 1 || left[0] != text("41") {
		t.Errorf("before the end came %v", left)
	}
	for _, want := range []string{"gone /custom server namespace disconnect", "gone / server namespace disconnect"} {
		eventually(t, want, func() bool { return a.noted(want) == 1 })
	}
}

// Each socket hears once of its end, whatever ended the connection.
func TestReasons(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(a *app, w *wire)
		want []string
	}{
		{"close frame", func(_ *app, w *wire) { w.close() }, []string{"transport close"}},
		{"engine close", func(_ *app, w *wire) { w.send("1") }, []string{"transport close"}},
		{"cut", func(_ *app, w *wire) { w.reset() }, []string{"transport close", "transport error"}},
		{"nonsense", func(_ *app, w *wire) { w.send("4nonsense") }, []string{"parse error", "forced close"}},
		{"no engine packet", func(_ *app, w *wire) { w.send("x") }, []string{"parse error"}},
		{"server ends", func(a *app, _ *wire) { _ = a.io.Drain(context.Background()) }, []string{"server shutting down"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := serve(t, socketio.Options{})
			w := dial(t, a.websocket())
			a.enter(w, "/", "")
			a.enter(w, "/custom", "")
			tc.do(a, w)
			eventually(t, "both ends", func() bool { return a.io.Of("/").Count()+a.io.Of("/custom").Count() == 0 && len(a.notes()) >= 2 })
			n := 0
			for _, reason := range tc.want {
				n += a.noted("gone / "+reason) + a.noted("gone /custom "+reason)
			}
			if n != 2 || len(a.notes()) != 2 {
				t.Errorf("ends %v", a.notes())
			}
		})
	}
}
