package live

import (
	"testing"

	"github.com/relevo/relevo/events"
)

// contract 1.5: the hub takes what the table of inbound events says, and nothing else.
func TestInboundIsTheTable(t *testing.T) {
	listed := map[string]bool{}
	for _, in := range events.AllInbound() {
		listed[in.Name] = true
		act, known := inbound[in.Name]
		if !known {
			t.Errorf("%s is in the table and not taken", in.Name)
		}
		if (in.Answers != "") != (act != nil) {
			t.Errorf("%s: answers %q, acts %v", in.Name, in.Answers, act != nil)
		}
	}
	for name := range inbound {
		if !listed[name] {
			t.Errorf("%s is taken and not in the table", name)
		}
	}
}
