package events

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// Log is what a Tail reads; *models.Store is one.
type Log interface {
	EventsAfter(ctx context.Context, c models.EventCursor, limit int) ([]models.LoggedEvent, error)
	EventLogEnd(ctx context.Context) (models.EventCursor, error)
	EventCursorAt(ctx context.Context, id string, settled int64) (models.EventCursor, error)
	MarkEventLog(ctx context.Context) (models.EventMark, error)
	EventLogSettled(ctx context.Context, m models.EventMark) (bool, error)
	EventLogPurged(ctx context.Context) (int64, error)
}

// TailConfig is what a Tail needs.
type TailConfig struct {
	Log Log
	// Deliver hands one event to the sockets of this process; it must not fail. It
	// is called by one goroutine, in the order of delivery.
	Deliver func(Delivery)
	// Latest hands over an event that is not kept; called by the same goroutine.
	Latest func(models.EventRecord)
	// Poll is how long the log is not looked at when nobody wakes the tail.
	// Default 1 s.
	Poll time.Duration
	// Logger is nil for silence.
	Logger *zap.Logger
}

// Bounds of a tail.
const (
	tailBatch   = 500             // events of one read
	readTimeout = 5 * time.Second // of one read
	settleEvery = 250 * time.Millisecond
	// settleAtStart is how long a start waits for open transactions.
	settleAtStart = time.Second
)

// Tail delivers the event log to this process, from the moment of its Start on,
// each event once: by Seq as far as events are visible, and those that become
// visible late as soon as they do. All methods may be called concurrently.
type Tail struct {
	config  TailConfig
	journal *journal
	waiting *waiting
	behind  behind

	delivered, failures atomic.Int64

	// The loop's own.
	gap       models.EventMark // until it has settled, a gap below may still be filled
	gapOpen   bool
	gapSought time.Time
	failing   bool
}

// StartTail begins at the present end of the log. Run has to be called for
// anything to be delivered.
func StartTail(ctx context.Context, c TailConfig) (*Tail, error) {
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	end, err := startOfTail(ctx, c.Log)
	if err != nil {
		return nil, fmt.Errorf("start tail: %w", err)
	}
	return &Tail{config: c, journal: newJournal(end), waiting: newWaiting()}, nil
}

// startOfTail is the present end of the log, with the gaps closed that numbers of
// rolled back transactions left, as far as that is known soon.
func startOfTail(ctx context.Context, log Log) (models.EventCursor, error) {
	end, err := log.EventLogEnd(ctx)
	if err != nil || len(end.Beyond) == 0 {
		return end, err
	}
	mark, err := log.MarkEventLog(ctx)
	if err != nil {
		return end, err
	}
	for until := time.Now().Add(settleAtStart); ; {
		settled, err := log.EventLogSettled(ctx, mark)
		if err != nil {
			return end, err
		}
		if !settled && time.Now().Before(until) {
			time.Sleep(settleAtStart / 100)
			continue
		}
		end, err = log.EventLogEnd(ctx)
		if err == nil && settled {
			end.Settle(mark.Seq)
		}
		return end, err
	}
}

// Wake makes the tail look at the log now. The latest events given, those of a
// transaction that has committed, are sent after what is found; of equal ones that
// wait only one is.
func (t *Tail) Wake(latest ...models.EventRecord) { t.waiting.call(latest) }

// Position is the ordinal of the last delivery and what is behind the process by
// now. A delivery counts as made from just before it is handed to the sockets.
func (t *Tail) Position() (uint64, models.EventCursor) { return t.journal.position() }

// At is the delivery with the ordinal; false when it is forgotten or to come.
func (t *Tail) At(ordinal uint64) (Delivery, bool) { return t.journal.at(ordinal) }

// Since returns the deliveries after the ordinal, oldest first; false when some of
// them are forgotten.
func (t *Tail) Since(ordinal uint64) ([]Delivery, bool) { return t.journal.since(ordinal) }

// CursorOf finds the cursor of a place. Code NotFound when it names an event that
// is not kept any more.
func (t *Tail) CursorOf(ctx context.Context, p Place) (models.EventCursor, error) {
	if p.Exact {
		return p.Cursor, nil
	}
	_, at := t.Position()
	return t.config.Log.EventCursorAt(ctx, p.EventID, at.Low)
}

// TailCounts are totals since the start.
type TailCounts struct{ Delivered, ReadFailures int64 }

// Counts returns the totals.
func (t *Tail) Counts() TailCounts { return TailCounts{t.delivered.Load(), t.failures.Load()} }

// Run delivers until ctx ends. What is committed by then and was woken for is
// delivered before it returns, unless the log cannot be read.
func (t *Tail) Run(ctx context.Context) {
	poll := time.NewTicker(t.config.Poll)
	defer poll.Stop()
	t.behind.serve(true)
	defer t.behind.serve(false)
	// A read is bounded by its own timeout; cut off, it would let latest events pass durable ones.
	reading := context.WithoutCancel(ctx)
	for {
		t.round(reading)
		var settle <-chan time.Time
		if _, at := t.Position(); len(at.Beyond) > 0 {
			settle = time.After(settleEvery)
		}
		select {
		case <-ctx.Done():
			t.round(reading)
			return
		case <-t.waiting.rung:
		case <-poll.C:
		case <-settle:
		}
	}
}

// round reads what there is, delivers it and tries to close gaps.
func (t *Tail) round(ctx context.Context) {
	behind, latest := t.behind.take(), t.waiting.take()
	settled := t.settled(ctx)
	ok := t.drain(ctx)
	t.behind.caughtUp(behind, ok)
	for _, e := range latest {
		t.config.Latest(e)
	}
	if ok && settled {
		t.journal.settle(t.gap.Seq)
		t.gapOpen = false
	}
	if ok {
		t.lookAtGap(ctx)
	}
}

// drain delivers all that is visible; false when the log could not be read.
func (t *Tail) drain(ctx context.Context) bool {
	for {
		_, at := t.Position()
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		found, err := t.config.Log.EventsAfter(reading, at, tailBatch)
		cancel()
		if err != nil {
			t.failed(err)
			return false
		}
		if t.failing {
			t.failing = false
			t.config.Logger.Info("event log is readable again")
		}
		for _, e := range found {
			t.config.Deliver(t.journal.add(e))
			t.delivered.Add(1)
		}
		if len(found) < tailBatch {
			return true
		}
	}
}

// failed logs the first of a row of failures.
func (t *Tail) failed(err error) {
	t.failures.Add(1)
	if !t.failing {
		t.failing = true
		t.config.Logger.Warn("event log cannot be read; events wait", zap.Error(err))
	}
}

// settled reports whether the gaps below the mark can be closed after the next drain.
func (t *Tail) settled(ctx context.Context) bool {
	if !t.gapOpen {
		return false
	}
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	settled, err := t.config.Log.EventLogSettled(reading, t.gap)
	return err == nil && settled
}

// lookAtGap closes gaps that were purged, and notes where the log stands when
// there is a gap and no note yet.
func (t *Tail) lookAtGap(ctx context.Context) {
	_, at := t.Position()
	if len(at.Beyond) == 0 || time.Since(t.gapSought) < settleEvery {
		return
	}
	t.gapSought = time.Now()
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	// A purge passes nothing that can still appear. Places below it would count as
	// lost, for as long as any transaction is open.
	if purged, err := t.config.Log.EventLogPurged(reading); err == nil {
		t.journal.settle(purged)
	}
	if t.gapOpen {
		return
	}
	if mark, err := t.config.Log.MarkEventLog(reading); err == nil {
		t.gap, t.gapOpen = mark, true
	}
}
