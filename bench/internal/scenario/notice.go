package scenario

import (
	"bytes"
	"fmt"
	"time"

	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// subscribers of a write scenario: the bits of notice.got.
const subscribers = 50

// notice is one event of one operation.
type notice struct {
	sent time.Duration   // the request; below zero until the operation's number is known
	got  uint64          // who has it
	at   []time.Duration // when they got it, as long as sent is unknown
}

// notices follows the events of all writes to all subscribers.
type notices struct {
	run       *run
	all       map[string]*notice // by name and operation
	open      int                // that are not with everybody yet
	since     time.Duration      // of requests from then on latencies are kept; never while it is negative
	until     time.Duration      // and of those before then
	latencies *stats.Histogram
}

const everybody = 1<<subscribers - 1

func (n *notices) of(name, operation string) *notice {
	key := name + " " + operation
	one := n.all[key]
	if one == nil {
		one = &notice{sent: -1}
		n.all[key] = one
		n.open++
	}
	return one
}

// expect says when the request was sent that has an event.
func (n *notices) expect(name, operation string, sent time.Duration) {
	one := n.of(name, operation)
	one.sent = sent
	for _, at := range one.at {
		n.took(sent, at)
	}
	one.at = nil
	n.settle(one)
}

func (n *notices) took(sent, at time.Duration) {
	if n.since >= 0 && sent >= n.since && sent < n.until {
		n.latencies.Add(at - sent)
	}
}

// settle is called when something has changed of a notice.
func (n *notices) settle(one *notice) {
	if one.sent >= 0 && one.got == everybody {
		n.open--
	}
}

// event notes one copy. The events that make pages reload may be dropped for newer
// ones, so they are not counted.
func (n *notices) event(c *wire.Client, array []byte) {
	name, rest, ok := bytes.Cut(bytes.TrimPrefix(array, []byte(`["`)), []byte(`",{"operation_id":"`))
	if !ok {
		return
	}
	operation, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		n.run.fault(fmt.Sprintf("unexpected event %.80q", array))
		return
	}
	one := n.of(string(name), string(operation))
	bit := uint64(1) << c.Index
	if one.got&bit != 0 {
		n.run.fault(fmt.Sprintf("%s of %s came twice", name, operation))
		return
	}
	if string(name) == canceled && n.of(created, string(operation)).got&bit == 0 {
		n.run.fault(fmt.Sprintf("%s of %s came before %s", name, operation, created))
	}
	one.got |= bit
	if one.sent >= 0 {
		n.took(one.sent, n.run.loop.Now())
	} else {
		one.at = append(one.at, n.run.loop.Now())
	}
	n.settle(one)
}
