package scenario

import (
	"fmt"
	"time"

	"github.com/relevo/relevo/bench/internal/wire"
)

const (
	warmUp    = 500 * time.Millisecond
	drainTime = 3 * time.Second
	// maxPending is how many broadcasts of a fixed rate may be unfinished before the
	// server counts as overloaded.
	maxPending = 256
)

// closedLoop keeps emitters × depth broadcasts under way: a new one starts when every
// subscriber has got its copy of one before.
func closedLoop(subscribers, emitters, depth int) func(*run) error {
	return func(r *run) error {
		sources, err := r.emitters(emitters)
		if err != nil {
			return err
		}
		all, err := r.connect(subscribers, r.target)
		if err != nil {
			return err
		}
		return r.circle(sources, all, depth)
	}
}

// circle measures a closed loop over clients that are connected.
func (r *run) circle(sources, all []*wire.Client, depth int) error {
	m := newMeter(r, sources, len(all))
	m.loop(depth)
	r.loop.For(warmUp)
	m.since = r.loop.Now()
	before := m.copies
	cpu, err := r.measure(r.options.Window)
	if err != nil {
		return err
	}
	copies := m.copies - before
	m.since = -1
	m.drain(drainTime)
	if copies == 0 {
		return fmt.Errorf("no copy arrived in %v", r.options.Window)
	}
	r.report(m, cpu, copies)
	r.leave(all, sources)
	return nil
}

func (r *run) report(m *meter, cpu time.Duration, copies int) {
	r.set("cpu", float64(cpu.Microseconds())/float64(copies))
	r.set("rate", float64(copies)/r.options.Window.Seconds())
	r.set("p50", ms(m.latencies.Percentile(50)))
	r.set("p99", ms(m.latencies.Percentile(99)))
	r.set("max", ms(m.latencies.Max()))
	r.set("rss", r.rss()/mib)
}

// fixedRate emits at a rate; latency counts from when a broadcast was due.
func fixedRate(subscribers, perSecond int) func(*run) error {
	return func(r *run) error {
		sources, err := r.emitters(4)
		if err != nil {
			return err
		}
		all, err := r.connect(subscribers, r.target)
		if err != nil {
			return err
		}
		m := newMeter(r, sources, len(all))
		pace := r.pace(m, perSecond)
		if err := pace(warmUp); err != nil {
			return err
		}
		m.since = r.loop.Now()
		before, copies := sample{}, m.copies
		if before, err = r.sample(); err != nil {
			return err
		}
		if err := pace(r.options.Window); err != nil {
			return err
		}
		after, err := r.sample()
		if err != nil {
			return err
		}
		copies = m.copies - copies
		r.busy(before, after)
		m.drain(drainTime)
		if copies == 0 {
			return fmt.Errorf("no copy arrived in %v", r.options.Window)
		}
		r.report(m, after.server-before.server, copies)
		r.leave(all, sources)
		return nil
	}
}

// pace returns a function that emits at a steady rate for a while. Calls of it carry on
// where the one before stopped.
func (r *run) pace(m *meter, perSecond int) func(time.Duration) error {
	step := time.Second / time.Duration(perSecond)
	due, n := r.loop.Now()+step, 0
	return func(d time.Duration) error {
		for end := r.loop.Now() + d; r.loop.Now() < end; {
			if now := r.loop.Now(); now >= due {
				if m.sent-m.complete > maxPending {
					return fmt.Errorf("overloaded: %d broadcasts are unfinished at %d a second", m.sent-m.complete, perSecond)
				}
				m.emit(n, due)
				due += step
				n++
			}
			r.loop.Poll(min(due, end) - r.loop.Now())
		}
		return nil
	}
}

// polling broadcasts to subscribers on HTTP long-polling, one broadcast at a time.
func polling(subscribers int) func(*run) error {
	return func(r *run) error {
		sources, err := r.emitters(1)
		if err != nil {
			return err
		}
		to := r.target
		to.Polling = true
		all, err := r.connect(subscribers, to)
		if err != nil {
			return err
		}
		return r.circle(sources, all, 1)
	}
}
