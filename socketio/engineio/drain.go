package engineio

import (
	"context"
	"errors"
	"time"
)

// closePatience is how long Close waits for Session methods that do not return.
const closePatience = 10 * time.Second

// Drain refuses new connections (503) and closes all others, WebSockets with
// code 1001, without a packet of the upper protocol. It returns when none is
// left and every Session has been told, or with the context's error.
func (s *Server) Drain(ctx context.Context) error {
	for _, c := range s.shut() {
		c.mu.Lock()
		c.end(ReasonServerShutdown)
		if c.link == nil && c.phase != phaseGone {
			c.forget()
		}
		c.mu.Unlock()
	}
	for s.held.Load() > 0 {
		select {
		case <-s.quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// Another call may wait for the same.
	select {
	case s.quiet <- struct{}{}:
	default:
	}
	return nil
}

// Close ends everything at once, without goodbye. It waits for Sessions to be
// told, at most ten seconds.
func (s *Server) Close() error {
	for _, c := range s.shut() {
		c.mu.Lock()
		c.queue.drop()
		c.end(ReasonServerShutdown)
		if c.link != nil {
			c.link.abort()
		} else {
			c.forget()
		}
		c.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if s.Drain(ctx) != nil {
		return errors.New("engineio: a session does not return")
	}
	return nil
}

// shut refuses new connections and returns those there are.
func (s *Server) shut() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	conns := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}
