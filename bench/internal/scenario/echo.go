package scenario

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// echo has every client wait for the acknowledgement of one event before the next.
func echo(connections int) func(*run) error {
	return func(r *run) error {
		all, err := r.connect(connections, r.target)
		if err != nil {
			return err
		}
		message := `{"n":1,"pad":"` + strings.Repeat("x", payload) + `"}`
		event := `["echo",` + message + `]`
		want := []byte("[" + message + "]")
		var (
			latencies           stats.Histogram
			acks, under         int
			measuring, stopping bool
			sent                = make([]time.Duration, connections)
		)
		send := func(c *wire.Client) {
			sent[c.Index] = r.loop.Now()
			under++
			c.Emit(c.Index, event)
		}
		r.onAck = func(c *wire.Client, id int, array []byte) {
			if id != c.Index || !bytes.Equal(array, want) {
				r.fault(fmt.Sprintf("wrong acknowledgement %d %.60q", id, array))
				return
			}
			under--
			acks++
			if measuring {
				latencies.Add(r.loop.Now() - sent[c.Index])
			}
			if !stopping {
				send(c)
			}
		}
		for _, c := range all {
			send(c)
		}
		r.loop.For(warmUp)
		measuring = true
		before := acks
		cpu, err := r.measure(r.options.Window)
		if err != nil {
			return err
		}
		measured := acks - before
		measuring, stopping = false, true
		_ = r.loop.Until(drainTime, func() bool { return under == 0 })
		r.result.Expected, r.result.Lost = acks+under, under
		if measured == 0 {
			return fmt.Errorf("no acknowledgement in %v", r.options.Window)
		}
		r.set("cpu", float64(cpu.Microseconds())/float64(measured))
		r.set("rate", float64(measured)/r.options.Window.Seconds())
		r.set("p50", ms(latencies.Percentile(50)))
		r.set("p99", ms(latencies.Percentile(99)))
		r.set("rss", r.rss()/mib)
		r.leave(all)
		return nil
	}
}
