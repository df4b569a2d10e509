package server

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// purgeInterval is how often sessions and remembered logins that are over are
	// removed. They count for nothing before that, too.
	purgeInterval = 10 * time.Minute
	// eventPurgeInterval is how often old events are removed.
	eventPurgeInterval = time.Minute
)

// startPurge removes what is over in the background; the returned function ends that
// and waits.
func (s *Server) startPurge(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	start := func(every time.Duration, purge func(context.Context)) {
		running.Go(func() {
			ticker := time.NewTicker(every)
			defer ticker.Stop()
			repeat(ctx, ticker.C, purge)
		})
	}
	start(purgeInterval, s.purgeSessions)
	start(eventPurgeInterval, s.purgeEvents)
	return func() {
		cancel()
		running.Wait()
	}
}

// repeat purges at once and then at every tick, until ctx ends. A database that
// cannot serve is asked again at the next tick.
func repeat(ctx context.Context, tick <-chan time.Time, purge func(context.Context)) {
	for {
		purge(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// purgeSessions removes the sessions and remembered logins that are over.
func (s *Server) purgeSessions(ctx context.Context) {
	n, err := s.store.Purge(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Warn("ended sessions not removed", zap.Error(err))
	case n > 0:
		s.log.Debug("ended sessions removed", zap.Int64("rows", n))
	}
}

// purgeEvents removes what is older than the replay window or too much.
func (s *Server) purgeEvents(ctx context.Context) {
	before := s.store.Instant().Add(-s.cfg.Events.Retention)
	n, err := s.store.PurgeEvents(ctx, before, s.cfg.Events.MaxRows)
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Warn("old events not removed", zap.Error(err))
	case n > 0:
		s.log.Debug("old events removed", zap.Int64("rows", n))
	}
}
