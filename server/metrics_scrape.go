package server

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/server/live"
)

var (
	socketsDesc     = prometheus.NewDesc("relevo_sockets", "Open sockets.", []string{"kind", "transport", "namespace", "role"}, nil)
	usersDesc       = prometheus.NewDesc("relevo_users_online", "Signed-in users with an open socket.", []string{"role"}, nil)
	connectsDesc    = prometheus.NewDesc("relevo_socket_connects_total", "Sockets that joined the namespace.", []string{"transport"}, nil)
	disconnectsDesc = prometheus.NewDesc("relevo_socket_disconnects_total", "Sockets that ended.", []string{"reason"}, nil)
	handshakesDesc  = prometheus.NewDesc("relevo_handshake_failures_total", "Handshakes that were refused.", []string{"reason"}, nil)
	joinsDesc       = prometheus.NewDesc("relevo_room_join_refusals_total", "Client rooms that a socket asked for and did not get.", nil, nil)
	panicsDesc      = prometheus.NewDesc("relevo_handler_panics_total", "Panics that ended one packet and nothing else.", nil, nil)
	droppedDesc     = prometheus.NewDesc("relevo_events_dropped_total", "Committed events of which the sending failed.", []string{"reason"}, nil)
)

// Watch adds what other rooms of the house count themselves, asked at each
// scrape: a gauge that is moved up and down by hand drifts for ever after one
// missed decrement. It is called once.
func (m *Metrics) Watch(sockets SocketCounts, totals func() live.Totals, guard func() events.GuardCounts) {
	m.registry.MustRegister(&scrapeCollector{sockets, totals, guard})
}

// SocketCounts is what an engine tells of itself when asked; every live.Engine does.
type SocketCounts interface {
	Stats() []live.SocketCount
	UsersOnline() map[string]int
}

type scrapeCollector struct {
	sockets SocketCounts
	totals  func() live.Totals
	guard   func() events.GuardCounts
}

func (*scrapeCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{socketsDesc, usersDesc, connectsDesc, disconnectsDesc, handshakesDesc, joinsDesc, panicsDesc, droppedDesc} {
		out <- d
	}
}

func (c *scrapeCollector) Collect(out chan<- prometheus.Metric) {
	c.collectSockets(out)
	for role, n := range c.sockets.UsersOnline() {
		out <- prometheus.MustNewConstMetric(usersDesc, prometheus.GaugeValue, float64(n), role)
	}
	counter := func(desc *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
	}
	totals := c.totals()
	for transport, n := range totals.Connects {
		counter(connectsDesc, n, transport)
	}
	for reason, n := range totals.Disconnects {
		counter(disconnectsDesc, n, reasonLabel(reason))
	}
	for reason, n := range totals.HandshakeFailures {
		counter(handshakesDesc, n, reasonLabel(reason))
	}
	counter(joinsDesc, totals.JoinRefusals)
	counter(panicsDesc, totals.HandlerPanics)
	guard := c.guard()
	counter(droppedDesc, guard.Benign, "peer_gone")
	counter(droppedDesc, guard.Failed, "error")
}

// collectSockets adds up rows that differ in nothing, which Prometheus refuses.
func (c *scrapeCollector) collectSockets(out chan<- prometheus.Metric) {
	sums := map[live.SocketCount]int{}
	for _, s := range c.sockets.Stats() {
		n := s.Sockets
		s.Sockets = 0
		sums[s] += n
	}
	for s, n := range sums {
		role := s.Role
		if role == "" {
			role = "anonymous"
		}
		out <- prometheus.MustNewConstMetric(socketsDesc, prometheus.GaugeValue, float64(n), "socketio", s.Transport, "/", role)
	}
}

// reasonLabel is a reason in label form: "ping timeout" is ping_timeout.
func reasonLabel(reason string) string { return strings.ReplaceAll(reason, " ", "_") }
