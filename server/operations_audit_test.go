package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 4.4, 5.24, 5.32: every action leaves one audit line of its name, by whoever
// did it; the line of a completion is what still tells who finished.
func TestOperationActionsAreAudited(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		second := w.online(models.Operador)
		png := [][3]string{{"file", "a.png", onePixel}}
		order := object{"client_id": w.client.ID, "operation_type": "Compra", "amount_usd": 10, "exchange_rate": 3.5}
		on := func(method, format, from string, body any) func(*person) reply {
			return func(p *person) reply { return p.json(method, opPath(format, w.row(from, nil)), body) }
		}
		total := func() (n int) {
			for _, action := range []string{"CREATE_OPERATION", "UPDATE_OPERATION", "UPDATE_OPERATION_STATUS", "UPDATE_OPERATION_PROOFS", "CANCEL_OPERATION", "COMPLETE_OPERATION", "REASSIGN_OPERATOR"} {
				n += d.trail(action)
			}
			return n
		}
		for _, c := range []struct {
			action string
			who    *person
			do     func(*person) reply
		}{
			{"CREATE_OPERATION", w.trader, func(p *person) reply { return p.json("POST", "/operations/api/create", order) }},
			{"UPDATE_OPERATION", w.trader, on("PATCH", "update/%d", models.Pendiente, object{"amount_usd": 5})},
			{"UPDATE_OPERATION", w.trader, on("POST", "send_to_process/%d", models.Pendiente, nil)},
			{"UPDATE_OPERATION", w.operator, on("POST", "return_to_pending/%d", models.EnProceso, object{"reason": "x"})},
			{"UPDATE_OPERATION_STATUS", w.master, on("PATCH", "update_status/%d", models.Pendiente, object{"status": "En proceso", "notes": "x"})},
			{"UPDATE_OPERATION_STATUS", w.operator, on("PATCH", "update_status/%d", models.EnProceso, object{"status": "Completada"})},
			{"CANCEL_OPERATION", w.trader, on("POST", "cancel/%d", models.Pendiente, object{"reason": "x"})},
			{"COMPLETE_OPERATION", w.operator, on("POST", "complete/%d", models.EnProceso, object{})},
			{"REASSIGN_OPERATOR", w.master, on("POST", "reassign_operator/%d", models.EnProceso, object{"new_operator_id": second.user.ID})},
			{"UPDATE_OPERATION_PROOFS", w.operator, func(p *person) reply {
				return p.upload(opPath("upload_operator_proof/%d", w.row(models.EnProceso, nil)), png)
			}},
		} {
			before, all := d.trail(c.action), total()
			c.do(c.who).want(t, map[bool]int{true: 201, false: 200}[c.action == "CREATE_OPERATION"])
			lines, err := d.store.AuditTrail(context.Background(), c.action)
			if err != nil || len(lines) != before+1 {
				t.Fatalf("%s: %d lines, then %d (%v)", c.action, before, len(lines), err)
			}
			if n := total(); n != all+1 {
				t.Errorf("%s wrote %d lines", c.action, n-all)
			}
			found := false
			for _, line := range lines {
				if line.UserID == c.who.user.ID && line.Entity == "Operation" && line.EntityID != nil && line.Details != nil {
					found = true
				}
			}
			if !found {
				t.Errorf("%s: no line by %s", c.action, c.who.user.Username)
			}
			if c.action == "COMPLETE_OPERATION" && !strings.Contains(fmt.Sprint(*lines[0].Details), w.operator.user.Username) {
				t.Errorf("the line does not tell who finished: %s", *lines[0].Details)
			}
		}
	})
}
