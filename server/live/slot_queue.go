package live

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// slotWork is one request: open or end.
type slotWork struct {
	slot *slot
	open *slotOpening
	end  *slotEnding

	alone time.Time // since when it fails alone
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

var errSlotsBusy = errors.New("delivery slots cannot be written now")

// begin stores the slot of a socket that connects and returns where the socket
// begins. On an error, of which the client is told, the slot is written as soon as that
// can be done, without a claim.
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
	if c, known := k.placeOf(s); known {
		e.position = c.String()
	}
	// An end is never refused: there are no more of them than of beginnings.
	k.queue = append(k.queue, slotWork{slot: s, end: e})
	k.ring()
}

// placeOf is where the slot's socket is known to stand; false when that is not
// further than its row says.
func (k *slotKeeper) placeOf(s *slot) (place models.EventCursor, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.place(s.confirmed, k.at)
}

// write does a group of requests in one transaction; true when more may wait.
func (k *slotKeeper) write(ctx context.Context) (more bool) {
	k.mu.Lock()
	work := k.queue[:min(len(k.queue), k.group)]
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
		k.isolate(len(work), err, b.now)
		return false
	}
	k.mended()
	k.group = min(2*k.group, slotGroup)
	k.mu.Lock()
	for i, w := range work {
		k.tell(w, b.claims[i], b.abandoned[i])
	}
	rest := k.queue[len(work):]
	k.queue = append([]slotWork(nil), rest...)
	more = len(rest) > 0
	k.mu.Unlock()
	k.pay(b.late)
	return more
}

// pay sends what is owed to slots of this process.
func (k *slotKeeper) pay(late []lateSlot) {
	for _, l := range late {
		k.sendLate(l.slot, l.owed)
	}
}

// isolate makes the next group smaller, so that one request that cannot be written does
// not hold the others up. Failing alone while the database serves, it goes behind them
// with what else its session asks for, and is given up after slotGiveUp.
func (k *slotKeeper) isolate(failed int, err error, now time.Time) {
	k.group = max(failed/2, 1)
	if failed > 1 || models.CodeOf(err) == models.Unavailable {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	first := &k.queue[0]
	if first.alone.IsZero() {
		first.alone = now
	}
	if now.Sub(first.alone) >= slotGiveUp {
		k.log.Error("delivery slot given up; its socket has no replay", zap.Error(err))
		k.queue = slices.Clone(k.queue[1:])
		return
	}
	key := first.slot.key
	rest := make([]slotWork, 0, len(k.queue))
	var behind []slotWork
	for _, w := range k.queue {
		if w.slot.key == key {
			behind = append(behind, w)
		} else {
			rest = append(rest, w)
		}
	}
	k.queue = append(rest, behind...)
}

// tell hands the result of an opening over; the caller holds mu.
func (k *slotKeeper) tell(w slotWork, c *claim, abandoned bool) {
	if w.open == nil || c == nil {
		return
	}
	w.slot.mu.Lock()
	w.slot.position, w.slot.stored, w.slot.told = c.start.String(), true, c.resync != ""
	w.slot.late.told = w.slot.late.told || w.slot.told
	if !abandoned {
		w.slot.start, w.slot.rooms = c.start, c.rooms
	}
	w.slot.mu.Unlock()
	w.open.done <- *c
}
