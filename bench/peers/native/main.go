// The engine of this repository as a peer: what every peer does is in ../../README.md.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"github.com/relevo/relevo/bench/internal/host"
	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

type news struct {
	N   int    `json:"n"`
	Pad string `json:"pad"`
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(70) // as relevo serve does
	}
	h := host.New()
	server := socketio.New(socketio.Options{
		Engine: engineio.Options{PingInterval: h.PingInterval, PingTimeout: h.PingTimeout, MaxConns: 50_000, MaxConnsPerAddress: 50_000},
		// Everything above debug is printed, and counted by the scenario of resets.
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Identify: func(r *http.Request) any {
			if !h.Guarded() {
				return 0
			}
			return h.User(r.Header.Get("Cookie"))
		},
	})
	root := server.Of("/")
	if h.Guarded() {
		root.Use(func(_ context.Context, s *socketio.Socket) error {
			if user, _ := s.Handshake().Value.(int); user < 0 {
				return errors.New("no session")
			}
			return nil
		})
	}
	root.OnConnect(func(s *socketio.Socket) { s.Join("all") })
	root.On("leave", func(e *socketio.Event) {
		e.Socket.Leave("all")
		e.Ack()
	})
	root.On("bcast", func(e *socketio.Event) {
		var n, size int
		if e.Bind(&n, &size) == nil {
			root.To("all").Emit("news", news{N: n, Pad: strings.Repeat("x", size)})
		}
	})
	root.On("echo", func(e *socketio.Event) {
		if len(e.Args) > 0 {
			e.Ack(e.Args[0])
		}
	})
	host.Run(server)
}
