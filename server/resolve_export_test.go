package server

import (
	"net/http"

	"github.com/relevo/relevo/middleware"
)

// Resolve is what a socket's handshake asks.
func (s *Server) Resolve(r *http.Request) (middleware.Identity, error) { return s.sessions.Resolve(r) }
