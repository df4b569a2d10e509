// Package report turns results into the table and the file that a benchmark leaves.
package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/scenario"
	"github.com/relevo/relevo/bench/internal/stats"
)

// Report collects results. The first of the peers is the subject: ratios are its figure
// divided by the other's.
type Report struct {
	Peers     []peer.Kind
	Scenarios []scenario.Scenario
	Results   []scenario.Result
}

// Outcome of the whole: what was refused, and the targets that were missed.
type Outcome struct {
	Refused []string
	Missed  []string
}

// Write prints one Markdown table of medians and returns the outcome. Figures of a peer
// that lost deliveries or failed in any run of a scenario are not printed; without
// the subject's figures the scenario has no row at all.
func (r *Report) Write(w io.Writer) (Outcome, error) {
	var (
		out  Outcome
		text strings.Builder
	)
	subject, others := r.Peers[0], r.Peers[1:]
	text.WriteString("| scenario | figure |")
	for _, p := range r.Peers {
		text.WriteString(" " + p.Title + " |")
	}
	for _, p := range others {
		text.WriteString(" ÷ " + p.Title + " |")
	}
	text.WriteString("\n|---|---|" + strings.Repeat("---:|", len(r.Peers)+len(others)) + "\n")
	for _, s := range r.Scenarios {
		sound := map[string]bool{}
		for _, p := range r.Peers {
			reason, ran := r.refusal(s.Name, p.Name)
			sound[p.Name] = ran && reason == ""
			if reason != "" {
				out.Refused = append(out.Refused, fmt.Sprintf("%s, %s: %s", s.Name, p.Name, reason))
			}
		}
		if !sound[subject.Name] {
			continue
		}
		for i, f := range s.Figures {
			title := s.Title
			if i > 0 {
				title = ""
			}
			fmt.Fprintf(&text, "| %s | %s |", title, f.Title)
			values := map[string]float64{}
			for _, p := range r.Peers {
				values[p.Name] = math.NaN()
				if sound[p.Name] {
					values[p.Name] = r.median(s.Name, p.Name, f.Key)
				}
				cell := number(values[p.Name])
				if p.Name == subject.Name && f.Limit > 0 {
					cell += verdict(values[p.Name], f.Limit)
					if values[p.Name] > f.Limit {
						out.Missed = append(out.Missed, fmt.Sprintf("%s: %s is %s, at most %s", s.Name, f.Title, number(values[p.Name]), number(f.Limit)))
					}
				}
				text.WriteString(" " + cell + " |")
			}
			for _, p := range others {
				cell := ""
				if ratio := values[subject.Name] / values[p.Name]; f.Ratio && !math.IsNaN(ratio) {
					cell = strconv.FormatFloat(ratio, 'f', 2, 64)
					if target, ok := f.AtLeast[p.Name]; ok {
						cell += atLeast(ratio, target)
						if ratio < target {
							out.Missed = append(out.Missed, fmt.Sprintf("%s: %s is %.2f of %s's, at least %.2f", s.Name, f.Title, ratio, p.Title, target))
						}
					}
					if target, ok := f.AtMost[p.Name]; ok {
						cell += verdict(ratio, target)
						if ratio > target {
							out.Missed = append(out.Missed, fmt.Sprintf("%s: %s is %.2f of %s's, at most %.2f", s.Name, f.Title, ratio, p.Title, target))
						}
					}
				}
				text.WriteString(" " + cell + " |")
			}
			text.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, text.String())
	return out, err
}

func verdict(value, target float64) string { return tick(value <= target, target) }

func atLeast(value, target float64) string { return tick(value >= target, target) }

func tick(met bool, target float64) string {
	if met {
		return " ✓"
	}
	return " ✗ (" + strconv.FormatFloat(target, 'f', -1, 64) + ")"
}

// refusal says why the figures of a peer are not shown, and whether it took part.
func (r *Report) refusal(name, kind string) (reason string, ran bool) {
	lost, expected := 0, 0
	for _, result := range r.Results {
		if result.Scenario != name || result.Peer != kind {
			continue
		}
		ran = true
		lost += result.Lost
		expected += result.Expected
		if reason == "" && len(result.Faults) > 0 {
			reason = fmt.Sprintf("run %d: %s", result.Run, strings.Join(result.Faults, "; "))
		}
	}
	if lost > 0 {
		reason = strings.TrimSuffix(fmt.Sprintf("%d of %d were lost; %s", lost, expected, reason), "; ")
	}
	return reason, ran
}

func (r *Report) median(name, kind, key string) float64 {
	var values []float64
	for _, result := range r.Results {
		if v, ok := result.Figures[key]; ok && result.Scenario == name && result.Peer == kind {
			values = append(values, v)
		}
	}
	return stats.Median(values)
}

// number prints three significant digits, whole numbers above a hundred.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case a >= 99.95 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}
