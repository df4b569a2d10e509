package live

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// SlotStore keeps delivery slots; *models.Store is one.
type SlotStore interface {
	Tx(ctx context.Context, fn func(*models.Tx) error) error
	AnyOwed(ctx context.Context, node string) (bool, error)
	PurgeSlots(ctx context.Context, ended, taken time.Time) error
	HoldNode(ctx context.Context, node string) error
	Dialect() models.Dialect
	Instant() time.Time
}

// Bounds of a keeper.
const (
	slotFlush    = 2 * time.Second        // moved positions are written so often
	slotSoon     = 150 * time.Millisecond // and so soon after a replay was confirmed
	slotGroup    = 512                    // requests of one transaction
	slotGiveUp   = 10 * time.Second       // for a request that fails alone while the database serves
	slotTimeout  = 5 * time.Second        // of one transaction
	slotRetry    = 250 * time.Millisecond
	slotsWaiting = 1 << 16 // requests that are not written yet
	slotsKept    = 7 * 24 * time.Hour
	sweepEvery   = time.Minute
	seenEvery    = 5 * time.Second
	connectGrace = 30 * time.Second // for a socket between its slot and its CONNECT reply
	lateAtOnce   = 2
)

// slotKeeper writes the delivery slots of this process. One goroutine groups what
// the sockets ask for into transactions; nobody else waits for the database but a
// socket that connects, and that not for long. It is safe for concurrent use.
type slotKeeper struct {
	store  SlotStore
	node   string
	window time.Duration
	at     func(mark uint64) (models.EventCursor, bool)
	log    *zap.Logger

	sweepEvery time.Duration

	wake  chan struct{}
	hurry chan struct{} // a replay was confirmed, a room joined
	late  chan struct{} // slots for what is sent late
	busy  sync.WaitGroup

	mu     sync.Mutex
	queue  []slotWork
	open   map[string]*slot // by id, as of this process
	last   int64            // opened of the latest slot
	closed bool

	// The loop's own.
	failing            bool
	group              int // most requests of the next transaction
	swept, seen, idled time.Time
}

func newSlotKeeper(store SlotStore, node string, window time.Duration, at func(uint64) (models.EventCursor, bool), log *zap.Logger) *slotKeeper {
	return &slotKeeper{
		store: store, node: node, window: window, at: at, log: log, group: slotGroup,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), late: make(chan struct{}, lateAtOnce), open: map[string]*slot{}, sweepEvery: sweepEvery,
	}
}

func (k *slotKeeper) ring() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, then what is left, as far as the database serves.
func (k *slotKeeper) run(ctx context.Context) {
	if k.store.Dialect() == models.Postgres {
		k.busy.Go(func() { k.hold(ctx) })
	}
	defer k.busy.Wait()
	tick := time.NewTicker(slotFlush)
	defer tick.Stop()
	var soon <-chan time.Time
	for {
		select {
		case <-k.hurry:
			if soon == nil {
				soon = time.After(slotSoon)
			}
		case <-soon:
			soon = nil
			k.flush(ctx)
		case <-ctx.Done():
			k.stop(context.WithoutCancel(ctx))
			return
		case <-k.wake:
			for k.write(ctx) {
			}
		case <-tick.C:
			k.write(ctx)
			k.flush(ctx)
			k.sweep(ctx)
		}
		if k.failing {
			select {
			case <-ctx.Done():
			case <-time.After(slotRetry):
				k.ring()
			}
		}
	}
}

// stop writes the rest and refuses what comes later.
func (k *slotKeeper) stop(ctx context.Context) {
	for k.write(ctx) {
	}
	k.flush(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
}

// hold keeps the node's lock.
func (k *slotKeeper) hold(ctx context.Context) {
	for ctx.Err() == nil {
		if err := k.store.HoldNode(ctx, k.node); err != nil && ctx.Err() == nil {
			k.log.Warn("other nodes may take this one for dead; events may be repeated", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// transact runs fn in a transaction with a deadline.
func (k *slotKeeper) transact(ctx context.Context, fn func(*models.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, slotTimeout)
	defer cancel()
	return k.store.Tx(ctx, fn)
}

// failed logs the first of a row of failures.
func (k *slotKeeper) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the end of the process; it is tried once more
	}
	if !k.failing {
		k.log.Warn("delivery slots cannot be written; sockets connect without a replay", zap.Error(err))
	}
	k.failing = true
}

func (k *slotKeeper) mended() {
	if k.failing {
		k.failing = false
		k.log.Info("delivery slots are written again")
	}
}
