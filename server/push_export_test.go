package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// CatchUp waits until what is committed has been sent to the sockets.
func (s *Server) CatchUp(ctx context.Context) error { return s.tail.CatchUp(ctx) }

// Scrape is what /metrics says.
func (s *Server) Scrape(t *testing.T) string {
	t.Helper()
	rec := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// CaughtUp is how often push sockets were sent what had happened before they listened.
func (s *Server) CaughtUp() (n int64) {
	for _, times := range s.push.Totals().Replays {
		n += times
	}
	return n
}
