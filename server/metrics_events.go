package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

var (
	pendingDesc   = prometheus.NewDesc("relevo_events_pending", "Committed events that this process has not handed to its sockets yet.", nil, nil)
	oldestDesc    = prometheus.NewDesc("relevo_events_oldest_pending_seconds", "Age of the oldest of them, 0 without any.", nil, nil)
	deliveredDesc = prometheus.NewDesc("relevo_events_delivered_total", "Events of the log that this process handed to its sockets.", nil, nil)
	unreadDesc    = prometheus.NewDesc("relevo_event_log_read_failures_total", "Readings of the event log that failed.", nil, nil)
	replayedDesc  = prometheus.NewDesc("relevo_events_replayed_total", "Events that were sent to sockets that had missed them.", nil, nil)
	expiredDesc   = prometheus.NewDesc("relevo_events_expired_total", "Sockets that came back and were told to load everything again.", nil, nil)
)

// EventLog is what of the event log is asked at a scrape; *models.Store is one.
type EventLog interface {
	EventLogBacklog(ctx context.Context, c models.EventCursor) (events, oldest int64, err error)
}

// EventTail is what of the tail is asked at a scrape; *events.Tail is one.
type EventTail interface {
	Position() (ordinal uint64, cursor models.EventCursor)
	Counts() events.TailCounts
}

// WatchEvents adds the state of the event log. Replays is nil when nothing is
// replayed. It is called once.
func (m *Metrics) WatchEvents(log EventLog, tail EventTail, replays func() live.ReplayCounts) {
	m.registry.MustRegister(&eventCollector{log, tail, replays})
}

type eventCollector struct {
	log     EventLog
	tail    EventTail
	replays func() live.ReplayCounts
}

// backlogTimeout bounds what a scrape may ask of the database. Without an answer
// the two gauges are missing, which an alert can tell from zero.
const backlogTimeout = time.Second

func (*eventCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pendingDesc, oldestDesc, deliveredDesc, unreadDesc, replayedDesc, expiredDesc} {
		out <- d
	}
}

func (c *eventCollector) Collect(out chan<- prometheus.Metric) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64) {
		out <- prometheus.MustNewConstMetric(desc, kind, value)
	}
	counts := c.tail.Counts()
	send(deliveredDesc, prometheus.CounterValue, float64(counts.Delivered))
	send(unreadDesc, prometheus.CounterValue, float64(counts.ReadFailures))
	if c.replays != nil {
		replays := c.replays()
		send(replayedDesc, prometheus.CounterValue, float64(replays.Replayed))
		send(expiredDesc, prometheus.CounterValue, float64(replays.Expired))
	}
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	_, at := c.tail.Position()
	if pending, oldest, err := c.log.EventLogBacklog(ctx, at); err == nil {
		send(pendingDesc, prometheus.GaugeValue, float64(pending))
		send(oldestDesc, prometheus.GaugeValue, (time.Duration(oldest) * time.Millisecond).Seconds())
	}
}
