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
