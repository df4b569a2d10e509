package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"
)

// The numbers of the business page are those of the REST answers (contract 3.6), all of
// them, before an operation and, without being reloaded, after it; and so are the requests
// for an ambulance that wait; and so are one trader's.
func TestConsoleBusiness(t *testing.T) {
	t.Parallel()
	needConsole(t)
	r := busyDesk(t)
	b := openBoard(t, launch(t, r.url), "max", nil)
	b.nav("business")
	b.shows("emergencies-waiting", 2)
	before := b.sameAsREST("", nil)
	r.complete(r.tina)
	after := b.sameAsREST("", before)
	for _, key := range []string{"today-operations_count", "today-completed_count", "today-total_usd", "month-total_pen"} {
		if before[key] == after[key] {
			t.Errorf("%s is still %s after an operation", key, after[key])
		}
	}
	b.do("select", map[string]any{"selector": hook("business-trader"), "value": fmt.Sprint(r.tina.id)})
	b.sameAsREST(fmt.Sprintf("?trader_id=%d", r.tina.id), after)
	desk := &emergencyDesk{process: r.process, admin: r.caller("max")}
	desk.patient = desk.newPatient("000222")
	desk.request()
	b.shows("emergencies-waiting", 3)
	b.clean()
}

// todaysOwn are numbers of the month that are those of today (contract 3.6), or another of
// the month under a second name: the page shows them once.
var todaysOwn = []string{"pending_count", "in_process_count", "canceled_count", "completed_count_today", "completed_count"}

// sameAsREST waits until every number of the page is that of the REST answer for the query,
// and at least one is another than before, and returns them.
func (b *board) sameAsREST(query string, before map[string]string) (shown map[string]string) {
	b.t.Helper()
	err := within(patience, func() error {
		var answer map[string]map[string]json.Number
		b.rest("/dashboard/api/dashboard/all"+query, &answer)
		shown = map[string]string{}
		text := b.do("eval", map[string]any{"value": `Object.fromEntries([...document.querySelectorAll('[data-testid^="business-"][data-value]')].map((e) => [e.dataset.testid.slice(9), e.dataset.value]))`})
		if err := json.Unmarshal([]byte(text), &shown); err != nil {
			return err
		}
		changed := before == nil
		for _, part := range []string{"today", "month"} {
			for name, n := range answer[part] {
				if part == "month" && slices.Contains(todaysOwn, name) {
					continue
				}
				key := part + "-" + name
				want, _ := new(big.Rat).SetString(n.String())
				got, ok := new(big.Rat).SetString(shown[key])
				if !ok || want == nil || got.Cmp(want) != 0 {
					return fmt.Errorf("%s shows %q, the answer has %s", key, shown[key], n)
				}
				changed = changed || shown[key] != before[key]
			}
		}
		if !changed {
			return errors.New("nothing has changed")
		}
		return nil
	})
	if err != nil {
		b.t.Errorf("the numbers of the page: %v", err)
	}
	return shown
}
