package live

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// ReplayLog is what a Replay reads; *models.Store is one.
type ReplayLog interface {
	SlotStore
	events.Past
}

// ReplayConfig is what a Replay needs. All but Log and Observe are required.
type ReplayConfig struct {
	Store ReplayLog
	// Tail is what delivers the log to this process.
	Tail *events.Tail
	// Secret signs the private ids of clients. All nodes of a database share it.
	Secret string
	// Node is the id of this run.
	Node string
	// Max bounds the events that are sent to one returning socket.
	Max int
	// Window is how long events are kept.
	Window time.Duration
	// Confirmed is told how long ago an event was recorded when a client confirmed
	// it. Nil: nobody is told.
	Confirmed func(time.Duration)
	// Log is nil for silence.
	Log *zap.Logger
}

// Replay finds what a client missed while it was away, from the event log. It is
// safe for concurrent use. Run must be running for the slots of clients that know
// nothing of offsets.
type Replay struct {
	config ReplayConfig
	signer pidSigner
	keeper *slotKeeper
	reads  chan struct{}

	replayed, expired atomic.Int64
}

// Bounds of a replay.
const (
	replayReads   = 4                // of sockets that come back, at a time
	replayTimeout = 10 * time.Second // for all a connecting socket asks the database; a slow one is no reason to give up
	replayScan    = 10               // rows looked at, in multiples of Max
	replayBytes   = 512 << 10        // of payloads to one socket: its queue must hold them
)

// NewReplay returns a Replay. It panics when a required part is missing, which is
// a mistake of the program and shows at its start.
func NewReplay(c ReplayConfig) *Replay {
	if c.Store == nil || c.Tail == nil || c.Secret == "" || c.Node == "" || c.Max <= 0 || c.Window <= 0 {
		panic("live.NewReplay: the configuration is not complete")
	}
	if c.Confirmed == nil {
		c.Confirmed = func(time.Duration) {}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	r := &Replay{config: c, signer: newPIDSigner(c.Secret), reads: make(chan struct{}, replayReads)}
	r.keeper = newSlotKeeper(c.Store, c.Node, c.Window, r.placeOf, c.Log)
	return r
}

// Run keeps the slots until ctx ends and writes what is left by then. Sockets are
// drained before.
func (r *Replay) Run(ctx context.Context) { r.keeper.run(ctx) }

// ReplayCounts are totals since the start.
type ReplayCounts struct {
	// Replayed counts events that were sent to sockets that had missed them.
	Replayed int64
	// Expired counts sockets that were told to load everything again.
	Expired int64
}

// Counts returns the totals.
func (r *Replay) Counts() ReplayCounts { return ReplayCounts{r.replayed.Load(), r.expired.Load()} }

// The marks of connections are one above the ordinals of deliveries, so that
// "nothing was delivered yet" is a mark, too.
func markOf(ordinal uint64) uint64 { return ordinal + 1 }

// placeOf is where the process stood after the delivery with the mark.
func (r *Replay) placeOf(mark uint64) (models.EventCursor, bool) {
	d, ok := r.config.Tail.At(mark - 1)
	return d.Cursor, ok
}
