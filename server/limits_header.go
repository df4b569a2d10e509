package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// headerWatch counts the requests that net/http ended before a handler saw them: the
// header was too long, took too long or was none. It is safe for concurrent use.
type headerWatch struct {
	hit   func()
	conns sync.Map // net.Conn -> *atomic.Bool: a handler has seen the current request
}

func newHeaderWatch(hit func()) *headerWatch { return &headerWatch{hit: hit} }

type headerSeenKey struct{}

// begin is for http.Server.ConnContext.
func (h *headerWatch) begin(ctx context.Context, conn net.Conn) context.Context {
	seen := &atomic.Bool{}
	seen.Store(true) // nothing has come yet
	h.conns.Store(conn, seen)
	return context.WithValue(ctx, headerSeenKey{}, seen)
}

// handler marks requests as seen.
func (h *headerWatch) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen, ok := r.Context().Value(headerSeenKey{}).(*atomic.Bool); ok {
			seen.Store(true)
		}
		next.ServeHTTP(w, r)
	})
}

// changed is for http.Server.ConnState. A connection becomes active with the first
// bytes of a request, before its handler runs.
func (h *headerWatch) changed(conn net.Conn, state http.ConnState) {
	v, known := h.conns.Load(conn)
	if !known {
		return
	}
	seen := v.(*atomic.Bool)
	switch state {
	case http.StateActive:
		seen.Store(false)
	case http.StateClosed:
		h.conns.Delete(conn)
		if !seen.Load() {
			h.hit()
		}
	case http.StateHijacked:
		h.conns.Delete(conn)
	}
}
