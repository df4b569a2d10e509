package e2e

import (
	"fmt"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 5.28: a process that is killed leaves no ghosts. Who comes back to the next
// one is online, who does not is gone, though the rule of sign-in still holds for both;
// an operator who never opened a socket counts by that rule.
func TestKilledProcessLeavesNobodyOnline(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		p := start(t, d, "RELEVO_PRESENCE_GRACE=1s", "RELEVO_PRESENCE_LEASE=3s")
		max := p.hire("max", models.Master)
		stays, leaves, sockless := p.hire("ana", models.Operador), p.hire("olga", models.Operador), p.hire("rosa", models.Operador)
		for _, w := range []*person{stays, leaves} {
			if err := w.socket().Barrier(soon(t)); err != nil {
				t.Fatal(err)
			}
		}
		wantOnline := func(when string, want ...*person) {
			t.Helper()
			names := []string{}
			for _, w := range want {
				names = append(names, w.name)
			}
			p.eventually(when, func() error {
				var got []string
				operators, _ := max.send("GET", "/operations/api/get_active_operators", nil).want(200).body["operators"].([]any)
				for _, o := range operators {
					name, _ := o.(map[string]any)["username"].(string)
					got = append(got, name)
				}
				if fmt.Sprint(got) != fmt.Sprint(names) {
					return fmt.Errorf("online %v, want %v", got, names)
				}
				return nil
			})
		}
		p.eventually("both are written", func() error {
			if n := p.metric("relevo_presence_unwritten"); n != "0" {
				return fmt.Errorf("%s unwritten", n)
			}
			return nil
		})
		p.kill()
		p.restart()
		stays.socket()
		wantOnline("without whom was not seen again", stays, sockless)
		p.kill()
		p.restart()
		wantOnline("without both", sockless)
		leaves.socket()
		wantOnline("with whom came back late", leaves, sockless)
	})
}
