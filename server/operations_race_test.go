package server_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// atOnce runs all calls together and returns their answers in order.
func atOnce(calls ...func() reply) []reply {
	out := make([]reply, len(calls))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { <-start; out[i] = call() })
	}
	close(start)
	wg.Wait()
	return out
}

// contract 5.27: of concurrent transitions one wins; each loser gets 400 with a message,
// and only the winner's events go out.
func TestConcurrentTransitionsHaveOneWinner(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		post := func(p *person, at string, op models.Operation, body any) func() reply {
			return func() reply { return p.json("POST", opPath(at, op), body) }
		}
		patch := func(p *person, op models.Operation, status string) func() reply {
			return func() reply { return p.json("PATCH", opPath("update_status/%d", op), object{"status": status}) }
		}
		for _, c := range []struct {
			name, from string
			calls      func(op models.Operation) []func() reply
			names      [][]string // what may have been emitted, staff and client
		}{
			{"eight completes", models.EnProceso, func(op models.Operation) []func() reply {
				return slices.Repeat([]func() reply{post(w.operator, "complete/%d", op, object{})}, 8)
			}, [][]string{{"operacion_completada", "operacion_completada", "dashboard_update"}}},
			{"eight sends", models.Pendiente, func(op models.Operation) []func() reply {
				return slices.Repeat([]func() reply{post(w.trader, "send_to_process/%d", op, nil)}, 8)
			}, [][]string{{"operacion_actualizada", "operacion_actualizada", "dashboard_update", "operacion_asignada"}}},
			{"send against cancel", models.Pendiente, func(op models.Operation) []func() reply {
				return []func() reply{post(w.trader, "send_to_process/%d", op, nil), post(w.master, "cancel/%d", op, object{"reason": "x"})}
			}, [][]string{
				{"operacion_actualizada", "operacion_actualizada", "dashboard_update", "operacion_asignada"},
				{"operacion_cancelada", "operacion_actualizada", "dashboard_update", "position_update"},
			}},
			{"complete against return", models.EnProceso, func(op models.Operation) []func() reply {
				return []func() reply{post(w.operator, "complete/%d", op, object{}), post(w.operator, "return_to_pending/%d", op, object{})}
			}, [][]string{
				{"operacion_completada", "operacion_completada", "dashboard_update"},
				{"operacion_actualizada", "operacion_actualizada", "dashboard_update"},
			}},
			{"complete against update_status", models.EnProceso, func(op models.Operation) []func() reply {
				return []func() reply{post(w.operator, "complete/%d", op, object{}), patch(w.master, op, "Cancelado")}
			}, [][]string{
				{"operacion_completada", "operacion_completada", "dashboard_update"},
				{"operacion_actualizada", "operacion_actualizada", "dashboard_update", "position_update"},
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				op := w.row(c.from, nil)
				d.events()
				won := 0
				for _, r := range atOnce(c.calls(op)...) {
					switch r.status {
					case 200:
						won++
					case 400:
						wantRefusal(t, r, 400)
					default:
						t.Errorf("status %d: %s", r.status, r.raw)
					}
				}
				names := d.eventNames()
				if won != 1 || !slices.ContainsFunc(c.names, func(want []string) bool { return slices.Equal(want, names) }) {
					t.Errorf("%d winners, events %v", won, names)
				}
			})
		}
	})
}

// contract 4.6: a client cannot be deactivated between the check and the insert: every
// operation that exists was created while the client was active.
func TestCreateAgainstDeactivation(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		create := func() reply {
			return w.trader.json("POST", "/operations/api/create", object{"client_id": w.client.ID, "operation_type": "Venta", "amount_usd": 7, "exchange_rate": 3.3})
		}
		calls := slices.Repeat([]func() reply{create}, 8)
		calls = append(calls, func() reply {
			return w.master.json("PATCH", "/clients/api/change_status/"+fmt.Sprint(w.client.ID), object{"status": models.Inactive})
		})
		for i, r := range atOnce(calls...) {
			if r.status != 200 && r.status != 201 && (r.status != 400 || i == len(calls)-1) {
				t.Errorf("call %d: %d %s", i, r.status, r.raw)
			}
		}
		var deactivated bool
		for _, e := range d.events() {
			switch e.Name {
			case "client_status_changed":
				deactivated = true
			case "nueva_operacion":
				if deactivated && d.store.Dialect() == models.SQLite {
					t.Error("an operation was created for an inactive client")
				}
			}
		}
		wantRefusal(t, create(), 400)
	})
}

// Eight readers of the same notes are all noted.
func TestConcurrentNoteReaders(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.EnProceso, nil)
		var calls []func() reply
		for range 8 {
			p := w.online(models.Operador)
			calls = append(calls, func() reply { return p.send("POST", opPath("mark_notes_read/%d", op), nil) })
		}
		for _, r := range atOnce(calls...) {
			r.want(t, 200)
		}
		if got := w.stored(op.ID).NotesReadBy; len(got) != 8 {
			t.Errorf("readers %v", got)
		}
	})
}
