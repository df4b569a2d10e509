package engineio

import (
	"context"
	"net"
	"net/http"
)

const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// Handler is called once per accepted handshake, before any message. It must
// not keep the request. A nil Session closes the connection.
type Handler func(c *Conn, r *http.Request) Session

// Session is the upper protocol of one connection. Its methods are never called
// at the same time. A panic in one ends its connection only.
type Session interface {
	// Message gets the messages of the client in order. The data is valid only
	// during the call. While it blocks, the client is not read.
	Message(data []byte, binary bool)
	// Idle is called after the last message of one read: frames sent since are
	// written together afterwards.
	Idle()
	// Closed is called exactly once, and last.
	Closed(reason Reason)
}

// Server speaks Engine.IO protocol 4 on any path it is mounted on. It is safe
// for concurrent use.
type Server struct {
	o       Options
	handler Handler
}

// New returns a Server that gives each connection to h.
func New(h Handler, o Options) *Server {
	return &Server{o: o.withDefaults(), handler: h}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	errTransport.write(w)
}

// Count returns the number of connections.
func (s *Server) Count() int { return 0 }

// Drain refuses new connections (503) and closes all others, WebSockets with
// code 1001. It returns when none is left, or with the context's error.
func (s *Server) Drain(ctx context.Context) error { return nil }

// Close ends everything at once.
func (s *Server) Close() error { return nil }

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
