package scenario

import (
	"bytes"
	"fmt"
	"time"

	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// payload is the length of the padding that makes an object of about 300 bytes.
const payload = 283

// cast is one broadcast.
type cast struct {
	due time.Duration
	got int
}

// meter counts the copies of every broadcast. Broadcast n comes from emitter
// n modulo the number of emitters, so that each emitter's numbers rise at every client.
type meter struct {
	run      *run
	emitters []*wire.Client
	expect   int // copies of a broadcast
	size     int // of the padding
	casts    []cast
	sent     int
	complete int
	stopped  bool
	// done is called when the last copy of a broadcast has arrived.
	done func(n int)
	// since is from when on latencies are kept; never while it is negative.
	since     time.Duration
	latencies stats.Histogram
	copies    int // all that arrived
}

func newMeter(r *run, emitters []*wire.Client, expect int) *meter {
	m := &meter{run: r, emitters: emitters, expect: expect, size: payload, since: -1}
	r.onEvent = m.event
	return m
}

// emit sends broadcast n, due at the time given.
func (m *meter) emit(n int, due time.Duration) {
	for len(m.casts) <= n {
		m.casts = append(m.casts, cast{due: -1})
	}
	m.casts[n].due = due
	m.sent++
	m.emitters[n%len(m.emitters)].Emit(-1, fmt.Sprintf(`["bcast",%d,%d]`, n, m.size))
}

var newsHead = []byte(`["news",{"n":`)

func (m *meter) event(c *wire.Client, array []byte) {
	if !bytes.HasPrefix(array, newsHead) {
		m.run.fault(fmt.Sprintf("unexpected event %.60q", array))
		return
	}
	n := 0
	for _, b := range array[len(newsHead):] {
		if b < '0' || b > '9' {
			break
		}
		n = n*10 + int(b-'0')
	}
	if n >= len(m.casts) || m.casts[n].due < 0 {
		m.run.fault(fmt.Sprintf("broadcast %d was never sent", n))
		return
	}
	if last := &c.Last[n%len(m.emitters)]; *last > n {
		m.run.fault("a copy came twice or out of order")
	} else {
		*last = n + 1
	}
	m.copies++
	one := &m.casts[n]
	one.got++
	if m.since >= 0 && one.due >= m.since {
		m.latencies.Add(m.run.loop.Now() - one.due)
	}
	if one.got == m.expect {
		m.complete++
		if m.done != nil {
			m.done(n)
		}
	}
}

// loop keeps each emitter at depth broadcasts under way until stopped.
func (m *meter) loop(depth int) {
	width := len(m.emitters)
	next := make([]int, width)
	send := func(e int) {
		if !m.stopped {
			n := next[e]*width + e
			next[e]++
			m.emit(n, m.run.loop.Now())
		}
	}
	m.done = func(n int) { send(n % width) }
	for range depth {
		for e := range width {
			send(e)
		}
	}
}

// drain waits for the copies that are still under way and enters what is missing into
// the result.
func (m *meter) drain(limit time.Duration) {
	m.stopped = true
	_ = m.run.loop.Until(limit, func() bool { return m.complete == m.sent })
	m.run.result.Expected += m.sent * m.expect
	for _, c := range m.casts {
		if c.due >= 0 && c.got < m.expect {
			m.run.result.Lost += m.expect - c.got
		}
	}
}
