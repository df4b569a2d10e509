package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// slow has one of the subscribers stop reading.
func slow(subscribers int) func(*run) error {
	return func(r *run) error {
		sources, err := r.emitters(4)
		if err != nil {
			return err
		}
		all, err := r.connect(subscribers-1, r.target)
		if err != nil {
			return err
		}
		// Small buffers of the kernel, so that the server is what holds the rest.
		to := r.target
		to.Buffer = 4096
		late := bystander{}
		stuck := r.loop.NewClient(0, to, &late)
		if err := r.loop.Open([]*wire.Client{stuck}, 1, 5*time.Second); err != nil {
			return err
		}
		m := newMeter(r, sources, len(all))
		pace := r.pace(m, 100)
		if err := pace(warmUp); err != nil {
			return err
		}
		half := r.options.Window * 3 / 4
		m.since = r.loop.Now()
		if err := pace(half); err != nil {
			return err
		}
		r.set("p99_all", ms(m.latencies.Percentile(99)))
		stuck.Pause(true)
		m.latencies = stats.Histogram{}
		m.since = r.loop.Now()
		if err := pace(half); err != nil {
			return err
		}
		r.set("p99_stuck", ms(m.latencies.Percentile(99)))
		m.drain(drainTime)

		// 16 MB that the stuck one does not take.
		const rounds = 2000
		before := r.rss()
		m = newMeter(r, sources, len(all))
		for _, c := range all {
			c.Last = [8]int{}
		}
		m.size = 8000
		m.loop(1)
		err = r.loop.Until(20*time.Second, func() bool { return m.sent >= rounds })
		m.drain(drainTime)
		if err != nil {
			return fmt.Errorf("%d of %d broadcasts: %w", m.sent, rounds, err)
		}
		r.set("rss_growth", (r.rss()-before)/mib)
		r.leave(all, sources)
		stuck.Reset()
		return nil
	}
}

// bystander is a handler of clients whose fate does not count.
type bystander struct{ closed int }

func (*bystander) Event(*wire.Client, []byte)    {}
func (*bystander) Ack(*wire.Client, int, []byte) {}
func (b *bystander) Closed(*wire.Client, error)  { b.closed++ }

// resets has clients vanish at every stage of their way in, while witnesses get
// broadcasts.
func resets(each int) func(*run) error {
	return func(r *run) error {
		if err := r.rehearse(r.target); err != nil {
			return err
		}
		sources, err := r.emitters(4)
		if err != nil {
			return err
		}
		witnesses, err := r.connect(20, r.target)
		if err != nil {
			return err
		}
		r.loop.For(200 * time.Millisecond)
		files, rss := r.files(), r.rss()
		printed, err := r.server.Log()
		if err != nil {
			return err
		}
		m := newMeter(r, sources, len(witnesses))
		pace := r.pace(m, 20)
		before, err := r.sample()
		if err != nil {
			return err
		}
		fate := &bystander{}
		stages := []wire.Stage{wire.StageDialled, wire.StageUpgraded, wire.StageOpened, wire.StageReady}
		if r.target.Plain {
			stages = []wire.Stage{wire.StageDialled, wire.StageUpgraded, wire.StageReady, wire.StageReady}
		}
		for _, stage := range stages {
			group := make([]*wire.Client, each)
			for i := range group {
				group[i] = r.loop.NewClient(i, r.target, fate)
				group[i].ResetAt = stage
			}
			if err := r.loop.Open(group, openWindow, 20*time.Second); err != nil {
				return err
			}
			if err := pace(300 * time.Millisecond); err != nil {
				return err
			}
		}
		after, err := r.sample()
		if err != nil {
			return err
		}
		r.set("cpu", float64((after.server-before.server).Microseconds())/float64(each*len(stages)))

		// The same number leaves by FIN without a close frame.
		group := make([]*wire.Client, each)
		for i := range group {
			group[i] = r.loop.NewClient(i, r.target, fate)
		}
		if err := r.loop.Open(group, openWindow, 20*time.Second); err != nil {
			return err
		}
		for _, c := range group {
			c.Close()
		}
		gone := r.loop.Now()
		_ = r.loop.Until(2*time.Second, func() bool { return r.files() <= files })
		r.set("files_after", ms(r.loop.Now()-gone))
		r.set("files_left", float64(max(0, r.files()-files)))
		r.set("rss_growth", (r.rss()-rss)/mib)
		m.drain(drainTime)
		now, err := r.server.Log()
		if err != nil {
			return err
		}
		r.set("lines", float64(strings.Count(now, "\n")-strings.Count(printed, "\n")))
		r.leave(witnesses, sources)
		return nil
	}
}
