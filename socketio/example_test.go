package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio"
)

// A chat: what one says, the others of the room hear.
func Example() {
	srv := socketio.New(socketio.Options{ClientDir: "node_modules/socket.io-client/dist"})
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		s.Join("lobby")
		s.On("say", func(e *socketio.Event) {
			var text string
			if err := e.Bind(&text); err != nil {
				return
			}
			_ = s.To("lobby").Emit("said", s.ID(), text)
			_ = e.Ack("ok")
		})
		s.OnDisconnect(func(reason socketio.Reason) {
			_ = s.To("lobby").Emit("left", s.ID(), reason)
		})
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	_ = http.ListenAndServe("127.0.0.1:3000", mux)
}

// Only those who are known may join, and they learn why they may not.
func ExampleNamespace_Use() {
	srv := socketio.New(socketio.Options{
		Identify: func(r *http.Request) any {
			cookie, err := r.Cookie("session")
			if err != nil {
				return ""
			}
			return cookie.Value
		},
	})
	srv.Of("/admin").Use(func(ctx context.Context, s *socketio.Socket) error {
		if s.Handshake().Value != "secret" {
			return &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"login": "/login"}}
		}
		return nil
	})
}

// One event for everybody in at least one of two rooms, but for those in a third.
func ExampleNamespace_To() {
	srv := socketio.New(socketio.Options{})
	err := srv.Of("/").To("role_Admin", "user_7").Except("muted").Emit("alarm", map[string]any{"level": 3})
	fmt.Println(err)
	err = srv.Of("/").Emit("disconnect")
	fmt.Println(err)
	// Output:
	// <nil>
	// socketio: reserved event name: "disconnect"
}

// Ask all sockets of a room and go on with what came within a second.
func ExampleBroadcast_EmitWithAck() {
	srv := socketio.New(socketio.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	answers, err := srv.Of("/").To("workers").EmitWithAck(ctx, "load?")
	for _, a := range answers.Got {
		var load float64
		if a.Bind(&load) == nil {
			fmt.Println(a.SocketID, load)
		}
	}
	fmt.Println(len(answers.Missing), err)
	// Output: 0 <nil>
}

// A value of which only the newest counts: a slow client gets fewer of them.
func ExampleBroadcast_Latest() {
	srv := socketio.New(socketio.Options{})
	position := json.RawMessage(`{"x":1,"y":2}`)
	fmt.Println(srv.Of("/").To("map").Latest("position_7").EmitRaw("position", position))
	// Output: <nil>
}

// A namespace for every tenant that asks with the right token.
func ExampleServer_OfFunc() {
	srv := socketio.New(socketio.Options{})
	tenants := srv.OfFunc(func(name string, auth json.RawMessage) bool {
		var given struct {
			Token string `json:"token"`
		}
		return json.Unmarshal(auth, &given) == nil && name == "/tenant-7" && given.Token == "open"
	})
	tenants.OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("welcome", s.Namespace().Name())
	})
}

// Clients that lost their connection for less than a minute miss nothing.
func ExampleNewMemoryRecovery() {
	srv := socketio.New(socketio.Options{
		Recovery: socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{MaxAge: time.Minute}),
	})
	srv.Of("/").OnConnect(func(s *socketio.Socket) {
		if !s.Recovered() {
			s.Join("news")
		}
	})
}
