package server

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/relevo/relevo/server/live"
)

// Metrics counts what the process does. No label ever holds a user, a sid or a
// room of a user, so the number of series is bounded. It is safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	connects    *prometheus.CounterVec
	disconnects *prometheus.CounterVec
	handshakes  *prometheus.CounterVec
	emitted     *prometheus.CounterVec
	logins      *prometheus.CounterVec
	requests    *prometheus.HistogramVec
}

// NewMetrics makes a registry of its own, so that two servers in one process
// (tests) do not count into each other.
func NewMetrics(build BuildInfo) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "relevo", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		connects:    counter("socket_connects_total", "Sockets that joined the namespace.", "transport"),
		disconnects: counter("socket_disconnects_total", "Sockets that ended.", "reason"),
		handshakes:  counter("handshake_failures_total", "Handshakes that were refused.", "reason"),
		emitted:     counter("events_emitted_total", "Events handed to the sockets of this process.", "event"),
		logins:      counter("login_attempts_total", "Sign-in attempts.", "result"),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_server_request_duration_seconds",
			Help:    "Time to answer an HTTP request, Socket.IO transports not counted.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "relevo", Name: "build_info", Help: "1, labelled with what is running."},
		[]string{"version", "commit", "go_version"})
	info.WithLabelValues(build.Version, build.Commit, build.GoVersion).Set(1)
	m.registry.MustRegister(info, m.connects, m.disconnects, m.handshakes, m.emitted, m.logins, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// WatchSockets adds the gauge of open sockets, asked at each scrape.
func (m *Metrics) WatchSockets(stats func() []live.SocketCount) {
	m.registry.MustRegister(&socketCollector{stats: stats, desc: prometheus.NewDesc("relevo_sockets",
		"Open sockets.", []string{"kind", "transport", "namespace", "role"}, nil)})
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// SocketConnected counts a socket that joined over the transport.
func (m *Metrics) SocketConnected(transport string) { m.connects.WithLabelValues(transport).Inc() }

// SocketDisconnected counts a socket that ended, with the reason in Socket.IO words.
func (m *Metrics) SocketDisconnected(reason string) {
	m.disconnects.WithLabelValues(reasonLabel(reason)).Inc()
}

// HandshakeFailed counts a refused handshake.
func (m *Metrics) HandshakeFailed(reason string) {
	m.handshakes.WithLabelValues(reasonLabel(reason)).Inc()
}

// EventEmitted counts an event of the catalogue.
func (m *Metrics) EventEmitted(name string) { m.emitted.WithLabelValues(name).Inc() }

// LoginAttempt counts a sign-in: ok, rejected or limited.
func (m *Metrics) LoginAttempt(result string) { m.logins.WithLabelValues(reasonLabel(result)).Inc() }

// reasonLabel is the reason in label form: "ping timeout" is ping_timeout.
func reasonLabel(reason string) string {
	return strings.ReplaceAll(strings.TrimSpace(reason), " ", "_")
}

// socketCollector computes relevo_sockets at scrape: a gauge that is moved up
// and down by hand drifts for ever after one missed decrement.
type socketCollector struct {
	stats func() []live.SocketCount
	desc  *prometheus.Desc
}

func (c *socketCollector) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

func (c *socketCollector) Collect(out chan<- prometheus.Metric) {
	sums := map[live.SocketCount]int{}
	for _, s := range c.stats() {
		n := s.Sockets
		s.Sockets = 0
		sums[s] += n
	}
	for s, n := range sums {
		role := s.Role
		if role == "" {
			role = "anonymous"
		}
		out <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(n), "socketio", s.Transport, "/", role)
	}
}
