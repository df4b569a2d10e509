package live

import (
	"context"
	"errors"
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

	wake  chan struct{}
	hurry chan struct{} // a replay was confirmed
	late  chan struct{} // slots for what is sent late
	busy  sync.WaitGroup

	mu     sync.Mutex
	queue  []slotWork
	open   map[string]*slot // by id, as of this process
	last   int64            // opened of the latest slot
	closed bool

	// The loop's own.
	failing            bool
	swept, seen, idled time.Time
}

// slotWork is one request: open or end.
type slotWork struct {
	slot *slot
	open *slotOpening
	end  *slotEnding
}

// slotOpening asks for the slot of a socket that connects.
type slotOpening struct {
	// claim looks for slots that the session has left behind.
	claim bool
	// place is where the socket begins when nothing is found.
	place models.EventCursor
	rooms []string
	done  chan claim // buffered

	abandoned bool // nobody waits any more; guarded by keeper.mu
}

// slotEnding ends a slot.
type slotEnding struct {
	drop, polite bool
	at, heard    time.Time // heard: the client's last sign of life
	position     string
}

func newSlotKeeper(store SlotStore, node string, window time.Duration, at func(uint64) (models.EventCursor, bool), log *zap.Logger) *slotKeeper {
	return &slotKeeper{
		store: store, node: node, window: window, at: at, log: log,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), late: make(chan struct{}, lateAtOnce), open: map[string]*slot{},
	}
}

var errSlotsBusy = errors.New("delivery slots cannot be written now")

// begin stores the slot of a socket that connects and returns where the socket
// begins. On an error the slot is written as soon as that can be done, without a
// claim.
func (k *slotKeeper) begin(ctx context.Context, s *slot, o *slotOpening) (claim, error) {
	o.done = make(chan claim, 1)
	k.mu.Lock()
	if k.closed || len(k.queue) >= slotsWaiting {
		k.mu.Unlock()
		return claim{}, errSlotsBusy
	}
	k.last = max(k.last+1, k.store.Instant().UnixMicro())
	s.opened, s.start = k.last, o.place
	if before := k.open[s.id]; before != nil {
		// Its client is back before it was known to be gone; the row may not name its rooms yet.
		o.rooms = before.watching()
	}
	k.open[s.id] = s
	k.queue = append(k.queue, slotWork{slot: s, open: o})
	k.mu.Unlock()
	k.ring()
	select {
	case c := <-o.done:
		return c, nil
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case c := <-o.done:
		return c, nil
	default:
		o.abandoned = true
		return claim{}, errSlotsBusy
	}
}

// end says that the socket of the slot is gone; it does not wait.
func (k *slotKeeper) end(s *slot, e *slotEnding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	if k.open[s.id] == s {
		delete(k.open, s.id)
	}
	e.position = k.placeOf(s)
	// An end is never refused: there are no more of them than of beginnings.
	k.queue = append(k.queue, slotWork{slot: s, end: e})
	k.ring()
}

// placeOf is where the slot's socket is known to stand; empty when that is not
// further than its row says.
func (k *slotKeeper) placeOf(s *slot) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.place(s.confirmed, k.at); ok {
		return c.String()
	}
	return ""
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

// flushSoon has moved positions written before their time. A process that is killed
// again and again would otherwise replay more each time.
func (k *slotKeeper) flushSoon() {
	select {
	case k.hurry <- struct{}{}:
	default:
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

// write does a group of requests in one transaction; true when more may wait.
func (k *slotKeeper) write(ctx context.Context) (more bool) {
	k.mu.Lock()
	work := k.queue[:min(len(k.queue), slotGroup)]
	b := &slotBatch{keeper: k, now: k.store.Instant(), work: work, claims: make([]*claim, len(work))}
	b.abandoned = make([]bool, len(work))
	for i, w := range work {
		b.abandoned[i] = w.open != nil && w.open.abandoned
	}
	k.mu.Unlock()
	if len(work) == 0 {
		return false
	}
	if err := k.transact(ctx, b.apply); err != nil {
		k.failed(ctx, err)
		return false
	}
	k.mended()
	k.mu.Lock()
	for i, w := range work {
		k.tell(w, b.claims[i], b.abandoned[i])
	}
	rest := k.queue[len(work):]
	k.queue = append([]slotWork(nil), rest...)
	more = len(rest) > 0
	k.mu.Unlock()
	for _, l := range b.late {
		k.sendLate(l.slot, l.owed)
	}
	return more
}

// tell hands the result of an opening over; the caller holds mu.
func (k *slotKeeper) tell(w slotWork, c *claim, abandoned bool) {
	if w.open == nil || c == nil {
		return
	}
	w.slot.mu.Lock()
	w.slot.position, w.slot.stored = c.start.String(), true
	if !abandoned {
		w.slot.start, w.slot.rooms = c.start, c.rooms
	}
	w.slot.mu.Unlock()
	w.open.done <- *c
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

// sendLate hands a socket what an earlier connection of its session did not confirm.
// However many of these end at a time, it is sent once.
func (k *slotKeeper) sendLate(s *slot, owed models.EventCursor) {
	if !s.owe(owed) {
		return
	}
	k.busy.Go(func() {
		k.late <- struct{}{}
		defer func() { <-k.late }()
		s.socket.sendOwed(s.owed())
	})
}
