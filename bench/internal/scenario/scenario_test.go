package scenario

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// Every sort of load, small, against the peer without Socket.IO.
func TestLoadsRunSoundly(t *testing.T) {
	k, err := peer.Find("gws")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Prepare(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root, Logs: t.TempDir(), Window: 200 * time.Millisecond}
	for _, s := range []Scenario{
		{Name: "closed", load: closedLoop(20, 4, 2)},
		{Name: "paced", load: fixedRate(20, 50)},
		{Name: "echo", load: echo(20)},
		{Name: "storm", sessions: stormSessions, load: storm(100)},
		{Name: "resets", load: resets(20)},
	} {
		t.Run(s.Name, func(t *testing.T) {
			result, err := s.Run(context.WithoutCancel(t.Context()), k, 1, o)
			if err != nil {
				t.Fatal(err)
			}
			if !result.Sound() || result.Expected == 0 || len(result.Figures) == 0 {
				t.Errorf("%+v", result)
			}
			for key, v := range result.Figures {
				if v < 0 && key != "rss_growth" {
					t.Errorf("%s is %v", key, v)
				}
			}
		})
	}
}

func TestMeterNoticesWhatIsMissingTwiceOrOutOfOrder(t *testing.T) {
	news := func(n int) []byte { return fmt.Appendf(nil, `["news",{"n":%d,"pad":"x"}]`, n) }
	type copyOf struct{ client, n int }
	for name, c := range map[string]struct {
		copies []copyOf
		lost   int
		faults int
	}{
		"all":          {[]copyOf{{0, 0}, {1, 0}, {1, 2}, {0, 2}, {0, 1}, {1, 1}}, 0, 0},
		"one missing":  {[]copyOf{{0, 0}, {1, 0}, {0, 1}, {0, 2}, {1, 2}}, 1, 0},
		"out of order": {[]copyOf{{0, 2}, {0, 0}, {1, 0}, {1, 2}, {0, 1}, {1, 1}}, 0, 1},
		"one twice":    {[]copyOf{{0, 0}, {0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}}, 0, 1},
		"never sent":   {[]copyOf{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 9}}, 0, 1},
		"other event":  {[]copyOf{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, -1}}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			loop, err := wire.NewLoop()
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			r := &run{loop: loop, result: &Result{}}
			// Two emitters: 0 and 2 are one's, 1 the other's.
			m := newMeter(r, make([]*wire.Client, 2), 2)
			m.casts, m.sent = make([]cast, 3), 3
			clients := []*wire.Client{{Index: 0}, {Index: 1}}
			for _, one := range c.copies {
				array := news(one.n)
				if one.n < 0 {
					array = []byte(`["olds"]`)
				}
				m.event(clients[one.client], array)
			}
			m.drain(time.Millisecond)
			if r.result.Expected != 6 || r.result.Lost != c.lost || len(r.result.Faults) != c.faults {
				t.Errorf("%+v", *r.result)
			}
		})
	}
}

func TestWritesReachEverySocketWithAndWithoutTheLog(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root, Logs: t.TempDir(), Window: 200 * time.Millisecond}
	s := Scenario{Name: "write", Database: SQLite, load: write}
	for _, k := range peer.Desks {
		if err := k.Prepare(t.Context(), root); err != nil {
			t.Fatal(err)
		}
		result, err := s.Run(context.WithoutCancel(t.Context()), k, 1, o)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Sound() || result.Expected == 0 || result.Figures["rate_1"] <= 0 || result.Figures["p99_32"] <= 0 {
			t.Errorf("%s: %+v", k.Name, result)
		}
	}
}

func TestWatchingIsMeasuredBesideNotWatching(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	k := peer.Desks[0]
	if err := k.Prepare(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root, Logs: t.TempDir(), Window: 400 * time.Millisecond}
	for name, load := range map[string]func(*run) error{"rooms": watched(20, 10, 1, everySocket), "users": watched(20, 50, 10, oneUser)} {
		result, err := Scenario{Name: name, Database: SQLite, load: load}.Run(context.WithoutCancel(t.Context()), k, 1, o)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Sound() || result.Expected == 0 || result.Figures["ratio"] <= 0 || result.Figures["fed"] <= 0 {
			t.Errorf("%s: %+v", name, result)
		}
	}
	for _, s := range All {
		if s.NeedsLog && (!s.Takes(peer.Desks[0]) || s.Takes(peer.Desks[1])) {
			t.Errorf("%s is not for the program with its log alone", s.Name)
		}
	}
}

func TestNoticesNoticeWhatIsMissingOrTwice(t *testing.T) {
	create, cancel := []byte(`["nueva_operacion",{"operation_id":"EXP-1001","x":1},"offset"]`), []byte(`["operacion_cancelada",{"operation_id":"EXP-1001"}]`)
	for name, c := range map[string]struct {
		hear   func(n *notices, all []*wire.Client)
		open   int
		faults int
	}{
		"all, the answer last": {func(n *notices, all []*wire.Client) {
			for _, c := range all {
				n.event(c, create)
			}
			n.expect(created, "EXP-1001", 0)
		}, 0, 0},
		"all, the answer first": {func(n *notices, all []*wire.Client) {
			n.expect(created, "EXP-1001", 0)
			for _, c := range all {
				n.event(c, create)
			}
		}, 0, 0},
		"one missing": {func(n *notices, all []*wire.Client) {
			n.expect(created, "EXP-1001", 0)
			for _, c := range all[1:] {
				n.event(c, create)
			}
		}, 1, 0},
		"of no request": {func(n *notices, all []*wire.Client) {
			for _, c := range all {
				n.event(c, create)
			}
		}, 1, 0},
		"twice": {func(n *notices, all []*wire.Client) {
			n.event(all[0], create)
			n.event(all[0], create)
		}, 1, 1},
		"canceled before created": {func(n *notices, all []*wire.Client) { n.event(all[0], cancel) }, 2, 1},
		"reloads":                 {func(n *notices, all []*wire.Client) { n.event(all[0], []byte(`["dashboard_update",{}]`)) }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			loop, err := wire.NewLoop()
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			n := &notices{run: &run{loop: loop, result: &Result{}}, all: map[string]*notice{}, until: time.Hour, latencies: &stats.Histogram{}}
			all := make([]*wire.Client, subscribers)
			for i := range all {
				all[i] = &wire.Client{Index: i}
			}
			c.hear(n, all)
			if n.open != c.open || len(n.run.result.Faults) != c.faults {
				t.Errorf("%d open, %q", n.open, n.run.result.Faults)
			}
			if c.open == 0 && c.faults == 0 && name != "reloads" && n.latencies.Count() != subscribers {
				t.Errorf("%d latencies", n.latencies.Count())
			}
		})
	}
}

func TestSelect(t *testing.T) {
	if all, err := Select(""); err != nil || len(all) != len(All) {
		t.Errorf("%d scenarios, %v", len(all), err)
	}
	if two, err := Select("echo1k, idle1k"); err != nil || len(two) != 2 || two[1].Name != "idle1k" {
		t.Errorf("%d scenarios, %v", len(two), err)
	}
	if _, err := Select("echo1k,nothing"); err == nil {
		t.Error("a name that does not exist is taken")
	}
}
