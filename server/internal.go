package server

import (
	"net/http"
	"net/http/pprof"

	"go.uber.org/zap"
)

// internalHandler is what operators and Prometheus see. It has no sign-in: it is
// off or on an address that only they reach. Health is here too, because this
// listener outlives the public one while the process drains.
func (s *Server) internalHandler(level zap.AtomicLevel) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	mux.HandleFunc("GET /healthz", s.health.ServeLive)
	mux.HandleFunc("GET /readyz", s.health.ServeReady)
	mux.Handle("/loglevel", level) // GET reads, PUT {"level":"debug"} sets
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
