package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 3.5, 4.6, 2.4, 2.7: the answer, the row and the events of create.
func TestCreateOperation(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		r := w.trader.json("POST", "/operations/api/create", object{
			"client_id": fmt.Sprint(w.client.ID), "operation_type": "Compra", "amount_usd": "1000.555", "exchange_rate": 3.7525,
			"source_account": accountUSD, "destination_account": "999", "notes": "<b>urgente</b> & AT<script>alert(1)</script>&T",
		}).want(t, 201)
		emitted := d.events()
		var names []string
		for _, e := range emitted {
			names = append(names, e.Name+">"+strings.Join(e.Rooms, ","))
		}
		if got := strings.Join(names, " "); got != "nueva_operacion>authenticated dashboard_update>authenticated position_update>authenticated" {
			t.Errorf("events %s", got)
		}
		// contract 2.1: the name in upper case, money as a number.
		want := fmt.Sprintf(`{"operation_id":"EXP-1001","client_name":"QUISPE ÑAHUI ANA","operation_type":"Compra","amount_usd":1000.56,"status":"Pendiente","created_by":"%s"}`, w.trader.user.Username)
		if got := string(emitted[0].Payload); got != want {
			t.Errorf("payload %s\nwant    %s", got, want)
		}
		op := r.body["operation"].(object)
		for key, want := range map[string]any{
			"operation_id": "EXP-1001", "client_id": float64(w.client.ID), "user_id": float64(w.trader.user.ID), "operation_type": "Compra",
			"status": "Pendiente", "source_account": accountUSD, "destination_account": "999", "source_bank_name": "BCP", "destination_bank_name": "N/A",
			"notes": "urgente & AT&T", "client_name": "QUISPE ÑAHUI ANA", "user_name": w.trader.user.Username, "assigned_operator_name": nil,
			"assigned_operator_id": nil, "created_at": "2026-01-15T12:00:00.123456", "updated_at": "2026-01-15T12:00:00.123456",
			"completed_at": nil, "in_process_since": nil, "time_in_process_minutes": nil, "operator_comments": nil,
			"payment_proof_url": nil, "operator_proof_url": nil,
		} {
			if op[key] != want {
				t.Errorf("%s is %#v, want %#v", key, op[key], want)
			}
		}
		// 1000.56 x 3.7525 = 3754.6014
		for _, raw := range []string{
			`"amount_usd":1000.56`, `"exchange_rate":3.7525`, `"amount_pen":3754.6`, `"total_deposits":0.0`, `"total_payments":0.0`,
			`"client_deposits":[]`, `"client_payments":[]`, `"operator_proofs":[]`, `"modification_logs":[]`, `"notes_read_by":[]`,
			`"success":true`, `"client_bank_accounts":[{"origen":"Lima","bank_name":"BCP","account_type":"Ahorro","currency":"$","account_number":"` + accountUSD + `"}`,
		} {
			if !strings.Contains(string(r.raw), raw) {
				t.Errorf("answer lacks %s: %s", raw, r.raw)
			}
		}
		if len(op) != 34 {
			t.Errorf("OperationDict has %d keys, contract 2.7 has 34", len(op))
		}
	})
}

// contract 2.1: REST shows a company in the case stored, events in upper case.
func TestCompanyNameKeepsItsCaseInREST(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		name := "Minera Sol S.A.C."
		ruc := w.tradingClient(func(c *models.Client) { c.DocumentType, c.RazonSocial = models.RUC, &name })
		bare := w.tradingClient(func(c *models.Client) { c.ApellidoPaterno, c.ApellidoMaterno, c.Nombres = nil, nil, nil })
		for _, c := range []struct {
			client      models.Client
			rest, event any
		}{{ruc, name, "MINERA SOL S.A.C."}, {bare, nil, nil}} {
			d.events()
			r := w.master.json("POST", "/operations/api/create", object{"client_id": c.client.ID, "operation_type": "Venta", "amount_usd": 1, "exchange_rate": 5}).want(t, 201)
			var payload object
			_ = json.Unmarshal(d.events()[0].Payload, &payload)
			if got := r.body["operation"].(object)["client_name"]; got != c.rest || payload["client_name"] != c.event {
				t.Errorf("REST %v, event %v; want %v, %v", got, payload["client_name"], c.rest, c.event)
			}
		}
	})
}

// contract 4.6, 5.29 and "bad input": refused with the form of 3.1, nothing written,
// nothing emitted.
func TestCreateOperationRefusesBadInput(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		inactive := w.tradingClient(func(c *models.Client) { c.Status = models.Inactive })
		good := fmt.Sprintf(`"client_id":%d,"operation_type":"Compra","amount_usd":10,"exchange_rate":3.5`, w.client.ID)
		with := func(extra string) string { return "{" + good + "," + extra + "}" } // the last of equal keys counts
		for _, c := range []struct {
			body, kind string
			status     int
		}{
			{`{`, "", 400}, {`null`, "", 400}, {`[]`, "", 400}, {`"x"`, "", 400}, {``, "", 400}, {`{"client_id":NaN}`, "", 400},
			{with(`"x":1`), "text/plain", 415}, {with(`"x":1`), "application/x-www-form-urlencoded", 415},
			{`{}`, "", 400}, {with(`"client_id":null`), "", 400}, {with(`"client_id":0`), "", 400}, {with(`"client_id":-1`), "", 400},
			{with(`"client_id":1.5`), "", 400}, {with(`"client_id":"abc"`), "", 400}, {with(`"client_id":99999999999999999999`), "", 400},
			{with(`"client_id":424242`), "", 400}, {with(fmt.Sprintf(`"client_id":%d`, inactive.ID)), "", 400}, {with(`"client_id":{}`), "", 400},
			{with(`"operation_type":"compra"`), "", 400}, {with(`"operation_type":null`), "", 400}, {with(`"operation_type":7`), "", 400},
			{with(`"amount_usd":0`), "", 400}, {with(`"amount_usd":-1`), "", 400}, {with(`"amount_usd":0.004`), "", 400},
			{with(`"amount_usd":"NaN"`), "", 400}, {with(`"amount_usd":"Infinity"`), "", 400}, {with(`"amount_usd":"-Infinity"`), "", 400},
			{with(`"amount_usd":1e999`), "", 400}, {with(`"amount_usd":1e13`), "", 400}, {with(`"amount_usd":9999999999999.99`), "", 400},
			{with(`"amount_usd":null`), "", 400}, {with(`"amount_usd":true`), "", 400}, {with(`"amount_usd":[]`), "", 400}, {with(`"amount_usd":""`), "", 400},
			{with(`"exchange_rate":2.4999`), "", 400}, {with(`"exchange_rate":5.0001`), "", 400}, {with(`"exchange_rate":"x"`), "", 400}, {with(`"exchange_rate":null`), "", 400},
			{with(`"source_account":"` + strings.Repeat("9", 101) + `"`), "", 400}, {with(`"source_account":null`), "", 400}, {with(`"destination_account":5`), "", 400},
			{with(`"notes":"` + strings.Repeat("ñ", 5000) + `"`), "", 400}, {with(`"notes":null`), "", 400}, {with(`"notes":["x"]`), "", 400},
		} {
			kind := c.kind
			if kind == "" {
				kind = "application/json"
			}
			r := w.master.send("POST", "/operations/api/create", []byte(c.body), "Content-Type", kind)
			text, _ := r.body["error"].(string)
			if r.status != c.status || r.body["success"] != false || r.message() == "" || text != r.message() || strings.Contains(string(r.raw), "SQL") {
				t.Errorf("%.120s: %d %.200s, want %d", c.body, r.status, r.raw, c.status)
			}
		}
		w.wantTold(t)
		if list := w.master.get("/operations/api/list?all=true").want(t, 200).body["operations"].([]any); len(list) != 0 {
			t.Errorf("%d operations after refusals", len(list))
		}
		// What looks odd and is right: bounds of the rate, NUL, unknown keys.
		for _, body := range []string{
			with(`"exchange_rate":2.5`), with(`"exchange_rate":"5.0"`), with(`"notes":"a\u0000b"`), with(`"x":null`),
		} {
			w.master.send("POST", "/operations/api/create", []byte(body), "Content-Type", "application/json; charset=utf-8").want(t, 201)
		}
	})
}

// contract 5.23 over HTTP: 32 browsers create at once.
func TestConcurrentCreatesGetDifferentIDs(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids := map[any]int{}
		for range 32 {
			wg.Go(func() {
				r := w.trader.json("POST", "/operations/api/create", object{"client_id": w.client.ID, "operation_type": "Venta", "amount_usd": 7, "exchange_rate": 3.3})
				mu.Lock()
				defer mu.Unlock()
				if r.status != 201 {
					t.Errorf("%d %s", r.status, r.raw)
					return
				}
				ids[r.body["operation"].(object)["operation_id"]]++
			})
		}
		wg.Wait()
		if len(ids) != 32 {
			t.Errorf("%d different ids of 32: %v", len(ids), ids)
		}
	})
}
