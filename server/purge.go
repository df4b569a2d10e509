package server

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// purgeInterval is how often sessions and remembered logins that are over are
// removed. They count for nothing before that, too.
const purgeInterval = 10 * time.Minute

// startPurge purges in the background; the returned function ends that and waits.
func startPurge(ctx context.Context, store *models.Store, log *zap.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ticker := time.NewTicker(purgeInterval)
	var running sync.WaitGroup
	running.Go(func() { purge(ctx, store, ticker.C, log) })
	return func() {
		cancel()
		ticker.Stop()
		running.Wait()
	}
}

// purge removes what is over, at once and then at every tick, until ctx ends. A
// database that cannot serve is asked again at the next tick.
func purge(ctx context.Context, store *models.Store, tick <-chan time.Time, log *zap.Logger) {
	for {
		n, err := store.Purge(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("ended sessions not removed", zap.Error(err))
		case n > 0:
			log.Debug("ended sessions removed", zap.Int64("rows", n))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}
