package scenario

import (
	"errors"
	"strings"
	"time"

	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

const stormSessions = 10_000

// storm has clients with session cookies come in as fast as they are let in.
func storm(connections int) func(*run) error {
	return func(r *run) error {
		forged := r.target
		forged.Cookie = strings.Replace(cookie(1), "token-1.", "token-2.", 1)
		refused := &bystander{}
		if err := r.loop.Open([]*wire.Client{r.loop.NewClient(0, forged, refused)}, 1, 5*time.Second); err != nil {
			return err
		}
		if refused.closed != 1 {
			return errors.New("a forged cookie was let in")
		}
		first := r.withCookies(500)
		if err := r.loop.Open(first, openWindow, 30*time.Second); err != nil {
			return err
		}
		r.leave(first)
		r.loop.For(500 * time.Millisecond)
		r.leaving = false

		all := r.withCookies(connections)
		before, err := r.sample()
		if err != nil {
			return err
		}
		if err := r.loop.Open(all, 2*openWindow, 60*time.Second); err != nil {
			return err
		}
		after, err := r.sample()
		if err != nil {
			return err
		}
		r.busy(before, after)
		var waits stats.Histogram
		for _, c := range all {
			waits.Add(c.Readied - c.Began)
			if c.Stage != wire.StageReady {
				r.result.Lost++
			}
		}
		r.result.Expected = connections
		r.set("cpu", float64((after.server-before.server).Microseconds())/float64(connections))
		r.set("rate", float64(connections)/(after.at-before.at).Seconds())
		r.set("p50", ms(waits.Percentile(50)))
		r.set("p99", ms(waits.Percentile(99)))
		r.leave(all)
		return nil
	}
}

func (r *run) withCookies(n int) []*wire.Client {
	all := make([]*wire.Client, n)
	for i := range all {
		to := r.target
		to.Cookie = cookie(i % stormSessions)
		all[i] = r.loop.NewClient(i, to, r)
	}
	return all
}
