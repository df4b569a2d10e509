package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// newPresence makes what writes who is at the desk, and tells the store by which rule
// somebody counts as online.
func (s *Server) newPresence() *live.Presence {
	c := s.cfg.Presence
	s.store.SetPresenceRule(models.PresenceRule{Node: s.node, Grace: c.Grace, Lease: c.Lease, RequireSocket: c.RequireSocket})
	p := live.NewPresence(live.PresenceConfig{Store: s.store, Node: s.node, Lease: c.Lease, Log: s.log.Named("presence")})
	s.metrics.WatchPresence(p.Counts)
	return p
}

var (
	presenceUnwrittenDesc = prometheus.NewDesc("relevo_presence_unwritten", "Users whose coming or going is not in the database yet.", nil, nil)
	presenceFailuresDesc  = prometheus.NewDesc("relevo_presence_write_failures_total", "Writings of presence that failed; they are tried again.", nil, nil)
)

// WatchPresence adds how far the database knows who is at the desk. It is called once.
func (m *Metrics) WatchPresence(counts func() live.PresenceCounts) {
	m.registry.MustRegister(presenceCollector(counts))
}

type presenceCollector func() live.PresenceCounts

// Describe implements prometheus.Collector.
func (presenceCollector) Describe(out chan<- *prometheus.Desc) {
	out <- presenceUnwrittenDesc
	out <- presenceFailuresDesc
}

// Collect implements prometheus.Collector.
func (c presenceCollector) Collect(out chan<- prometheus.Metric) {
	now := c()
	out <- prometheus.MustNewConstMetric(presenceUnwrittenDesc, prometheus.GaugeValue, float64(now.Unwritten))
	out <- prometheus.MustNewConstMetric(presenceFailuresDesc, prometheus.CounterValue, float64(now.Failures))
}
