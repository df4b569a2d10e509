package server_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

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
