package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// busyDesk is a desk with something to see on every page of the console: people with
// several tabs and transports, one who was cut, operations in every state, a goal,
// requests for an ambulance that wait, and notices.
func busyDesk(t *testing.T) *returner {
	t.Helper()
	needNode(t, "socket.io-client-4.5.4", "socket.io-client-4.8")
	r := newReturner(t, models.SQLite)
	mona, omar, rosa := r.hire("mona", models.Master), r.hire("omar", models.Operador), r.hire("rosa", models.Operador)
	tomas := r.hire("tomas", models.Trader)
	cut := newCutProxy(t, r.url)
	lost := r.npmAt(cut.url(), rosa, "socket.io-client-4.8", connections[0])
	gather(r.process,
		&watcher{name: "olga 1", who: r.olga, pkg: "socket.io-client-4.8", options: overWebSocket},
		&watcher{name: "olga 2", who: r.olga, pkg: "socket.io-client-4.5.4", options: upgrading},
		&watcher{name: "omar", who: omar, pkg: "socket.io-client-4.5.4", options: overPolling},
		&watcher{name: "tina", who: r.tina, pkg: "socket.io-client-4.8", options: overWebSocket},
		&watcher{name: "tomas", who: tomas, pkg: "socket.io-client-4.8", options: upgrading},
		&watcher{name: "mona", who: mona, pkg: "socket.io-client-4.8", options: overWebSocket},
		&watcher{name: "nobody", pkg: "socket.io-client-4.8", options: overWebSocket},
	)
	for _, who := range []*person{r.tina, r.tina, tomas} {
		r.complete(who)
	}
	canceled, _ := tomas.newOperationOf(r.client)
	tomas.json("POST", fmt.Sprintf("/operations/api/cancel/%d", canceled), map[string]any{"reason": "El cliente desistió"}).want(200)
	lima := time.Now().UTC().Add(-5 * time.Hour)
	r.max.json("POST", "/dashboard/api/goals/save", map[string]any{"goals": []map[string]any{
		{"trader_id": r.tina.id, "month": int(lima.Month()), "year": lima.Year(), "goal_amount_pen": 20000},
	}}).want(200)
	for day := range min(5, lima.Day()) {
		r.max.json("POST", "/dashboard/api/profits/save", map[string]any{
			"trader_id": r.tina.id, "profit_date": lima.AddDate(0, 0, -day).Format(time.DateOnly), "profit_amount_pen": 400 + 150*day,
		}).want(200)
	}
	cut.refuse()
	cut.reset()
	lost.awaitAt("disconnect", 1)
	desk := &emergencyDesk{process: r.process, admin: r.caller("max")}
	desk.patient = desk.newPatient("000111")
	desk.request()
	desk.request()
	r.newPublisher().publish(notice("Cierre", "El cierre es a las 18:00", events.RoomAuthenticated), notice("Revisión", "Revise la operación", events.RoomUser(r.olga.id)))
	r.operations(2)
	return r
}

// complete leads an operation of the person to its end and returns its code.
func (r *returner) complete(who *person) string {
	r.t.Helper()
	id, code := who.newOperationOf(r.client)
	sums := map[string]any{
		"client_deposits": []map[string]any{{"importe": 1000, "codigo_operacion": "77", "cuenta_cargo": "19112345678902"}},
		"client_payments": []map[string]any{{"importe": 3750, "cuenta_destino": "19112345678901"}},
	}
	who.json("PUT", fmt.Sprintf("/operations/api/update/%d", id), sums).want(200)
	who.json("POST", fmt.Sprintf("/operations/api/send_to_process/%d", id), nil).want(200)
	r.max.json("POST", fmt.Sprintf("/operations/api/complete/%d", id), map[string]any{"operator_comments": "hecho"}).want(200)
	return code
}
