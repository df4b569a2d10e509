package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/relevo/relevo/models"
)

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
