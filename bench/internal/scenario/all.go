package scenario

import (
	"fmt"
	"strings"
	"time"
)

func delivery(atMost map[string]float64) []Figure {
	return []Figure{
		{Key: "cpu", Title: "CPU s per million deliveries", Ratio: true, AtMost: atMost},
		{Key: "rate", Title: "deliveries/s"},
		{Key: "p50", Title: "p50 ms"},
		{Key: "p99", Title: "p99 ms"},
		{Key: "rss", Title: "RSS MiB"},
	}
}

func paced(p99 map[string]float64) []Figure {
	return []Figure{
		{Key: "cpu", Title: "CPU s per million deliveries", Ratio: true},
		{Key: "p50", Title: "p50 ms", Ratio: true},
		{Key: "p99", Title: "p99 ms", Ratio: true, AtMost: p99},
	}
}

func answer(atMost map[string]float64) []Figure {
	return []Figure{
		{Key: "cpu", Title: "CPU µs per ack", Ratio: true, AtMost: atMost},
		{Key: "rate", Title: "acks/s"},
		{Key: "p50", Title: "p50 ms"},
		{Key: "p99", Title: "p99 ms"},
	}
}

func resting(perConnection, perPing float64) []Figure {
	return []Figure{
		{Key: "rss_each", Title: "RSS KiB per connection", Ratio: true, Limit: perConnection},
		{Key: "ping_cpu", Title: "CPU µs per ping", Ratio: true, Limit: perPing},
		{Key: "rss_after", Title: "RSS MiB above the start, 1 s after all have left"},
		{Key: "files_left", Title: "descriptors left"},
		{Key: "files_after", Title: "ms until all are back"},
	}
}

var broadcastTargets = map[string]float64{"node": 0.42, "bun": 0.75, "gws": 1.15}

// All scenarios, in the order in which they run.
var All = []Scenario{
	{Name: "broadcast100", Title: "broadcast to 100, 4 in flight", Figures: delivery(nil), Estimate: 4 * time.Second, load: closedLoop(100, 4, 1)},
	{Name: "broadcast1k", Title: "broadcast to 1,000, 4 in flight", Figures: delivery(broadcastTargets), Estimate: 4500 * time.Millisecond, load: closedLoop(1000, 4, 1)},
	{Name: "broadcast5k", Title: "broadcast to 5,000, 4 in flight", Figures: delivery(broadcastTargets), Estimate: 7 * time.Second, load: closedLoop(5000, 4, 1)},
	{Name: "lone1k", Title: "broadcast to 1,000, 1 in flight", Figures: delivery(broadcastTargets), Estimate: 4500 * time.Millisecond, load: closedLoop(1000, 1, 1)},
	{Name: "backlog1k", Title: "broadcast to 1,000, 32 in flight", Figures: delivery(map[string]float64{"gws": 1}), Estimate: 5 * time.Second, load: closedLoop(1000, 4, 8)},
	{Name: "rate10", Title: "broadcast to 1,000, 10 a second", Figures: paced(nil), Estimate: 4500 * time.Millisecond, load: fixedRate(1000, 10)},
	{Name: "rate40", Title: "broadcast to 1,000, 40 a second", Figures: paced(map[string]float64{"bun": 1}), Estimate: 4500 * time.Millisecond, load: fixedRate(1000, 40)},
	{Name: "echo100", Title: "echo with ack, 100 clients", Figures: answer(nil), Estimate: 4 * time.Second, load: echo(100)},
	{Name: "echo1k", Title: "echo with ack, 1,000 clients", Figures: answer(map[string]float64{"node": 0.42, "bun": 1}), Estimate: 4500 * time.Millisecond, load: echo(1000)},
	{Name: "polling100", Title: "long-polling, 100 subscribers", Figures: delivery(map[string]float64{"bun": 1}), Estimate: 4 * time.Second, NotPlain: true, load: polling(100)},
	{Name: "storm", Title: "connect storm with cookies", Estimate: 4 * time.Second, sessions: stormSessions, load: storm(3000), Figures: []Figure{
		{Key: "cpu", Title: "CPU µs per connect", Ratio: true, AtMost: map[string]float64{"bun": 1}},
		{Key: "rate", Title: "connects/s"},
		{Key: "p99", Title: "p99 ms"},
	}},
	{Name: "slow", Title: "1 of 100 stops reading", Estimate: 7 * time.Second, load: slow(100), Figures: []Figure{
		{Key: "p99_all", Title: "p99 ms while all read"},
		{Key: "p99_stuck", Title: "p99 ms of the others"},
		{Key: "rss_growth", Title: "RSS growth MiB, 16 MB not taken"},
	}},
	{Name: "resets", Title: "clients vanish at every stage", Estimate: 5 * time.Second, load: resets(400), Figures: []Figure{
		{Key: "cpu", Title: "CPU µs per vanished client", Ratio: true},
		{Key: "lines", Title: "lines logged"},
		{Key: "files_left", Title: "descriptors left"},
		{Key: "files_after", Title: "ms until all are back"},
		{Key: "rss_growth", Title: "RSS growth MiB"},
	}},
	{Name: "idle1k", Title: "1,000 idle", Figures: resting(0, 0), Estimate: 8500 * time.Millisecond, ping: idlePing, load: idle(1000)},
	{Name: "idle10k", Title: "10,000 idle", Figures: resting(6, 20), Estimate: 12 * time.Second, ping: idlePing, load: idle(10_000)},
	{Name: "write-sqlite", Title: "REST write to 50 sockets, SQLite", Figures: writing("log-off", 0.75), Estimate: 13 * time.Second, Database: SQLite, load: write},
	{Name: "write-postgres", Title: "REST write to 50 sockets, Postgres", Figures: writing("log-off", 0.75), Estimate: 13 * time.Second, Database: Postgres, load: write},
	{Name: "watched", Title: "1,000 sockets, 40 broadcasts a second", Figures: watching(1.03), Estimate: 43 * time.Second, Database: SQLite, NeedsLog: true, load: watched(1000, 40, 1, everySocket)},
	{Name: "watched5k", Title: "5,000 sockets, 1,000 events a second to one user each", Figures: watching(0), Estimate: 45 * time.Second, Database: SQLite, NeedsLog: true, load: watched(5000, 1000, 50, oneUser)},
}

// Select returns the scenarios of a comma-separated list, all for an empty one.
func Select(list string) ([]Scenario, error) {
	if list == "" {
		return All, nil
	}
	var chosen []Scenario
	for name := range strings.SplitSeq(list, ",") {
		s, err := find(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

func find(name string) (Scenario, error) {
	var names []string
	for _, s := range All {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("no scenario is called %q, but there are %s", name, strings.Join(names, ", "))
}
