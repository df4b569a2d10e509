package server

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// fakeLog answers a scrape; a nil error with two events.
type fakeLog struct{ err error }

func (f fakeLog) EventLogBacklog(context.Context, models.EventCursor) (int64, int64, error) {
	return 2, 1500, f.err
}

func (fakeLog) Position() (uint64, models.EventCursor) { return 0, models.EventCursor{} }

func (fakeLog) Counts() events.TailCounts { return events.TailCounts{Delivered: 7, ReadFailures: 1} }

func TestMetricsOfEvents(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		pending bool
	}{"the log answers": {nil, true}, "the log is out of reach": {errors.New("down"), false}} {
		t.Run(name, func(t *testing.T) {
			m := NewMetrics(BuildInfo{})
			m.WatchEvents(fakeLog{c.err}, fakeLog{}, func() live.ReplayCounts { return live.ReplayCounts{Replayed: 5, Expired: 3} })
			m.EventWritten(20 * time.Millisecond)
			m.EventConfirmed(2100 * time.Millisecond)
			text := scrape(t, m)
			for want, there := range map[string]bool{
				"relevo_events_pending 2": c.pending, "relevo_events_oldest_pending_seconds 1.5": c.pending,
				"relevo_events_delivered_total 7": true, "relevo_event_log_read_failures_total 1": true,
				"relevo_events_replayed_total 5": true, "relevo_events_expired_total 3": true,
				`relevo_event_commit_to_write_seconds_bucket{le="0.025"} 1`:   true,
				`relevo_event_commit_to_confirmed_seconds_bucket{le="2"} 0`:   true,
				`relevo_event_commit_to_confirmed_seconds_bucket{le="2.5"} 1`: true,
			} {
				if strings.Contains(text, want+"\n") != there {
					t.Errorf("%q there: %v, want %v", want, !there, there)
				}
			}
			problems, err := promlint.New(bytes.NewReader([]byte(text))).Lint()
			if err != nil || len(problems) != 0 {
				t.Errorf("lint: %v %v", problems, err)
			}
		})
	}
}
