package live

import "sync/atomic"

// PushCounters holds the running totals of push sockets. The label sets are closed.
type PushCounters struct {
	connects, sent, discarded, wakes atomic.Int64

	disconnects [len(pushEnds) + 1]atomic.Int64
	refusals    [len(failureReasons) + 1]atomic.Int64
	replays     [len(replayKinds)]atomic.Int64
}

// What a socket that begins to listen gets first.
const (
	replayOpen   = "open"
	replayLog    = "log"
	replayResync = "resync"
)

var (
	replayKinds = [...]string{replayOpen, replayLog, replayResync}
	pushEnds    = [...]string{
		"transport close", "transport error", "ping timeout", "parse error", "slow consumer", "payload too large",
		"server shutting down", reasonElsewhere,
	}
)

func (c *PushCounters) disconnect(reason string) { c.disconnects[indexOf(pushEnds[:], reason)].Add(1) }
func (c *PushCounters) refuse(reason string)     { c.refusals[indexOf(failureReasons[:], reason)].Add(1) }
func (c *PushCounters) replay(kind string)       { c.replays[indexOf(replayKinds[:], kind)].Add(1) }

// PushTotals is one reading of the totals, with every known label.
type PushTotals struct {
	Connects    int64
	Disconnects map[string]int64 // by reason
	Refusals    map[string]int64 // of handshakes, by reason
	Replays     map[string]int64 // by what was sent: open, log or resync
	Sent        int64            // messages
	Discarded   int64            // messages of clients
	Wakes       int64            // sockets that a session was found for while they were open
}

// Totals reads all counters. The values are each exact but not of one instant.
func (p *Push) Totals() PushTotals {
	c := &p.counts
	return PushTotals{
		Connects: c.connects.Load(), Sent: c.sent.Load(), Discarded: c.discarded.Load(), Wakes: c.wakes.Load(),
		Disconnects: read(pushEnds[:], c.disconnects[:]),
		Refusals:    read(failureReasons[:], c.refusals[:]),
		Replays:     read(replayKinds[:], c.replays[:]),
	}
}
