package server

import (
	"context"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// logOf is a log of which only reads are looked at.
type logOf struct {
	events.Log
	now   time.Time
	reads int
	full  bool
}

func (l *logOf) EventsAfter(_ context.Context, _ models.EventCursor, limit int) ([]models.LoggedEvent, error) {
	l.reads++
	if l.full {
		return make([]models.LoggedEvent, limit), nil
	}
	return nil, nil
}

// A log that this process does not write to is read once an interval, and on as
// long as it has more.
func TestSeldomRead(t *testing.T) {
	under := &logOf{now: time.Unix(0, 0)}
	l := &seldomRead{Log: under, every: time.Second, now: func() time.Time { return under.now }}
	for i, step := range []struct {
		pause time.Duration
		full  bool
		reads int
	}{{0, true, 1}, {0, false, 2}, {0, false, 2}, {900 * time.Millisecond, false, 2}, {100 * time.Millisecond, false, 3}} {
		under.now, under.full = under.now.Add(step.pause), step.full
		if _, err := l.EventsAfter(t.Context(), models.EventCursor{}, 5); err != nil || under.reads != step.reads {
			t.Errorf("step %d: %d reads, want %d, %v", i, under.reads, step.reads, err)
		}
	}
}
