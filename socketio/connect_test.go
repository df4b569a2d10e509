package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio"
)

// Protocol: "Connection to a namespace", auth payload.
func TestConnectCarriesAuthAndIdentity(t *testing.T) {
	for _, keep := range []bool{false, true} {
		srv, url := serve(t, socketio.Options{
			KeepHandshake: keep,
			Identify:      func(r *http.Request) any { return r.URL.Query().Get("transport") },
		})
		seen := make(chan socketio.Handshake, 3)
		ns := srv.Of("/")
		ns.Use(func(_ context.Context, s *socketio.Socket) error {
			seen <- s.Handshake()
			return nil
		})
		ns.OnConnect(func(s *socketio.Socket) {
			seen <- s.Handshake()
			s.On("now", func(e *socketio.Event) { seen <- s.Handshake() })
		})
		w, sid := join(t, url, "/", `{"token":"x"}`)
		if ns.Socket(sid) == nil || ns.Count() != 1 {
			t.Fatalf("socket %q is not in the namespace", sid)
		}
		w.send(`42["now"]`)
		for i := range 3 {
			h := take(t, "handshake", seen)
			if h.Value != "websocket" || h.Address != "127.0.0.1" || h.Time.IsZero() {
				t.Errorf("handshake %+v", h)
			}
			if want := i < 2 || keep; (string(h.Auth) == `{"token":"x"}`) != want {
				t.Errorf("keep %v, step %d: auth %q", keep, i, h.Auth)
			}
			if (h.Header != nil) != keep || (h.Query != nil) != keep {
				t.Errorf("keep %v: header %v query %v", keep, h.Header, h.Query)
			}
		}
	}
}

// Protocol: "Connection to a namespace", CONNECT_ERROR.
func TestConnectRefused(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	srv.Of("/data").Use(func(context.Context, *socketio.Socket) error {
		return fmt.Errorf("wrapped: %w", &socketio.ConnectError{Message: "no", Data: map[string]int{"code": 7}})
	})
	srv.Of("/plain").Use(func(context.Context, *socketio.Socket) error { return errors.New("plain") })
	srv.Of("/second").Use(func(context.Context, *socketio.Socket) error { return nil })
	srv.Of("/second").Use(func(context.Context, *socketio.Socket) error { return errors.New("second") })
	srv.Of("/panic").Use(func(context.Context, *socketio.Socket) error { panic("boom") })
	srv.Of("/").OnConnect(func(s *socketio.Socket) {})
	for _, ns := range []string{"/data", "/plain", "/panic"} {
		srv.Of(ns).OnConnect(func(*socketio.Socket) { t.Error("connected") })
	}
	w := dial(t, url)
	for _, c := range [][2]string{
		{"40/data,", `44/data,{"message":"no","data":{"code":7}}`},
		{"40/plain,", `44/plain,{"message":"plain"}`},
		{"40/plain,", `44/plain,{"message":"plain"}`}, // it may ask again
		{"40/second,", `44/second,{"message":"second"}`},
		{"40/panic,", `44/panic,{"message":"internal error"}`},
		{"40/nowhere,", `44/nowhere,{"message":"Invalid namespace"}`},
	} {
		w.send(c[0])
		w.want(c[1])
	}
	w.join("/", "")
	if n := srv.Of("/data").Count(); n != 0 {
		t.Errorf("%d sockets", n)
	}
}

// Node: a packet that the state forbids closes the transport.
func TestConnectStateViolations(t *testing.T) {
	cases := map[string][]string{
		"event before CONNECT":         {`42["x"]`},
		"event to another namespace":   {"40", `42/other,["x"]`},
		"ack before CONNECT":           {`430[]`},
		"disconnect before CONNECT":    {"41"},
		"binary before CONNECT":        {`451-["x",{"_placeholder":true,"num":0}]`},
		"second CONNECT":               {"40", "40"},
		"CONNECT_ERROR from a client":  {"40", `44{"message":"x"}`},
		"reserved event name":          {"40", `42["disconnect"]`},
		"no packet":                    {"40", "4abc"},
		"event without payload":        {"40", "42"},
		"trailing garbage":             {"40", `42["x"]x`},
		"binary with zero attachments": {"40", `450-["x"]`},
		"ack with zero attachments":    {"40", `460-1["x"]`},
		"too many attachments":         {"40", `4511-["x"]`},
		"text instead of attachment":   {"40", `451-["x",{"_placeholder":true,"num":0}]`, `42["x"]`},
		"event after leaving":          {"40", "41", `42["x"]`},
	}
	for name, packets := range cases {
		t.Run(name, func(t *testing.T) {
			srv, url := serve(t, socketio.Options{})
			srv.Of("/other")
			srv.Of("/").On("x", func(*socketio.Event) { t.Error("delivered") })
			w := dial(t, url)
			joined := false
			for _, p := range packets {
				// The server may have closed the connection before the last packet is written.
				_ = w.ws.Write(context.Background(), websocket.MessageText, []byte(p))
				if p == "40" && !joined {
					joined = true
					if m := w.next(); !strings.HasPrefix(m.data, "40{") {
						t.Fatalf("CONNECT answered %q", m.data)
					}
				}
			}
			w.wantClosed()
			until(t, "connection forgotten", func() bool { return srv.Count() == 0 })
		})
	}
}

// Node: connectTimeout. A refused CONNECT does not count as one.
func TestConnectTimeout(t *testing.T) {
	srv, url := serve(t, socketio.Options{ConnectTimeout: 50 * time.Millisecond})
	srv.Of("/no").Use(func(context.Context, *socketio.Socket) error { return errors.New("no") })
	silent, refused := dial(t, url), dial(t, url)
	refused.send("40/no,")
	refused.want(`44/no,{"message":"no"}`)
	fence(srv.Of("/"))
	good, _ := join(t, url, "/", "")
	silent.wantClosed()
	refused.wantClosed()
	good.wantNothing()
}

func TestNamespacesPerConnectionAreBounded(t *testing.T) {
	srv, url := serve(t, socketio.Options{MaxNamespaces: 3})
	srv.OfFunc(func(string, json.RawMessage) bool { return true })
	w := dial(t, url)
	for _, nsp := range []string{"/", "/a", "/b"} {
		w.join(nsp, "")
	}
	w.send("41/b,")
	w.join("/c", "")
	w.send("40/d,")
	w.wantClosed()
}

func TestDynamicNamespaces(t *testing.T) {
	srv, url := serve(t, socketio.Options{MaxDynamic: 2})
	rooms := srv.OfFunc(func(name string, auth json.RawMessage) bool {
		return strings.HasPrefix(name, "/dyn-") && string(auth) != `{"no":1}`
	})
	var names = make(chan string, 8)
	rooms.OnConnect(func(s *socketio.Socket) { names <- s.Namespace().Name() })
	rooms.Use(func(_ context.Context, s *socketio.Socket) error {
		if string(s.Auth()) == `{"refuse":1}` {
			return errors.New("refused")
		}
		return nil
	})
	w := dial(t, url)
	w.send(`40/dyn-1,{"no":1}`)
	w.want(`44/dyn-1,{"message":"Invalid namespace"}`)
	w.send(`40/dyn-1,{"refuse":1}`)
	w.want(`44/dyn-1,{"message":"refused"}`)
	until(t, "refused namespace gone", func() bool { return len(rooms.Namespaces()) == 0 })
	// One after the other: the handlers of two namespaces run beside each other.
	w.join("/dyn-1", "")
	a := take(t, "1", names)
	w.join("/dyn-2", "")
	if b := take(t, "2", names); a != "/dyn-1" || b != "/dyn-2" {
		t.Errorf("%s %s", a, b)
	}
	w.send("40/dyn-3,")
	w.want(`44/dyn-3,{"message":"Invalid namespace"}`)
	if err := rooms.Emit("hi"); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{w.next().data: true, w.next().data: true}
	if !got[`42/dyn-1,["hi"]`] || !got[`42/dyn-2,["hi"]`] {
		t.Errorf("got %v", got)
	}
	w.send("41/dyn-1,")
	until(t, "empty namespace dropped", func() bool { return len(rooms.Namespaces()) == 1 })
	w.join("/dyn-3", "")
}
