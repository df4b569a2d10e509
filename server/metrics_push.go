package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/relevo/relevo/server/live"
)

var (
	pushSocketsDesc     = prometheus.NewDesc("relevo_push_sockets", "Open push sockets; a mute one gets nothing.", []string{"state"}, nil)
	pushConnectsDesc    = prometheus.NewDesc("relevo_push_connects_total", "Push sockets that were opened.", nil, nil)
	pushDisconnectsDesc = prometheus.NewDesc("relevo_push_disconnects_total", "Push sockets that ended.", []string{"reason"}, nil)
	pushRefusalsDesc    = prometheus.NewDesc("relevo_push_handshake_failures_total", "Handshakes of push sockets that were refused.", []string{"reason"}, nil)
	pushSentDesc        = prometheus.NewDesc("relevo_push_messages_sent_total", "Messages given to push sockets, greetings included.", nil, nil)
	pushDiscardedDesc   = prometheus.NewDesc("relevo_push_messages_discarded_total", "Messages of push clients, which mean nothing.", nil, nil)
	pushReplaysDesc     = prometheus.NewDesc("relevo_push_replays_total", "What push sockets got that began to listen: the open requests, what the log has since, or a request to load everything with the open requests.", []string{"kind"}, nil)
	pushWakesDesc       = prometheus.NewDesc("relevo_push_wakes_total", "Push sockets that a session was found for while they were open.", nil, nil)
)

// WatchPush adds what push sockets count. It is called once.
func (m *Metrics) WatchPush(p PushCounts) { m.registry.MustRegister(pushCollector{p}) }

// PushCounts is what push sockets tell of themselves; *live.Push does.
type PushCounts interface {
	Count() (listening, mute int)
	Totals() live.PushTotals
}

type pushCollector struct{ push PushCounts }

// Describe implements prometheus.Collector.
func (pushCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pushSocketsDesc, pushConnectsDesc, pushDisconnectsDesc, pushRefusalsDesc, pushSentDesc, pushDiscardedDesc, pushReplaysDesc, pushWakesDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c pushCollector) Collect(out chan<- prometheus.Metric) {
	listening, mute := c.push.Count()
	for state, n := range map[string]int{"listening": listening, "mute": mute} {
		out <- prometheus.MustNewConstMetric(pushSocketsDesc, prometheus.GaugeValue, float64(n), state)
	}
	counter := func(desc *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
	}
	t := c.push.Totals()
	counter(pushConnectsDesc, t.Connects)
	counter(pushSentDesc, t.Sent)
	counter(pushDiscardedDesc, t.Discarded)
	counter(pushWakesDesc, t.Wakes)
	for reason, n := range t.Disconnects {
		counter(pushDisconnectsDesc, n, reasonLabel(reason))
	}
	for reason, n := range t.Refusals {
		counter(pushRefusalsDesc, n, reasonLabel(reason))
	}
	for kind, n := range t.Replays {
		counter(pushReplaysDesc, n, kind)
	}
}
