package server

import (
	"context"

	"github.com/relevo/relevo/models"
)

// Delivered is how far the tail of this process has got in the event log.
func (s *Server) Delivered() models.EventCursor {
	_, at := s.tail.Position()
	return at
}

// OpenSockets counts the sockets that this process knows of.
func (s *Server) OpenSockets() int {
	n := 0
	for _, count := range s.engine.Stats() {
		n += count.Sockets
	}
	return n
}

// DrainSockets ends all sockets as a shutdown does.
func (s *Server) DrainSockets(ctx context.Context) error { return s.drainSockets(ctx) }
