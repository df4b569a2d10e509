package server

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what the process does. No label ever holds a user, a sid or a
// room of a user, so the number of series is bounded. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	emitted  *prometheus.CounterVec
	logins   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	limits   *prometheus.CounterVec

	limitHits []atomic.Int64 // as limitNames

	written, confirmed prometheus.Histogram
}

// NewMetrics makes a registry of its own, so that two servers in one process
// (tests) do not count into each other.
func NewMetrics(build BuildInfo) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		emitted:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "relevo_events_emitted_total", Help: "Committed events handed to the sockets of this process."}, []string{"event"}),
		logins:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "relevo_login_attempts_total", Help: "Sign-in attempts."}, []string{"result"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_server_request_duration_seconds",
			Help:    "Time to answer an HTTP request, Socket.IO transports not counted.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		limits: newLimitCounter(), limitHits: make([]atomic.Int64, len(limitNames)),
		written: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relevo_event_commit_to_write_seconds",
			Help:    "Time from the recording of a durable event, just before its commit, until it was handed to all sockets of this process.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}),
		confirmed: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relevo_event_commit_to_confirmed_seconds",
			Help:    "Time from the recording of a durable event until a client confirmed it; of the events that one confirmation covers the latest.",
			Buckets: []float64{.05, .1, .25, .5, 1, 1.5, 2, 2.5, 3, 5, 10, 30, 60, 150},
		}),
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "relevo_build_info", Help: "1, labelled with what is running."},
		[]string{"version", "commit", "go_version"})
	info.WithLabelValues(build.Version, build.Commit, build.GoVersion).Set(1)
	m.registry.MustRegister(info, m.emitted, m.logins, m.requests, m.limits, m.written, m.confirmed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// EventEmitted counts an event of the catalogue.
func (m *Metrics) EventEmitted(name string) { m.emitted.WithLabelValues(name).Inc() }

// LoginAttempt counts a sign-in; result is one of a few fixed words.
func (m *Metrics) LoginAttempt(result string) { m.logins.WithLabelValues(result).Inc() }

// EventWritten measures one durable event, from its recording to the sockets.
func (m *Metrics) EventWritten(after time.Duration) { m.written.Observe(after.Seconds()) }

// EventConfirmed measures one confirmation of a client.
func (m *Metrics) EventConfirmed(after time.Duration) { m.confirmed.Observe(after.Seconds()) }
