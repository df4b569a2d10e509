package scenario

import (
	"fmt"
	"time"

	"github.com/relevo/relevo/bench/internal/wire"
)

const (
	idlePing = 2500 * time.Millisecond
	// rehearsal is how many clients come and go before memory is looked at.
	rehearsal = 200
)

// rehearse lets some clients come and go, so that what a server allocates once is
// there before the first look.
func (r *run) rehearse(to wire.Target) error {
	some, err := r.connect(rehearsal, to)
	if err != nil {
		return err
	}
	r.leave(some)
	r.loop.For(300 * time.Millisecond)
	r.leaving = false
	return nil
}

// idle has connections that do nothing but answer heartbeats.
func idle(connections int) func(*run) error {
	return func(r *run) error {
		if err := r.rehearse(r.target); err != nil {
			return err
		}
		rss, files := r.rss(), r.files()
		before, err := r.sample()
		if err != nil {
			return err
		}
		all, err := r.connect(connections, r.target)
		if err != nil {
			return err
		}
		after, err := r.sample()
		if err != nil {
			return err
		}
		r.set("connect_cpu", float64((after.server-before.server).Microseconds())/float64(connections))
		r.set("connect_rate", float64(connections)/(after.at-before.at).Seconds())
		r.loop.For(500 * time.Millisecond)

		pings := countPings(all)
		window := 2 * idlePing
		cpu, err := r.measure(window)
		if err != nil {
			return err
		}
		pings = countPings(all) - pings
		r.result.Expected = connections * 2
		// A busy machine delays heartbeats, which leaves the cost of one as it is.
		if due := r.result.Expected; pings < due/4 || pings > due*11/10 {
			r.fault(fmt.Sprintf("%d heartbeats in %v, %d were due", pings, window, due))
			return nil
		}
		r.set("ping_cpu", float64(cpu.Microseconds())/float64(pings))
		r.set("rss_each", (r.rss()-rss)/float64(connections)/kib)
		r.set("rss", r.rss()/mib)

		r.leaving = true
		for _, c := range all {
			c.Close()
		}
		gone := r.loop.Now()
		_ = r.loop.Until(3*time.Second, func() bool { return r.files() <= files })
		r.set("files_after", ms(r.loop.Now()-gone))
		r.set("files_left", float64(max(0, r.files()-files)))
		r.loop.For(time.Second)
		r.set("rss_after", (r.rss()-rss)/mib)
		return nil
	}
}

func countPings(clients []*wire.Client) (n int) {
	for _, c := range clients {
		n += c.Pings
	}
	return n
}
