package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
