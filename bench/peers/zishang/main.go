// github.com/zishang520/socket.io/v2 as a peer: what every peer does is in ../../README.md.
package main

import (
	"strings"

	"github.com/zishang520/socket.io/v2/socket"

	"github.com/relevo/relevo/bench/internal/host"
)

type news struct {
	N   int    `json:"n"`
	Pad string `json:"pad"`
}

func main() {
	h := host.New()
	o := socket.DefaultServerOptions()
	o.SetPingInterval(h.PingInterval)
	o.SetPingTimeout(h.PingTimeout)
	o.SetServeClient(false)
	server := socket.NewServer(nil, o)
	if h.Guarded() {
		server.Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
			header, _ := s.Request().Headers().Get("Cookie")
			if h.User(header) < 0 {
				next(socket.NewExtendedError("no session", nil))
				return
			}
			next(nil)
		})
	}
	_ = server.On("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		s.Join("all")
		_ = s.On("leave", func(args ...any) {
			s.Leave("all")
			if ack, ok := args[len(args)-1].(socket.Ack); ok {
				ack(nil, nil)
			}
		})
		_ = s.On("bcast", func(args ...any) {
			n, size := args[0].(float64), args[1].(float64)
			_ = server.To("all").Emit("news", news{N: int(n), Pad: strings.Repeat("x", int(size))})
		})
		_ = s.On("echo", func(args ...any) {
			if ack, ok := args[len(args)-1].(socket.Ack); ok {
				ack(args[:1], nil)
			}
		})
	})
	host.Run(server.ServeHandler(nil))
}
