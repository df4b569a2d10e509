package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 4.7, 2.4: every transition by the route made for it, with its events.
func TestOperationTransitions(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.Pendiente, nil)
		mine := fmt.Sprintf("user_%d", w.operator.user.ID)

		r := w.trader.send("POST", opPath("send_to_process/%d", op), []byte("ignored")).want(t, 200)
		sent := d.events()
		after := w.stored(op.ID)
		if after.Status != models.EnProceso || after.InProcessSince == nil || !after.AssignedTo(w.operator.user.ID) {
			t.Fatalf("sent: %+v", after)
		}
		if got := r.body["operation"].(object); got["assigned_operator_name"] != w.operator.user.Username || got["time_in_process_minutes"] != 0.0 {
			t.Errorf("answer %v", got)
		}
		for i, want := range []string{
			`operacion_actualizada {"operation_id":"` + op.OperationID + `","client_name":"QUISPE ÑAHUI ANA","status":"En proceso","old_status":"Pendiente"}`,
			fmt.Sprintf(`operacion_actualizada {"id":%d,"operation_id":"%s","status":"En proceso"}`, op.ID, op.OperationID),
			`dashboard_update {}`,
			fmt.Sprintf(`operacion_asignada {"operation_id":"%s","operation_db_id":%d,"client_name":"QUISPE ÑAHUI ANA","operation_type":"Compra","amount_usd":1000.0,"status":"En proceso","message":"Se le asignó la operación %s"}`, op.OperationID, op.ID, op.OperationID),
		} {
			if i >= len(sent) || sent[i].Name+" "+string(sent[i].Payload) != want {
				t.Fatalf("event %d of %d is not %s: %+v", i, len(sent), want, sent)
			}
		}
		if strings.Join(sent[3].Rooms, ",") != mine {
			t.Errorf("assigned told %v, want %s", sent[3].Rooms, mine)
		}

		w.operator.json("POST", opPath("return_to_pending/%d", op), object{"reason": "falta <i>voucher</i>"}).want(t, 200)
		w.wantTold(t, "operacion_actualizada>authenticated", "operacion_actualizada>%", "dashboard_update>authenticated")
		after = w.stored(op.ID)
		if after.Status != models.Pendiente || after.InProcessSince != nil || after.AssignedOperatorID != nil || *after.Notes != "[DEVUELTA A PENDIENTE] falta voucher" {
			t.Fatalf("returned: %+v", after)
		}

		w.master.json("POST", opPath("send_to_process/%d", op), nil).want(t, 200)
		d.events()
		w.operator.json("POST", opPath("complete/%d", op), object{"operator_comments": "listo", "operator_proofs": []object{{"comentario": "sin archivo"}}}).want(t, 200)
		done := d.events()
		if len(done) != 3 || done[0].Name != "operacion_completada" || done[1].Name != "operacion_completada" || done[2].Name != "dashboard_update" {
			t.Fatalf("completed: %+v", done)
		}
		if got := string(done[0].Payload); got != `{"operation_id":"`+op.OperationID+`","client_name":"QUISPE ÑAHUI ANA","amount_usd":1000.0,"amount_pen":3750.0}` {
			t.Errorf("payload %s", got)
		}
		after = w.stored(op.ID)
		if after.Status != models.Completada || after.CompletedAt == nil || after.InProcessSince != nil || after.AssignedOperatorID != nil ||
			*after.OperatorComments != "listo" || len(after.OperatorProofs) != 1 {
			t.Fatalf("completed: %+v", after)
		}

		gone := w.row(models.Pendiente, func(op *models.Operation) { s := "primera"; op.Notes = &s })
		w.trader.json("POST", opPath("cancel/%d", gone), object{"reason": " cliente desistió "}).want(t, 200)
		canceled := d.events()
		if got := string(canceled[0].Payload); got != `{"operation_id":"`+gone.OperationID+`","client_name":"QUISPE ÑAHUI ANA","reason":"cliente desistió"}` {
			t.Errorf("payload %s", got)
		}
		var names []string
		for _, e := range canceled {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); got != "operacion_cancelada operacion_actualizada dashboard_update position_update" {
			t.Errorf("events %s", got)
		}
		if after = w.stored(gone.ID); after.Status != models.Cancelado || *after.Notes != "primera\n[CANCELADA] cliente desistió" || after.CompletedAt != nil {
			t.Fatalf("cancelled: %+v", after)
		}
	})
}

// contract 4.7, 4.6, 5.13, 5.14: what no transition may do.
func TestOperationTransitionsRefused(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		unbalanced := func(op *models.Operation) { op.ClientDeposits = nil }
		foreign := func(op *models.Operation) { op.AssignedOperatorID = &w.other.user.ID }
		for _, c := range []struct {
			who    *person
			method string
			at     string
			from   string
			edit   func(*models.Operation)
			body   any
			status int
		}{
			{w.trader, "POST", "send_to_process/%d", models.EnProceso, nil, nil, 400},
			{w.trader, "POST", "send_to_process/%d", models.Cancelado, nil, nil, 400},
			{w.trader, "POST", "send_to_process/%d", models.Pendiente, unbalanced, nil, 400},
			{w.master, "POST", "return_to_pending/%d", models.Pendiente, nil, object{}, 400},
			{w.operator, "POST", "return_to_pending/%d", models.EnProceso, foreign, object{}, 403},
			{w.operator, "POST", "return_to_pending/%d", models.EnProceso, nil, object{"reason": nil}, 400},
			{w.operator, "POST", "complete/%d", models.EnProceso, foreign, object{}, 403},
			{w.master, "POST", "complete/%d", models.Pendiente, nil, object{}, 400},
			{w.master, "POST", "complete/%d", models.Completada, nil, object{}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, unbalanced, object{}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, nil, object{"operator_proofs": make([]object, 5)}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, nil, object{"operator_proofs": []object{{"comprobante_url": "javascript:alert(1)"}}}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, nil, object{"operator_proofs": []object{{"comprobante_url": "https://evil.example/a.png"}}}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, nil, object{"operator_proofs": "x"}, 400},
			{w.master, "POST", "complete/%d", models.EnProceso, nil, object{"operator_comments": nil}, 400},
			{w.master, "POST", "cancel/%d", models.Pendiente, nil, object{}, 400},
			{w.master, "POST", "cancel/%d", models.Pendiente, nil, object{"reason": " \t "}, 400},
			{w.master, "POST", "cancel/%d", models.Pendiente, nil, object{"reason": "<script>x</script>"}, 400},
			{w.master, "POST", "cancel/%d", models.EnProceso, nil, object{"reason": "x"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, nil, object{"status": "Completada"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, nil, object{"status": "Pendiente"}, 400},
			{w.master, "PATCH", "update_status/%d", models.EnProceso, nil, object{"status": "Pendiente"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Completada, nil, object{"status": "Cancelado"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Cancelado, nil, object{"status": "En proceso"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, nil, object{"status": "rechazado"}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, nil, object{"status": nil}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, nil, object{}, 400},
			{w.master, "PATCH", "update_status/%d", models.Pendiente, unbalanced, object{"status": "En proceso", "notes": "x"}, 400},
			{w.trader, "PATCH", "update_status/%d", models.EnProceso, nil, object{"status": "Cancelado"}, 403},
			{w.operator, "PATCH", "update_status/%d", models.EnProceso, foreign, object{"status": "Completada"}, 403},
			{w.operator, "PATCH", "update_status/%d", models.Pendiente, nil, object{"status": "Cancelado"}, 403},
		} {
			op := w.row(c.from, c.edit)
			before, _ := json.Marshal(w.stored(op.ID))
			r := c.who.json(c.method, opPath(c.at, op), c.body)
			if r.status != c.status || r.body["success"] != false || r.message() == "" {
				t.Errorf("%s from %s with %v: %d %.200s, want %d", c.at, c.from, c.body, r.status, r.raw, c.status)
			}
			if after, _ := json.Marshal(w.stored(op.ID)); string(after) != string(before) {
				t.Errorf("%s from %s with %v changed the row", c.at, c.from, c.body)
			}
			w.wantTold(t)
		}
		for _, at := range []string{"send_to_process", "return_to_pending", "complete", "cancel", "reassign_operator", "mark_notes_read"} {
			w.master.json("POST", "/operations/api/"+at+"/424242", object{"reason": "x", "new_operator_id": w.operator.user.ID}).want(t, 404)
			w.master.json("POST", "/operations/api/"+at+"/abc", object{}).want(t, 404)
		}
		for _, at := range []string{"return_to_pending", "complete", "cancel"} {
			op := w.row(models.EnProceso, nil)
			w.master.send("POST", opPath(at+"/%d", op), []byte("{"), "Content-Type", "application/json").want(t, 400)
			w.master.send("POST", opPath(at+"/%d", op), []byte("{}"), "Content-Type", "text/html").want(t, 415)
		}
		w.wantTold(t)
	})
}

// contract 5.12: update_status does what the dedicated routes do, with its own events.
func TestUpdateStatus(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		mine := fmt.Sprintf("operacion_asignada>user_%d", w.operator.user.ID)
		staff := []string{"operacion_actualizada>authenticated"}
		pages := []string{"dashboard_update>authenticated", "position_update>authenticated"}
		told := func(middle []string, last ...string) []string {
			return append(append(append(append([]string{}, staff...), middle...), pages...), last...)
		}
		for _, c := range []struct {
			who      *person
			from, to string
			told     []string
			check    func(models.Operation) bool
		}{
			{w.master, models.Pendiente, models.EnProceso, told([]string{"operacion_actualizada>%"}, mine), func(op models.Operation) bool {
				return op.InProcessSince != nil && op.AssignedTo(w.operator.user.ID) && *op.Notes == "[NOTA] nota"
			}},
			{w.trader, models.Pendiente, models.Cancelado, told([]string{"operacion_actualizada>%"}), func(op models.Operation) bool {
				return *op.Notes == "[CANCELADA] nota" && op.CompletedAt == nil
			}},
			{w.operator, models.EnProceso, models.Completada, told([]string{"operacion_completada>authenticated", "operacion_completada>%"}), func(op models.Operation) bool {
				return op.CompletedAt != nil && op.AssignedOperatorID == nil && op.InProcessSince == nil
			}},
			{w.operator, models.EnProceso, models.Cancelado, told([]string{"operacion_actualizada>%"}), func(op models.Operation) bool {
				return op.AssignedOperatorID == nil && op.InProcessSince == nil
			}},
		} {
			op := w.row(c.from, nil)
			c.who.json("PATCH", opPath("update_status/%d", op), object{"status": c.to, "notes": "nota"}).want(t, 200)
			w.wantTold(t, c.told...)
			if after := w.stored(op.ID); after.Status != c.to || !c.check(after) {
				t.Errorf("%s to %s: %+v", c.from, c.to, after)
			}
		}
	})
}

// contract 3.5, 2.2 row b, 2.4: hand-over to another operator.
func TestReassignOperator(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		next := w.online(models.Operador)
		op := w.row(models.EnProceso, nil)
		w.master.json("POST", opPath("reassign_operator/%d", op), object{"new_operator_id": fmt.Sprint(next.user.ID)}).want(t, 200)
		got := d.events()
		names := fmt.Sprintf(`"old_operator_name":"%s","new_operator_name":"%s","reassigned_by":"%s"}`, w.operator.user.Username, next.user.Username, w.master.user.Username)
		head := fmt.Sprintf(`{"operation_id":"%s","operation_db_id":%d,"client_name":"QUISPE ÑAHUI ANA","operation_type":"Compra","amount_usd":1000.0,"status":"En proceso","message":`, op.OperationID, op.ID)
		want := []string{
			`operacion_actualizada authenticated {"operation_id":"` + op.OperationID + `","client_name":"QUISPE ÑAHUI ANA","status":"En proceso","old_status":"En proceso"}`,
			fmt.Sprintf(`operacion_asignada user_%d %s"Se le reasignó la operación %s",%s`, next.user.ID, head, op.OperationID, names),
			fmt.Sprintf(`operacion_reasignada_removida user_%d %s"La operación %s fue reasignada a %s",%s`, w.operator.user.ID, head, op.OperationID, next.user.Username, names),
		}
		if len(got) != len(want) {
			t.Fatalf("%d events: %+v", len(got), got)
		}
		for i, e := range got {
			if line := e.Name + " " + strings.Join(e.Rooms, ",") + " " + string(e.Payload); line != want[i] {
				t.Errorf("event %d\n%s\nwant\n%s", i, line, want[i])
			}
		}
		if after := w.stored(op.ID); !after.AssignedTo(next.user.ID) || after.InProcessSince == nil {
			t.Errorf("row %+v", after)
		}
		free := w.row(models.EnProceso, func(op *models.Operation) { op.AssignedOperatorID = nil })
		w.master.json("POST", opPath("reassign_operator/%d", free), object{"new_operator_id": next.user.ID}).want(t, 200)
		if got := d.events(); len(got) != 2 || !strings.Contains(string(got[1].Payload), `"old_operator_name":"No asignado"`) {
			t.Errorf("without an operator before: %+v", got)
		}
		for _, c := range []struct {
			body   any
			from   string
			status int
		}{
			{object{}, models.EnProceso, 400}, {object{"new_operator_id": nil}, models.EnProceso, 400}, {object{"new_operator_id": "x"}, models.EnProceso, 400},
			{object{"new_operator_id": w.other.user.ID}, models.EnProceso, 400},    // not online
			{object{"new_operator_id": w.trader.user.ID}, models.EnProceso, 400},   // not an operator
			{object{"new_operator_id": w.operator.user.ID}, models.EnProceso, 400}, // has it already
			{object{"new_operator_id": 424242}, models.EnProceso, 404},
			{object{"new_operator_id": next.user.ID}, models.Pendiente, 400}, {object{"new_operator_id": next.user.ID}, models.Completada, 400},
		} {
			r := w.master.json("POST", opPath("reassign_operator/%d", w.row(c.from, nil)), c.body)
			if r.status != c.status || r.message() == "" {
				t.Errorf("%v from %s: %d %s, want %d", c.body, c.from, r.status, r.raw, c.status)
			}
		}
		w.wantTold(t)
	})
}
