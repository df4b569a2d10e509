package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// dashboardDesk is a desk with the fixture that the numbers below were computed from by hand.
type dashboardDesk struct {
	*desk
	master, ana, luis, operator *person
	retired                     models.User
}

func eachDashboard(t *testing.T, f func(t *testing.T, d *dashboardDesk)) {
	t.Helper()
	eachDesk(t, func(t *testing.T, plain *desk) {
		d := &dashboardDesk{desk: plain, master: plain.join(models.Master), ana: plain.join(models.Trader), luis: plain.join(models.Trader), operator: plain.join(models.Operador)}
		d.fill(t)
		f(t, d)
	})
}

// lima reads a wall clock of the desk.
func lima(t *testing.T, text string) models.LimaTime {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05.999999", text, models.Lima)
	if err != nil {
		t.Fatal(err)
	}
	return models.ToLima(at)
}

func soles(t *testing.T, text string) models.Money {
	t.Helper()
	m, err := models.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (d *dashboardDesk) fill(t *testing.T) {
	t.Helper()
	err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
		d.retired = models.User{
			Username: "zoe", Email: "zoe@desk.example", PasswordHash: "!", DNI: "99999999", Role: models.Trader,
			Status: models.Inactive, CreatedAt: tx.Now(),
		}
		if err := tx.InsertUser(&d.retired); err != nil {
			return err
		}
		clients := make([]models.Client, 3)
		for i, row := range []struct{ at, status string }{
			{"2026-01-15 00:00:00", models.Active}, {"2026-01-03 10:00:00", models.Inactive}, {"2025-12-31 23:59:59.5", models.Active},
		} {
			clients[i] = models.Client{
				DocumentType: models.DNI, DNI: fmt.Sprintf("4000000%d", i), Email: fmt.Sprintf("c%d@client.example", i),
				Status: row.status, CreatedAt: lima(t, row.at),
			}
			if err := tx.InsertClient(&clients[i]); err != nil {
				return err
			}
		}
		for i, row := range []struct {
			by                         *person
			client                     int
			kind, usd, pen, status, at string
		}{
			{d.ana, 0, models.Venta, "1000.10", "3750.38", models.Completada, "2026-01-15 09:00:00"},
			{d.ana, 1, models.Compra, "500.20", "1850.74", models.Completada, "2026-01-15 23:59:59.5"},
			{d.luis, 0, models.Venta, "100", "376", models.Completada, "2026-01-02 09:00:00"},
			{d.ana, 0, models.Compra, "300", "1125", models.Pendiente, "2026-01-15 00:00:00"},
			{d.ana, 0, models.Compra, "10", "37", models.EnProceso, "2026-01-15 10:00:00"},
			{d.luis, 1, models.Venta, "10", "37", models.Cancelado, "2026-01-15 11:00:00"},
			{d.ana, 1, models.Compra, "200", "740", models.Completada, "2026-01-14 23:59:59.999999"},
			{d.ana, 1, models.Venta, "50", "187.50", models.Completada, "2026-01-16 00:00:00"},
			{d.ana, 2, models.Venta, "70", "262.50", models.Completada, "2025-12-31 23:59:59.5"},
			{d.ana, 2, models.Venta, "80", "300", models.Completada, "2026-02-01 00:00:00"},
			{d.luis, 2, models.Venta, "90", "337.50", models.Pendiente, "2026-01-03 12:00:00"},
		} {
			if err := tx.InsertOperation(&models.Operation{
				OperationID: fmt.Sprintf("EXP-%d", 1001+i), ClientID: clients[row.client].ID, UserID: row.by.user.ID, OperationType: row.kind,
				AmountUSD: soles(t, row.usd), ExchangeRate: soles(t, "3.75"), AmountPEN: soles(t, row.pen), Status: row.status, CreatedAt: lima(t, row.at),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.master.json("POST", "/dashboard/api/goals/save", map[string]any{"goals": []any{
		goal(d.ana.user.ID, 1, 2026, 5000.5), goal(d.luis.user.ID, 1, 2026, 1000), goal(d.ana.user.ID, 12, 2025, 7),
	}}).want(t, 200)
	for day, amount := range map[string]any{"2026-01-15": 120.5, "2026-01-01": -20.25, "2026-01-31": 0.1, "2025-12-31": 9, "2026-02-01": 8} {
		d.master.json("POST", "/dashboard/api/profits/save", profit(d.ana.user.ID, day, amount)).want(t, 200)
	}
}

func goal(trader int64, month, year int, amount any) map[string]any {
	return map[string]any{"trader_id": trader, "month": month, "year": year, "goal_amount_pen": amount}
}

func profit(trader any, day string, amount any) map[string]any {
	return map[string]any{"trader_id": trader, "profit_date": day, "profit_amount_pen": amount}
}

// numbers are JSON texts by key: ints have no dot, nums do.
type numbers map[string]string

// wantNumbers holds raw to exactly these keys and texts.
func wantNumbers(t *testing.T, what string, raw []byte, want numbers) {
	t.Helper()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%s: %v in %.300s", what, err, raw)
	}
	keys := slices.Sorted(maps.Keys(got))
	if expected := slices.Sorted(maps.Keys(want)); !slices.Equal(keys, expected) {
		t.Errorf("%s: keys %v, want %v", what, keys, expected)
	}
	for key, text := range want {
		if string(got[key]) != text {
			t.Errorf("%s: %s is %s, want %s", what, key, got[key], text)
		}
	}
}

// part is a member of a JSON object, as text.
func part(t *testing.T, raw []byte, key string) []byte {
	t.Helper()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v in %.300s", err, raw)
	}
	return got[key]
}

func (n numbers) with(change numbers) numbers {
	out := maps.Clone(n)
	maps.Copy(out, change)
	return out
}

var deskToday = numbers{
	"operations_count": "2", "completed_count": "2", "pending_count": "1", "in_process_count": "1", "canceled_count": "1",
	"unique_clients": "2", "total_usd": "1500.3", "total_pen": "5601.12", "profit_today": "1899.64",
}

var deskMonth = numbers{
	"operations_count": "5", "completed_count": "5", "pending_count": "1", "in_process_count": "1", "canceled_count": "1",
	"completed_count_today": "2", "unique_clients": "2", "active_clients": "3",
	"total_usd": "1850.3", "total_pen": "6904.62", "profit_month": "1723.14", "goal_amount": "6000.5",
}

// contract 3.6: the key sets and numbers of dashboard/all and stats per role, with
// the boundaries of the day and the month (5.30) and the profit of Venta and Compra.
func TestDashboardAll(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		for _, p := range []*person{d.master, d.ana, d.operator} {
			all := p.get("/dashboard/api/dashboard/all").want(t, 200)
			wantNumbers(t, p.user.Role+" all", all.raw, numbers{
				"today": string(part(t, all.raw, "today")), "month": string(part(t, all.raw, "month")), "system": string(part(t, all.raw, "system")),
			})
			wantNumbers(t, p.user.Role+" today", part(t, all.raw, "today"), deskToday)
			wantNumbers(t, p.user.Role+" month", part(t, all.raw, "month"), deskMonth)
			system := numbers{}
			if p == d.master {
				system = numbers{"total_users": "5", "active_users": "4"}
			}
			wantNumbers(t, p.user.Role+" system", part(t, all.raw, "system"), system)
			short := maps.Clone(deskToday)
			delete(short, "canceled_count")
			wantNumbers(t, p.user.Role+" stats/today", p.get("/dashboard/api/stats/today").want(t, 200).raw, short)
			wantNumbers(t, p.user.Role+" stats/month", p.get("/dashboard/api/stats/month").want(t, 200).raw, deskMonth)
		}
		december := d.operator.get("/dashboard/api/stats/month?month=12&year=2025").want(t, 200)
		wantNumbers(t, "december", december.raw, deskMonth.with(numbers{
			"operations_count": "1", "completed_count": "1", "unique_clients": "1", "active_clients": "1",
			"total_usd": "70.0", "total_pen": "262.5", "profit_month": "262.5", "goal_amount": "7.0",
		}))
		blank := d.operator.get("/dashboard/api/stats/month?month=&year=&trader_id=").want(t, 200)
		wantNumbers(t, "blank parameters", blank.raw, deskMonth)
	})
}

// contract 3.6, 5.13: with a trader the profit is the one entered by hand, and only
// a Master may look at somebody else.
func TestDashboardOfTrader(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		own := fmt.Sprintf("/dashboard/api/dashboard/all?trader_id=%d", d.ana.user.ID)
		for _, p := range []*person{d.master, d.ana} {
			all := p.get(own).want(t, 200)
			wantNumbers(t, "today", part(t, all.raw, "today"), deskToday.with(numbers{"canceled_count": "0", "profit_today": "120.5"}))
			wantNumbers(t, "month", part(t, all.raw, "month"), deskMonth.with(numbers{
				"operations_count": "4", "completed_count": "4", "canceled_count": "0", "active_clients": "2",
				"total_usd": "1750.3", "total_pen": "6528.62", "profit_month": "100.35", "goal_amount": "5000.5",
			}))
		}
		for _, p := range []*person{d.luis, d.operator} {
			for _, path := range []string{own, strings.Replace(own, "dashboard/all", "stats/today", 1), strings.Replace(own, "dashboard/all", "stats/month", 1)} {
				r := p.get(path).want(t, 403)
				if r.body["error"] == nil || r.body["message"] == nil {
					t.Errorf("%s: %s", path, r.raw)
				}
			}
		}
	})
}

// contract 3.6, 5.21: dashboard_data and its alias, over all statuses.
func TestDashboardData(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		want := numbers{
			"clients_today": "1", "operations_today": "5", "clients_month": "2", "active_clients_month": "3", "operations_month": "9",
			"pending_count": "2", "in_process_count": "1", "completed_count": "5", "canceled_count": "1",
			"usd_today": "1500.3", "pen_today": "5601.12", "usd_month": "1850.3", "pen_month": "6904.62",
		}
		for _, path := range []string{"/dashboard/api/dashboard_data", "/api/dashboard_data"} {
			wantNumbers(t, path, d.ana.get(path).want(t, 200).raw, want)
			wantNumbers(t, path, d.operator.get(path).want(t, 200).raw, want)
			wantNumbers(t, path+" of a Master", d.master.get(path).want(t, 200).raw, want.with(numbers{
				"total_users": "5", "active_users": "4", "total_clients": "3", "active_clients": "2",
			}))
			d.stranger().get(path).want(t, 401)
		}
		february := d.ana.get("/api/dashboard_data?month=2&year=2026").want(t, 200)
		wantNumbers(t, "february", february.raw, want.with(numbers{
			"clients_month": "0", "active_clients_month": "1", "operations_month": "1", "pending_count": "0", "in_process_count": "0",
			"completed_count": "1", "canceled_count": "0", "usd_month": "80.0", "pen_month": "300.0",
		}))
	})
}

// contract 5.30: the day changes at midnight in Lima, 05:00 UTC.
func TestDashboardDayIsLimas(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		d.advance(11*time.Hour + 59*time.Minute + 59*time.Second + 800*time.Millisecond) // 23:59:59.923
		if got := d.ana.get("/dashboard/api/stats/today"); got.body["completed_count"] != 2.0 {
			t.Errorf("before midnight: %s", got.raw)
		}
		d.advance(100 * time.Millisecond)
		if got := d.ana.get("/dashboard/api/stats/today").want(t, 200); got.body["completed_count"] != 1.0 || got.body["profit_today"] != 187.5 {
			t.Errorf("after midnight: %s", got.raw)
		}
	})
}

// contract 3.6 and 3.1: what does not exist is refused with {error}.
func TestDashboardRefusals(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		for _, query := range []string{"month=0", "month=13", "month=x", "month=-1", "year=99", "year=9999", "month=1.5", "trader_id=x", "trader_id=-1", "trader_id=99999999999"} {
			for _, path := range []string{"dashboard/all", "stats/today", "stats/month", "dashboard_data"} {
				r := d.master.get("/dashboard/api/"+path+"?"+query).want(t, 400)
				if r.body["error"] == nil || r.body["error"] != r.body["message"] {
					t.Errorf("%s?%s: %s", path, query, r.raw)
				}
			}
		}
		for _, path := range []string{"goals", "goals?month=1", "goals?year=2026", "goals?month=13&year=2026", "profits?month=1&year=2026", "profits?trader_id=1", "profits?trader_id=1&month=1"} {
			d.master.get("/dashboard/api/"+path).want(t, 400)
		}
		for _, path := range []string{"traders", "goals?month=1&year=2026", "profits?trader_id=1&month=1&year=2026"} {
			d.ana.get("/dashboard/api/"+path).want(t, 403)
			d.operator.get("/dashboard/api/"+path).want(t, 403)
			d.stranger().get("/dashboard/api/"+path).want(t, 401)
		}
		for _, path := range []string{"goals/save", "profits/save"} {
			d.ana.json("POST", "/dashboard/api/"+path, map[string]any{}).want(t, 403)
			d.master.json("POST", "/dashboard/api/"+path, map[string]any{}).want(t, 400)
			d.master.send("POST", "/dashboard/api/"+path, []byte("{"), "Content-Type", "application/json").want(t, 400)
			d.master.send("POST", "/dashboard/api/"+path, []byte("null"), "Content-Type", "application/json").want(t, 400)
			d.master.send("POST", "/dashboard/api/"+path, []byte("{}")).want(t, 415)
		}
	})
}

// contract 3.6: the traders and their goals; saving writes over, skips unknown
// traders, and keeps all of a list or nothing.
func TestGoals(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		d.events()
		traders, _ := d.master.get("/dashboard/api/traders").want(t, 200).body["traders"].([]any)
		if len(traders) != 2 {
			t.Fatalf("active traders: %v", traders)
		}
		wantNumbers(t, "trader", mustJSON(t, traders[0]), numbers{
			"id": fmt.Sprint(d.ana.user.ID), "username": `"` + d.ana.user.Username + `"`, "email": `"` + d.ana.user.Email + `"`,
		})
		unknown := []any{
			goal(d.ana.user.ID, 1, 2026, "6000.555"), goal(d.retired.ID, 1, 2026, 0), goal(424242, 1, 2026, 5), goal(1<<40, 1, 2026, 5),
			goal(-1, 1, 2026, 5), goal(d.operator.user.ID, 1, 2026, 5),
		}
		d.master.json("POST", "/dashboard/api/goals/save", map[string]any{"goals": unknown}).want(t, 200)
		for name, bad := range map[string]any{
			"negative": goal(d.luis.user.ID, 1, 2026, -1), "NaN": goal(d.luis.user.ID, 1, 2026, "NaN"), "null": goal(d.luis.user.ID, 1, 2026, nil),
			"infinite": goal(d.luis.user.ID, 1, 2026, "Infinity"), "huge": goal(d.luis.user.ID, 1, 2026, "9999999999999.999"), "month": goal(d.luis.user.ID, 13, 2026, 1),
			"year": goal(d.luis.user.ID, 1, 0, 1), "trader": goal(0, 1, 2026, true), "no trader": map[string]any{"month": 1, "year": 2026, "goal_amount_pen": 1},
		} {
			r := d.master.json("POST", "/dashboard/api/goals/save", map[string]any{"goals": []any{goal(d.luis.user.ID, 1, 2026, 77), bad}})
			if r.status != 400 || r.body["error"] == nil {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
		}
		d.master.json("POST", "/dashboard/api/goals/save", map[string]any{"goals": make([]any, 1001)}).want(t, 400)
		rows := d.master.get("/dashboard/api/goals?month=1&year=2026").want(t, 200).raw
		var got struct{ Traders []json.RawMessage }
		if err := json.Unmarshal(rows, &got); err != nil || len(got.Traders) != 3 {
			t.Fatalf("goals: %s", rows)
		}
		for i, want := range []struct {
			user   models.User
			amount string
		}{{d.ana.user, "6000.56"}, {d.luis.user, "1000.0"}, {d.retired, "0.0"}} {
			wantNumbers(t, "goal", got.Traders[i], numbers{
				"id": fmt.Sprint(want.user.ID), "username": `"` + want.user.Username + `"`, "email": `"` + want.user.Email + `"`,
				"status": `"` + want.user.Status + `"`, "goal_amount": want.amount,
			})
		}
		if sent := d.eventNames(); len(sent) != 0 {
			t.Errorf("goals emitted %v (contract 2.4: none)", sent)
		}
	})
}

// contract 3.6: daily profits, their sums, and saving a day again.
func TestProfits(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d *dashboardDesk) {
		d.events()
		again := d.master.json("POST", "/dashboard/api/profits/save", profit(d.ana.user.ID, "2026-01-01", "-30.255")).want(t, 200)
		saved := part(t, again.raw, "data")
		stamp := `"2026-01-15T12:00:00.123456"`
		wantNumbers(t, "saved", saved, numbers{
			"id": string(part(t, saved, "id")), "user_id": fmt.Sprint(d.ana.user.ID), "trader_name": `"` + d.ana.user.Username + `"`,
			"trader_email": `"` + d.ana.user.Email + `"`, "profit_date": `"2026-01-01"`, "profit_amount_pen": "-30.26", "created_at": stamp, "updated_at": stamp,
		})
		path := fmt.Sprintf("/dashboard/api/profits?trader_id=%d&month=", d.ana.user.ID)
		january := d.master.get(path+"1&year=2026").want(t, 200).raw
		wantNumbers(t, "profits", january, numbers{
			"trader_id": fmt.Sprint(d.ana.user.ID), "trader_name": `"` + d.ana.user.Username + `"`, "month": "1", "year": "2026",
			"profit_today": "120.5", "accumulated_profit": "90.34", "daily_profits": string(part(t, january, "daily_profits")),
		})
		var daily []map[string]any
		if err := json.Unmarshal(part(t, january, "daily_profits"), &daily); err != nil || len(daily) != 3 {
			t.Fatalf("daily profits: %s", january)
		}
		for i, day := range []string{"2026-01-01", "2026-01-15", "2026-01-31"} {
			if daily[i]["profit_date"] != day {
				t.Errorf("profit %d is of %v, want %s", i, daily[i]["profit_date"], day)
			}
		}
		if daily[1]["updated_at"] != nil {
			t.Errorf("a profit saved once was updated at %v", daily[1]["updated_at"])
		}
		empty := d.master.get(path+"6&year=2026").want(t, 200)
		if string(part(t, empty.raw, "daily_profits")) != "[]" || empty.body["profit_today"] != 120.5 {
			t.Errorf("empty month: %s", empty.raw)
		}
		d.master.get("/dashboard/api/profits?trader_id=424242&month=1&year=2026").want(t, 404)
		d.master.get(fmt.Sprintf("/dashboard/api/profits?trader_id=%d&month=1&year=2026", d.operator.user.ID)).want(t, 404)
		for _, c := range []struct {
			body   map[string]any
			status int
		}{
			{profit(424242, "2026-01-01", 1), 404}, {profit(1<<40, "2026-01-01", 1), 404}, {profit(nil, "2026-01-01", 1), 400},
			{profit(d.operator.user.ID, "2026-01-01", 1), 404}, {profit(d.ana.user.ID, "2026-02-30", 1), 400}, {profit(d.ana.user.ID, "01/02/2026", 1), 400},
			{profit(d.ana.user.ID, "", 1), 400}, {profit(d.ana.user.ID, "2026-01-01", "NaN"), 400}, {profit(d.ana.user.ID, "2026-01-01", nil), 400},
			{profit(d.ana.user.ID, "2026-01-01", "1e13"), 400}, {profit("x", "2026-01-01", 1), 400},
		} {
			r := d.master.json("POST", "/dashboard/api/profits/save", c.body)
			if r.status != c.status || r.body["error"] == nil {
				t.Errorf("%v: %d %s, want %d", c.body, r.status, r.raw, c.status)
			}
		}
		if sent := d.eventNames(); len(sent) != 0 {
			t.Errorf("profits emitted %v (contract 2.4: none)", sent)
		}
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
