package report

import (
	"strings"
	"testing"

	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/scenario"
)

func sample() *Report {
	result := func(kind string, run int, cpu float64, lost int, faults ...string) scenario.Result {
		return scenario.Result{Scenario: "s", Peer: kind, Run: run, Figures: map[string]float64{"cpu": cpu}, Expected: 100, Lost: lost, Faults: faults}
	}
	return &Report{
		Peers: []peer.Kind{{Name: "native", Title: "native"}, {Name: "node", Title: "Node"}, {Name: "gws", Title: "bare"}},
		Scenarios: []scenario.Scenario{{Name: "s", Title: "one", Figures: []scenario.Figure{
			{Key: "cpu", Title: "CPU", Ratio: true, AtMost: map[string]float64{"node": 0.5, "gws": 1.1}, Limit: 10},
		}}},
		Results: []scenario.Result{
			result("native", 1, 8, 0), result("node", 1, 20, 0), result("gws", 1, 6, 0),
			result("native", 2, 9, 0), result("node", 2, 30, 0), result("gws", 2, 6, 0),
			result("native", 3, 40, 0), result("node", 3, 10, 0), result("gws", 3, 600, 0),
		},
	}
}

func write(t *testing.T, r *Report) (string, Outcome) {
	t.Helper()
	var b strings.Builder
	out, err := r.Write(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), out
}

func TestTableHasMediansRatiosAndVerdicts(t *testing.T) {
	text, out := write(t, sample())
	if want := "| one | CPU | 9 ✓ | 20 | 6 | 0.45 ✓ | 1.50 ✗ (1.1) |\n"; !strings.HasSuffix(text, want) {
		t.Errorf("table is\n%s, its last line should be\n%s", text, want)
	}
	if len(out.Refused) != 0 || len(out.Missed) != 1 || !strings.Contains(out.Missed[0], "1.50 of bare's") {
		t.Errorf("outcome %+v", out)
	}
}

func TestMoreIsBetterWhereARatioIsToBeReached(t *testing.T) {
	r := sample()
	r.Scenarios[0].Figures = []scenario.Figure{{Key: "cpu", Title: "CPU", Ratio: true, AtLeast: map[string]float64{"node": 0.75, "gws": 1.5}}}
	text, out := write(t, r)
	if want := "| one | CPU | 9 | 20 | 6 | 0.45 ✗ (0.75) | 1.50 ✓ |\n"; !strings.HasSuffix(text, want) {
		t.Errorf("table is\n%s, its last line should be\n%s", text, want)
	}
	if len(out.Missed) != 1 || !strings.Contains(out.Missed[0], "at least 0.75") {
		t.Errorf("outcome %+v", out)
	}
}

func TestLostDeliveriesAreNotPrinted(t *testing.T) {
	r := sample()
	r.Results[4].Lost = 3 // node's second run
	text, out := write(t, r)
	if want := "| one | CPU | 9 ✓ | – | 6 |  | 1.50 ✗ (1.1) |\n"; !strings.HasSuffix(text, want) {
		t.Errorf("table is\n%s, its last line should be\n%s", text, want)
	}
	if len(out.Refused) != 1 || out.Refused[0] != "s, node: 3 of 300 were lost" {
		t.Errorf("refused %q", out.Refused)
	}

	r = sample()
	r.Results[0].Lost = 1 // the subject's first
	if text, out = write(t, r); strings.Contains(text, "CPU") || len(out.Refused) != 1 {
		t.Errorf("a row without sound figures of the subject was printed:\n%s%+v", text, out)
	}

	r = sample()
	r.Results[3].Faults = []string{"client 1 closed"}
	if text, out = write(t, r); strings.Contains(text, "CPU") || len(out.Refused) != 1 || !strings.Contains(out.Refused[0], "client 1 closed") {
		t.Errorf("a row with a fault was printed:\n%s%+v", text, out)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 3: "3", 0.123: "0.12", 9.994: "9.99", 9.996: "10.0", 12.34: "12.3", 99.96: "100", 1234.5: "1234", -2.5: "-2.50"} {
		if got := number(v); got != want {
			t.Errorf("%v is printed as %s, not %s", v, got, want)
		}
	}
}
