package models_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// contract 3.6, 5.30: sums are exact on both databases, also where floats drift.
func TestActivitySumsExactly(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		day := models.DayOf(models.LimaDate(2026, time.January, 15))
		var trader models.User
		var client models.Client
		seed(t, s, func(_ *models.Tx, who models.User, of models.Client) error {
			trader, client = who, of
			return nil
		})
		// In parts: a transaction is bounded in time.
		for part := range 10 {
			err := s.Tx(context.Background(), func(tx *models.Tx) error {
				for i := range 100 {
					if err := insertOperation(tx, 100*part+i, trader, client, models.Venta, "0.10", "999999999.99", models.Completada, day.From); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.ActivityIn(context.Background(), day, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got.USD.String() != "100" || got.PEN.String() != "999999999990" || got.UniqueClients != 1 || got.Completed != 1000 {
			t.Fatalf("sums %s USD, %s PEN, %d clients, %d operations", got.USD, got.PEN, got.UniqueClients, got.Completed)
		}
	})
}

// contract 5.30: the day and the month are half open.
func TestActivityPeriodIsHalfOpen(t *testing.T) {
	at := func(text string) models.LimaTime {
		v, err := time.ParseInLocation("2006-01-02 15:04:05.999999", text, models.Lima)
		if err != nil {
			t.Fatal(err)
		}
		return models.ToLima(v)
	}
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		seed(t, s, func(tx *models.Tx, trader models.User, client models.Client) error {
			for i, when := range []string{
				"2026-01-14 23:59:59.999999", "2026-01-15 00:00:00", "2026-01-15 23:59:59.5", "2026-01-15 23:59:59.999999",
				"2026-01-16 00:00:00", "2025-12-31 23:59:59.5", "2026-02-01 00:00:00",
			} {
				if err := insertOperation(tx, i, trader, client, models.Compra, "1", "3.5", models.Completada, at(when)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct {
			name string
			in   models.Period
			want int
		}{
			{"day", models.DayOf(at("2026-01-15 12:00:00")), 3},
			{"month", models.Month{Year: 2026, Month: 1}.Period(), 5},
			{"next month", models.Month{Year: 2026, Month: 2}.Period(), 1},
			{"december", models.Month{Year: 2025, Month: 12}.Period(), 1},
		} {
			got, err := s.ActivityIn(context.Background(), c.in, 0)
			if err != nil || got.Completed != c.want {
				t.Errorf("%s: %d operations, want %d (%v)", c.name, got.Completed, c.want, err)
			}
		}
	})
}

// contract 3.6: months and days that do not exist are refused.
func TestMonthAndDayCheck(t *testing.T) {
	for _, m := range []models.Month{{2026, 0}, {2026, 13}, {1999, 1}, {2101, 1}, {2026, -1}} {
		if models.CodeOf(m.Check()) != models.Invalid {
			t.Errorf("month %v passes", m)
		}
	}
	for _, d := range []string{"", "2026-02-30", "15/01/2026", "2026-1-5", "2026-01-15T00:00:00", "1999-12-31", "20260115"} {
		if _, err := models.ParseDay(d); models.CodeOf(err) != models.Invalid {
			t.Errorf("day %q passes", d)
		}
	}
	if d, err := models.ParseDay("2024-02-29"); err != nil || d != "2024-02-29" {
		t.Errorf("29 February: %q, %v", d, err)
	}
}

// seed runs f with a trader and a client that exist.
func seed(t *testing.T, s *models.Store, f func(tx *models.Tx, trader models.User, client models.Client) error) {
	t.Helper()
	err := s.Tx(context.Background(), func(tx *models.Tx) error {
		trader := models.User{
			Username: "ana", Email: "ana@desk.example", PasswordHash: "!", DNI: "00000001",
			Role: models.Trader, Status: models.Active, CreatedAt: tx.Now(),
		}
		if err := tx.InsertUser(&trader); err != nil {
			return err
		}
		client := models.Client{DocumentType: models.DNI, DNI: "10000001", Email: "c@client.example", Status: models.Active, CreatedAt: tx.Now()}
		if err := tx.InsertClient(&client); err != nil {
			return err
		}
		return f(tx, trader, client)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func insertOperation(tx *models.Tx, n int, trader models.User, client models.Client, kind, usd, pen, status string, at models.LimaTime) error {
	amountUSD, err := models.ParseMoney(usd)
	if err != nil {
		return err
	}
	amountPEN, err := models.ParseMoney(pen)
	if err != nil {
		return err
	}
	return tx.InsertOperation(&models.Operation{
		OperationID: fmt.Sprintf("EXP-%d", 1001+n), ClientID: client.ID, UserID: trader.ID, OperationType: kind, Status: status,
		AmountUSD: amountUSD, AmountPEN: amountPEN, ExchangeRate: models.NewMoney(35, -1), CreatedAt: at,
	})
}
