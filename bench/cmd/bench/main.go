// Command bench measures Socket.IO servers side by side and prints one table.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/relevo/relevo/bench/internal/database"
	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/proc"
	"github.com/relevo/relevo/bench/internal/report"
	"github.com/relevo/relevo/bench/internal/scenario"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

type settings struct {
	scenarios, peers, root, out string
	runs                        int
	quick, profile              bool
	window                      time.Duration
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.scenarios, "scenarios", "", "names, separated by commas; empty: all")
	f.StringVar(&s.peers, "peers", "native,node,bun,gws", "names, separated by commas, the subject first; also zishang, flask")
	f.StringVar(&s.root, "root", ".", "folder of the bench module")
	f.StringVar(&s.out, "out", "../artifacts/bench", "folder, below the bench module unless absolute, for the results and the servers' logs")
	f.IntVar(&s.runs, "runs", 5, "runs of each scenario and peer")
	f.DurationVar(&s.window, "window", 2*time.Second, "measured part of a run")
	f.BoolVar(&s.quick, "quick", false, "one run with a window of a second, for development")
	f.BoolVar(&s.profile, "profile", false, "CPU profiles of the Go peers, into the results' folder; the figures are not comparable then")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if s.quick {
		s.runs, s.window = 1, time.Second
	}
	if s.runs < 1 || s.runs > 100 || s.window < 100*time.Millisecond || s.window > time.Minute {
		return s, errors.New("runs must be 1 to 100, the window 100 ms to a minute")
	}
	var err error
	if s.root, err = filepath.Abs(s.root); err != nil {
		return s, err
	}
	if !filepath.IsAbs(s.out) {
		s.out = filepath.Join(s.root, s.out)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	tables, err := plan(s)
	if err != nil {
		return err
	}
	options := scenario.Options{Root: s.root, Logs: s.out, Window: s.window, Profile: s.profile}
	for _, t := range tables {
		for _, k := range t.Peers {
			if err := k.Prepare(ctx, s.root); err != nil {
				return fmt.Errorf("peer %s: %w", k.Name, err)
			}
		}
		for _, sc := range t.Scenarios {
			if sc.Database == scenario.Postgres && options.Postgres == nil {
				if options.Postgres, err = database.Start(ctx); err != nil {
					return err
				}
				defer options.Postgres.Stop()
			}
		}
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	files, err := proc.RaiseFiles()
	if err != nil {
		return err
	}
	if files < 10_500 {
		fmt.Fprintf(stderr, "at most %d descriptors: scenarios with more connections will fail\n", files)
	}
	if err := proc.PinSelf(peer.GeneratorCore); err != nil {
		return err
	}
	var total time.Duration
	for _, t := range tables {
		fmt.Fprintf(stderr, "%d scenarios × %d peers × %d runs\n", len(t.Scenarios), len(t.Peers), s.runs)
		total += estimate(*t, s)
	}
	fmt.Fprintf(stderr, "takes about %v\n", total.Round(time.Second))
	began := time.Now()
	for _, t := range tables {
		if err := measure(ctx, t, s, options, stderr); err != nil {
			return err
		}
	}
	fmt.Fprintf(stderr, "took %v\n", time.Since(began).Round(time.Second))
	return conclude(tables, s, stdout, stderr)
}

// plan divides the scenarios into the table of the engines and that of the whole
// program; a table without scenarios is left out.
func plan(s settings) ([]*report.Report, error) {
	all, err := scenario.Select(s.scenarios)
	if err != nil {
		return nil, err
	}
	engines, program := &report.Report{}, &report.Report{Peers: peer.Desks}
	for _, sc := range all {
		t := engines
		if sc.Database != "" {
			t = program
		}
		t.Scenarios = append(t.Scenarios, sc)
	}
	for name := range strings.SplitSeq(s.peers, ",") {
		k, err := peer.Find(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		engines.Peers = append(engines.Peers, k)
	}
	return slices.DeleteFunc([]*report.Report{engines, program}, func(t *report.Report) bool { return len(t.Scenarios) == 0 }), nil
}

func estimate(r report.Report, s settings) (total time.Duration) {
	for _, sc := range r.Scenarios {
		for _, k := range r.Peers {
			if sc.Takes(k) {
				total += time.Duration(s.runs) * (sc.Estimate + s.window - 2*time.Second)
			}
		}
	}
	return total
}

// measure interleaves the peers inside every run, beginning with another one each time.
func measure(ctx context.Context, r *report.Report, s settings, o scenario.Options, stderr io.Writer) error {
	for _, sc := range r.Scenarios {
		for n := range s.runs {
			for i := range r.Peers {
				k := r.Peers[(i+n)%len(r.Peers)]
				if !sc.Takes(k) {
					continue
				}
				began := time.Now()
				result, err := sc.Run(ctx, k, n+1, o)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", sc.Name, k.Name, err)
				}
				r.Results = append(r.Results, result)
				fmt.Fprintf(stderr, "%-12s %-8s run %d  %4.1f s  %s\n", sc.Name, k.Name, n+1, time.Since(began).Seconds(), line(sc, result))
			}
		}
	}
	return nil
}

func line(sc scenario.Scenario, result scenario.Result) string {
	if !result.Sound() {
		return fmt.Sprintf("UNSOUND: %d of %d lost %s", result.Lost, result.Expected, strings.Join(result.Faults, "; "))
	}
	var b strings.Builder
	for _, f := range sc.Figures {
		fmt.Fprintf(&b, "%s %.4g  ", f.Key, result.Figures[f.Key])
	}
	if busy, ok := result.Figures["generator_busy"]; ok {
		fmt.Fprintf(&b, "busy: server %.2f, generator %.2f", result.Figures["server_busy"], busy)
	}
	return b.String()
}

func conclude(tables []*report.Report, s settings, stdout, stderr io.Writer) error {
	var (
		text    strings.Builder
		out     report.Outcome
		results []scenario.Result
	)
	for i, t := range tables {
		if i > 0 {
			text.WriteString("\n")
		}
		one, err := t.Write(&text)
		if err != nil {
			return err
		}
		out.Refused, out.Missed = append(out.Refused, one.Refused...), append(out.Missed, one.Missed...)
		results = append(results, t.Results...)
	}
	fmt.Fprint(stdout, text.String())
	data, err := json.MarshalIndent(map[string]any{"results": results, "refused": out.Refused, "missed": out.Missed, "window": s.window.String()}, "", " ")
	if err != nil {
		return err
	}
	if err := errors.Join(
		os.WriteFile(filepath.Join(s.out, "results.json"), append(data, '\n'), 0o644),
		os.WriteFile(filepath.Join(s.out, "table.md"), []byte(text.String()), 0o644),
	); err != nil {
		return err
	}
	for _, m := range out.Missed {
		fmt.Fprintln(stderr, "target missed:", m)
	}
	if len(out.Refused) > 0 {
		return fmt.Errorf("figures withheld:\n  %s", strings.Join(out.Refused, "\n  "))
	}
	return nil
}
