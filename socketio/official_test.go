package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

var transports = map[string][]string{
	"websocket": {"websocket"}, "polling": {"polling"}, "upgrade": {"polling", "websocket"},
}

// The official clients find everything that they expect of a server, over each transport.
func TestOfficialClients(t *testing.T) {
	for _, npm := range npmClients {
		for name, transport := range transports {
			t.Run(npm+"/"+name, func(t *testing.T) { officialTour(t, npm, transport) })
		}
	}
}

func officialTour(t *testing.T, npm string, transport []string) {
	srv, url := serve(t, socketio.Options{})
	ns := srv.Of("/tour")
	ns.Use(func(_ context.Context, s *socketio.Socket) error {
		var auth struct{ Token string }
		if err := s.BindAuth(&auth); err != nil || auth.Token != "good" {
			return &socketio.ConnectError{Message: "bad token", Data: map[string]any{"got": auth.Token}}
		}
		return nil
	})
	sockets := make(chan *socketio.Socket, 4)
	reasons := make(chan socketio.Reason, 4)
	ns.OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("hello", s.ID(), map[string]any{"é": "<ü>"})
		s.Join("room")
		s.On("echo", func(e *socketio.Event) {
			args := make([]any, len(e.Args))
			for i, raw := range e.Args {
				args[i] = raw
				if b, ok := e.Bytes(i); ok {
					args[i] = b
				}
			}
			_ = e.Ack(args...)
		})
		s.On("deep", func(e *socketio.Event) {
			var v struct{ List [][]byte }
			if err := e.Bind(&v); err != nil {
				t.Error(err)
			}
			_ = s.Emit("deep", map[string]any{"list": []any{v.List[1], v.List[0]}})
		})
		s.On("silent", func(*socketio.Event) {})
		s.OnDisconnect(func(r socketio.Reason) { reasons <- r })
		sockets <- s
	})
	options := func(token string) map[string]any {
		return map[string]any{
			"transports": transport, "auth": map[string]any{"token": token}, "forceNew": true, "reconnectionDelay": 10,
		}
	}
	refused := drive(t, npm, url+"/tour", options("bad"))
	if l := refused.want("connect_error", ""); l.Reason != "bad token" || string(l.Data) != `{"got":"bad"}` {
		t.Errorf("refused with %+v", l)
	}
	if l := drive(t, npm, url+"/nowhere", options("")).want("connect_error", ""); l.Reason != "Invalid namespace" {
		t.Errorf("unknown namespace: %+v", l)
	}

	o := drive(t, npm, url+"/tour", options("good"))
	id := o.want("connect", "").ID
	s := take(t, "socket", sockets)
	if id != s.ID() {
		t.Errorf("client says %s, server %s", id, s.ID())
	}
	o.wantArgs("event", "hello", fmt.Sprintf(`[%q,{"é":"<ü>"}]`, id))
	o.tell(line{Do: "emit", Name: "echo", Args: json.RawMessage(`[1,{"a":[null]},{"$hex":"00ff"},"ñ"]`), Ack: true})
	o.wantArgs("ack", "echo", `[1,{"a":[null]},{"$hex":"00ff"},"ñ"]`)
	o.emit("deep", `[{"list":[{"$hex":"01"},{"$hex":""}]}]`)
	o.wantArgs("event", "deep", `[{"list":[{"$hex":""},{"$hex":"01"}]}]`)
	o.tell(line{Do: "emit", Name: "silent", Ack: true, Timeout: 50})
	if l := o.want("ack", "silent"); l.Reason == "" {
		t.Errorf("time-out: %+v", l)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := s.EmitWithAck(ctx, "ask", "x", []byte{9})
	var text string
	var data []byte
	if err == nil {
		err = answer.Bind(&text, &data)
	}
	if err != nil || text != "x" || len(data) != 1 || data[0] != 9 {
		t.Errorf("asked: %v %q %v", err, text, data)
	}
	o.wantArgs("event", "ask", `["x",{"$hex":"09"}]`)
	answers, err := ns.To("room").EmitWithAck(ctx, "ask", 5)
	if err != nil || len(answers.Got) != 1 || string(answers.Got[0].Args[0]) != "5" {
		t.Errorf("broadcast asked: %+v %v", answers, err)
	}
	o.wantArgs("event", "ask", `[5]`)
	for i := range 300 {
		_ = ns.To("room").Emit("burst", i)
	}
	for i := range 300 {
		o.wantArgs("event", "burst", fmt.Sprintf("[%d]", i))
	}
	o.tell(line{Do: "disconnect"})
	o.want("disconnect", "")
	if r := take(t, "reason", reasons); r != socketio.ReasonClientDisconnect && r != socketio.ReasonTransportClose {
		t.Errorf("reason %q", r)
	}
	o.tell(line{Do: "connect"})
	o.want("connect", "")
	o.want("event", "hello")
	take(t, "socket", sockets).Disconnect(true)
	if l := o.want("disconnect", ""); l.Reason != "io server disconnect" {
		t.Errorf("sent away: %+v", l)
	}
}

// A 4.8 client whose connection is cut again and again while events are emitted gets each of them once, in order.
func TestOfficialRecovery(t *testing.T) {
	srv, direct := serve(t, socketio.Options{
		Recovery: socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{}),
	})
	p, url := relay(t, direct)
	ns := srv.Of("/")
	sockets := make(chan *socketio.Socket, 16)
	ns.OnConnect(func(s *socketio.Socket) {
		if !s.Recovered() {
			s.Join("r")
		}
		sockets <- s
	})
	o := drive(t, "socket.io-client-4.8", url, map[string]any{
		"transports": []string{"websocket"}, "reconnectionDelay": 20, "reconnectionDelayMax": 40,
	})
	id := o.want("connect", "").ID
	take(t, "socket", sockets)
	const events, cuts = 3000, 5
	emitted := make(chan error, 1)
	go func() {
		var errs error
		for i := range events {
			errs = errors.Join(errs, ns.To("r").Emit("n", i))
			time.Sleep(100 * time.Microsecond)
		}
		emitted <- errs
	}()
	next, recoveries, cut := 0, 0, 0
	for next < events {
		l := take(t, fmt.Sprintf("event %d", next), o.lines)
		switch l.At {
		case "event":
			var args []json.RawMessage
			var n int
			if json.Unmarshal(l.Args, &args) != nil || json.Unmarshal(args[0], &n) != nil || n != next {
				t.Fatalf("got %s, want %d", l.Args, next)
			}
			next++
			if next >= (cut+1)*400 && cut < cuts && cut == recoveries {
				cut++
				p.cut()
			}
		case "connect":
			if !l.Recovered || l.ID != id {
				t.Fatalf("came back as %+v, was %s", l, id)
			}
			recoveries++
			if s := take(t, "socket", sockets); !s.Recovered() {
				t.Fatal("the server says that it did not recover")
			}
		}
	}
	if err := <-emitted; err != nil || recoveries < 3 {
		t.Errorf("%d recoveries, %v", recoveries, err)
	}
}
