package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 3.5, 4.7: a new amount recomputes PEN and leaves a line in the log.
func TestUpdateOperation(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.Pendiente, nil)
		r := w.trader.json("PATCH", opPath("update/%d", op), object{
			"amount_usd": "2000.5", "client_deposits": []object{{"importe": "2000.50", "codigo_operacion": "<b>A1</b>", "cuenta_cargo": "1"}, {}},
			"client_payments": []object{{"importe": 7501.875, "cuenta_destino": "2"}},
		}).want(t, 200)
		w.wantTold(t, "position_update>authenticated")
		for _, raw := range []string{
			`"amount_usd":2000.5`, `"amount_pen":7501.88`, `"client_deposits":[{"importe":2000.5,"codigo_operacion":"A1","cuenta_cargo":"1"},{}]`,
			`"client_payments":[{"importe":7501.88,"cuenta_destino":"2"}]`, `"total_deposits":2000.5`, `"total_payments":7501.88`,
			fmt.Sprintf(`"modification_logs":[{"fecha":"2026-01-15T12:00:00.123456","usuario":"%s","usuario_id":%d,"campo":"amount_usd","valor_anterior":"1000.0","valor_nuevo":"2000.5"}]`,
				w.trader.user.Username, w.trader.user.ID),
		} {
			if !strings.Contains(string(r.raw), raw) {
				t.Errorf("answer lacks %s: %s", raw, r.raw)
			}
		}
		if n := d.trail("UPDATE_OPERATION"); n != 1 {
			t.Errorf("%d audit lines", n)
		}
		// The same amount again is no modification; empty lists empty.
		w.trader.json("PUT", opPath("update/%d", op), object{"amount_usd": 2000.50, "client_deposits": []object{}}).want(t, 200)
		if after := w.stored(op.ID); len(after.ModificationLogs) != 1 || len(after.ClientDeposits) != 0 || len(after.ClientPayments) != 1 {
			t.Errorf("after %+v", after)
		}
	})
}

// contract 5.31: a proof that was removed stays away, one not mentioned stays.
func TestDepositProofSurvivesOnlyWhenNotMentioned(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		old := "https://images.example/legacy.png"
		amount := models.NewMoney(500, 0)
		for _, c := range []struct {
			item string
			want string
		}{
			{`{"importe":1}`, old}, {`{}`, old}, {`{"importe":1,"comprobante_url":"` + old + `"}`, old},
			{`{"importe":1,"comprobante_url":""}`, ""}, {`{"importe":1,"comprobante_url":null}`, ""}, {`{"importe":1,"comprobante_url":"  "}`, ""},
		} {
			op := w.row(models.Pendiente, func(op *models.Operation) {
				op.ClientDeposits = models.JSONText[models.Deposit]{{Importe: &amount, ComprobanteURL: &old}}
			})
			body := `{"client_deposits":[` + c.item + `,{"importe":2}]}`
			for range 2 { // and it does not come back with the next save
				w.trader.send("PATCH", opPath("update/%d", op), []byte(body), "Content-Type", "application/json").want(t, 200)
			}
			got := w.stored(op.ID).ClientDeposits
			if len(got) != 2 || got[0].ComprobanteURL == nil || *got[0].ComprobanteURL != c.want || got[1].ComprobanteURL != nil {
				t.Errorf("%s: %+v", c.item, got)
			}
		}
	})
}

// contract 5.24, 5.29, 5.14, 4.6: all or nothing, also when the amount itself is right.
func TestUpdateOperationRefusals(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		item := func(importe string) string {
			return `{"amount_usd":2000,"client_payments":[{"importe":` + importe + `}]}`
		}
		deposit := func(item string) string { return `{"amount_usd":2000,"client_deposits":[` + item + `]}` }
		for _, body := range []string{
			`{"amount_usd":2000,"client_payments":[{},{},{},{},{}]}`, item("null"), item("-1"), item("-0.01"), item(`"NaN"`), item("1e300"), item("1e13"),
			item(`"Infinity"`), item("true"), item(`""`), item("NaN"), item("{}"),
			deposit(`{"importe":null}`), deposit(`{"importe":-5}`), deposit(`null`), deposit(`5`), deposit(`"x"`), deposit(`[]`),
			deposit(`{"comprobante_url":"https://evil.example/x.png"}`), deposit(`{"comprobante_url":"javascript:alert(1)"}`),
			deposit(`{"comprobante_url":"/uploads/../../etc/passwd"}`), deposit(`{"comprobante_url":"/uploads/x.png\" onclick=\"x"}`), deposit(`{"comprobante_url":7}`),
			deposit(`{"codigo_operacion":null}`), deposit(`{"codigo_operacion":"` + strings.Repeat("7", 101) + `"}`), deposit(`{"cuenta_cargo":9}`),
			deposit(strings.Repeat(`{},`, 50) + `{}`), `{"amount_usd":2000,"client_deposits":null}`, `{"amount_usd":2000,"client_deposits":{}}`,
			`{"amount_usd":2000,"client_payments":"x"}`, `{"amount_usd":0}`, `{"amount_usd":-3}`, `{"amount_usd":null}`, `{"amount_usd":"NaN"}`, `{"amount_usd":9e12}`,
			`{}`, `{"status":"Completada"}`, `{`, `null`,
		} {
			op := w.row(models.Pendiente, nil)
			before, _ := json.Marshal(w.stored(op.ID))
			wantRefusal(t, w.master.send("PATCH", opPath("update/%d", op), []byte(body), "Content-Type", "application/json"), 400)
			if after, _ := json.Marshal(w.stored(op.ID)); string(after) != string(before) {
				t.Errorf("%s changed the row\n%s\n%s", body, before, after)
			}
		}
		w.wantTold(t)
		if n := d.trail("UPDATE_OPERATION"); n != 0 {
			t.Errorf("%d audit lines of refused updates", n)
		}
		for _, c := range []struct {
			who    *person
			from   string
			status int
		}{
			{w.master, models.Completada, 400}, {w.master, models.Cancelado, 400}, {w.master, models.EnProceso, 200},
			{w.trader, models.EnProceso, 403}, {w.trader, models.Completada, 403}, {w.operator, models.Pendiente, 403},
		} {
			r := c.who.json("PUT", opPath("update/%d", w.row(c.from, nil)), object{"amount_usd": 5})
			if r.status != c.status || r.message() == "" {
				t.Errorf("%s: %d %s, want %d", c.from, r.status, r.raw, c.status)
			}
		}
		wantRefusal(t, w.master.json("PUT", "/operations/api/update/424242", object{"amount_usd": 5}), 404)
		wantRefusal(t, w.master.send("PUT", opPath("update/%d", w.row(models.Pendiente, nil)), []byte("{}"), "Content-Type", "text/plain"), 415)
	})
}

// contract 5.14: an amount changed while in process is caught at completion; an
// operation without deposits and payments is the old system's and passes.
func TestCompletionChecksTheSumsAgain(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.EnProceso, nil)
		w.master.json("PATCH", opPath("update/%d", op), object{"amount_usd": 1001}).want(t, 200)
		wantRefusal(t, w.operator.json("POST", opPath("complete/%d", op), object{}), 400)
		wantRefusal(t, w.operator.json("PATCH", opPath("update_status/%d", op), object{"status": "Completada"}), 400)
		w.master.json("PATCH", opPath("update/%d", op), object{"amount_usd": 1000}).want(t, 200)
		w.operator.json("POST", opPath("complete/%d", op), object{}).want(t, 200)
		bare := w.row(models.EnProceso, func(op *models.Operation) { op.ClientDeposits, op.ClientPayments = nil, nil })
		w.operator.json("POST", opPath("complete/%d", bare), object{}).want(t, 200)
	})
}
