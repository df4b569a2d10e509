package server

import (
	"context"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// seldomRead is the log of a process whose own events stay out of it (events.log:
// off). A commit finds nothing new there, so that being woken costs no read; what
// others put there is found once in every interval. It belongs to one goroutine.
type seldomRead struct {
	events.Log
	every time.Duration
	now   func() time.Time
	last  time.Time
}

func (l *seldomRead) EventsAfter(ctx context.Context, c models.EventCursor, limit int) ([]models.LoggedEvent, error) {
	now := l.now()
	if !l.last.IsZero() && now.Sub(l.last) < l.every {
		return nil, nil
	}
	found, err := l.Log.EventsAfter(ctx, c, limit)
	if err == nil && len(found) < limit {
		l.last = now
	}
	return found, err
}

// tailed is what the tail of this process reads.
func (s *Server) tailed() events.Log {
	if s.cfg.Events.Log != "off" {
		return s.store
	}
	// Half of it, so that no tick of the poll comes too early.
	return &seldomRead{Log: s.store, every: s.cfg.Events.PollInterval / 2, now: s.store.Instant}
}
