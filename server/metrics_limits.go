package server

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// newLimitCounter counts refusals; every limit is there from the start, at zero.
func newLimitCounter() *prometheus.CounterVec {
	hits := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "relevo_limits_hit_total",
		Help: "Requests, connections and events that were one too many, by the configuration key of the limit. http.max_header_bytes counts all requests whose header did not come whole in time, in size or in form.",
	}, []string{"limit"})
	for _, name := range limitNames {
		hits.WithLabelValues(name)
	}
	return hits
}

// LimitHit counts one refusal by the configuration key of the limit. Another word
// than the known ones is not counted.
func (m *Metrics) LimitHit(limit string) {
	if i := slices.Index(limitNames, limit); i >= 0 {
		m.limits.WithLabelValues(limit).Inc()
		m.limitHits[i].Add(1)
	}
}

// LimitHits are the refusals since the start by the configuration key of the limit.
func (m *Metrics) LimitHits() map[string]int64 {
	out := make(map[string]int64, len(limitNames))
	for i, name := range limitNames {
		out[name] = m.limitHits[i].Load()
	}
	return out
}
