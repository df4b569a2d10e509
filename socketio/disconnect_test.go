package socketio_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// The disconnect handlers run once, with the reference server's words, after the last handler, and still know the
// rooms.
func TestDisconnectReasons(t *testing.T) {
	cases := map[socketio.Reason]func(*wire, *socketio.Socket){
		socketio.ReasonClientDisconnect: func(w *wire, _ *socketio.Socket) { w.send("41") },
		socketio.ReasonServerDisconnect: func(w *wire, s *socketio.Socket) { s.Disconnect(false) },
		socketio.ReasonTransportClose:   func(w *wire, _ *socketio.Socket) { _ = w.ws.Close(websocket.StatusNormalClosure, "") },
		socketio.ReasonParseError:       func(w *wire, _ *socketio.Socket) { w.send("42") },
		socketio.ReasonForcedClose:      func(w *wire, _ *socketio.Socket) { w.send("40") },
	}
	for reason, act := range cases {
		t.Run(string(reason), func(t *testing.T) {
			srv, url := serve(t, socketio.Options{})
			reasons := make(chan socketio.Reason, 8)
			sockets := make(chan *socketio.Socket, 1)
			srv.Of("/").OnDisconnect(func(s *socketio.Socket, r socketio.Reason) {
				if rooms := s.Rooms(); len(rooms) != 1 || rooms[0] != "r" {
					t.Errorf("rooms %v", rooms)
				}
				reasons <- r
			})
			srv.Of("/").OnConnect(func(s *socketio.Socket) {
				s.Join("r")
				s.OnDisconnect(func(r socketio.Reason) { reasons <- r })
				sockets <- s
			})
			w, _ := join(t, url, "/", "")
			s := take(t, "socket", sockets)
			act(w, s)
			for range 2 {
				if got := take(t, "reason", reasons); got != reason {
					t.Errorf("reason %q, want %q", got, reason)
				}
			}
			<-s.Context().Done()
			w.kill()
			s.Disconnect(true)
			until(t, "connection forgotten", func() bool { return srv.Count() == 0 })
			if len(reasons) != 0 {
				t.Errorf("told again: %q", <-reasons)
			}
		})
	}
}

func TestPingTimeoutAndShutdown(t *testing.T) {
	reasons := make(chan socketio.Reason, 2)
	srv := socketio.New(socketio.Options{Engine: engineio.Options{PingInterval: 20 * time.Millisecond, PingTimeout: 20 * time.Millisecond}})
	web := httptest.NewServer(srv)
	defer web.Close()
	srv.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, web.URL+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(ctx, websocket.MessageText, []byte("40")); err != nil {
		t.Fatal(err)
	}
	if r := take(t, "ping time-out", reasons); r != socketio.ReasonPingTimeout {
		t.Errorf("reason %q", r)
	}
	w, _ := join(t, web.URL, "/", "")
	if err := srv.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	// No DISCONNECT before the end, or the client would not come back.
	w.wantClosed()
	if r := take(t, "shutdown", reasons); r != socketio.ReasonServerShutdown {
		t.Errorf("reason %q", r)
	}
	if err := errors.Join(srv.Close(), srv.Close()); err != nil {
		t.Error(err)
	}
}

// A client that leaves may come back over the same connection; one that was sent away may, too, and what it sent
// before it knew does not count against it.
func TestRejoin(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	sockets := make(chan *socketio.Socket, 4)
	fence(srv.Of("/"))
	srv.Of("/").OnConnect(func(s *socketio.Socket) { sockets <- s })
	w, first := join(t, url, "/", "")
	w.send("41")
	second := w.join("/", "")["sid"]
	if first == second {
		t.Error("the same sid twice")
	}
	<-sockets
	s := take(t, "socket", sockets)
	s.Disconnect(false)
	if err := srv.Of("/").Emit("nobody"); err != nil {
		t.Fatal(err)
	}
	w.send(`42["crossing"]`)
	w.send(`451-["crossing",{"_placeholder":true,"num":0}]`)
	w.sendBinary(1)
	w.want("41")
	w.join("/", "")
	w.wantNothing()
}

// Disconnect(true) closes after everything queued has been written.
func TestDisconnectFlushes(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	srv.Of("/other")
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.On("go", func(*socketio.Event) {
			for range 3 {
				_ = s.Emit("last")
			}
			s.Disconnect(true)
		})
	})
	w := dial(t, url)
	w.join("/", "")
	w.join("/other", "")
	w.send(`42["go"]`)
	w.want(`42["last"]`, `42["last"]`, `42["last"]`)
	got := w.next().data + " " + w.next().data
	if !strings.Contains(got, "41/other,") || !strings.Contains(got, "41") {
		t.Errorf("got %q", got)
	}
	w.wantClosed()
}
