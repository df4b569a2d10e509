package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

func TestMain(m *testing.M) { os.Exit(modelstest.Main(m)) }

// Events leave a transaction when it commits, in order, and never otherwise.
func TestTxHandsOverEventsOnCommitOnly(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		var got []string
		s.OnCommit(func(_ context.Context, events []models.EventRecord) {
			for _, e := range events {
				got = append(got, e.Name)
			}
		})
		record := func(tx *models.Tx, names ...string) error {
			for _, n := range names {
				if err := tx.Record(models.EventRecord{Name: n, Payload: json.RawMessage("{}")}); err != nil {
					return err
				}
			}
			return nil
		}
		ctx := context.Background()
		if err := s.Tx(ctx, func(tx *models.Tx) error { return record(tx, "a", "b") }); err != nil {
			t.Fatal(err)
		}
		refused := models.Errorf(models.Invalid, "no")
		err := s.Tx(ctx, func(tx *models.Tx) error { return errors.Join(record(tx, "c"), refused) })
		if models.CodeOf(err) != models.Invalid {
			t.Fatalf("code %q, want invalid (%v)", models.CodeOf(err), err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Tx(ctx, func(tx *models.Tx) error { _ = record(tx, "d"); panic("handler") })
		}()
		if len(got) != 2 || got[0] != "a" || got[1] != "b" {
			t.Fatalf("handed over %v, want [a b]", got)
		}
		// The connection of the panicked transaction is usable again.
		if err := s.Tx(ctx, func(tx *models.Tx) error { return record(tx, "e") }); err != nil {
			t.Fatal(err)
		}
	})
}

// Migrations are taken once and then pending no more.
func TestMigrateTwice(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := context.Background()
		again, err := s.Migrate(ctx)
		if err != nil || len(again) != 0 {
			t.Fatalf("second run took %v, %v", again, err)
		}
		pending, err := s.MigrationsPending(ctx)
		if err != nil || pending {
			t.Fatalf("pending %v, %v", pending, err)
		}
		steps, err := s.MigrationStatus(ctx)
		if err != nil || len(steps) < 2 || !steps[0].Applied {
			t.Fatalf("status %v, %v", steps, err)
		}
	})
}

// contract 2.1: no offset, microseconds only when not zero, Lima's wall clock.
func TestLimaTimeForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2025-01-15T15:20:30.123456Z", `"2025-01-15T10:20:30.123456"`},
		{"2025-01-15T15:20:30.000001Z", `"2025-01-15T10:20:30.000001"`},
		{"2025-01-15T15:20:30Z", `"2025-01-15T10:20:30"`},
		{"2025-01-15T03:00:00.5Z", `"2025-01-14T22:00:00.500000"`},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.in)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(models.ToLima(at))
		if string(b) != c.want {
			t.Errorf("%s: %s, want %s", c.in, b, c.want)
		}
	}
}

// contract 2.1 and 5.29: numbers in JSON, NaN and infinities refused.
func TestMoneyForm(t *testing.T) {
	for in, want := range map[string]string{"1000": "1000.0", "3.7500": "3.75", "0": "0.0", "-2.10": "-2.1", "9999999999999.99": "9999999999999.99"} {
		m, err := models.ParseMoney(in)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := json.Marshal(m); string(b) != want {
			t.Errorf("%s: %s, want %s", in, b, want)
		}
	}
	for _, in := range []string{"NaN", "Infinity", "-inf", "", " ", "1e999999999", "0x10", "1_000", "12,5", "١"} {
		if m, err := models.ParseMoney(in); err == nil {
			t.Errorf("%q was read as %s", in, m)
		}
	}
}
