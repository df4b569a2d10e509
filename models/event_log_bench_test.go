package models_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// BenchmarkTxRecord compares a transaction of one audit line with the same one that
// also records three durable events. The two take turns, so that a noisy minute of
// the machine meets both; read the last metric, and not ns/op, which is of the pair.
// Postgres runs without fsync unless TEST_DATABASE_URL names a server that syncs.
func BenchmarkTxRecord(b *testing.B) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		for _, writers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", d, writers), func(b *testing.B) {
				benchRecord(b, modelstest.Open(b, d), writers)
			})
		}
	}
}

func benchRecord(b *testing.B, s *models.Store, writers int) {
	ctx := context.Background()
	by := models.Actor{Username: "bench", Role: models.Trader, IP: "192.0.2.1", UserAgent: "bench"}
	err := s.Tx(ctx, func(tx *models.Tx) error {
		u, err := tx.CreateUser(models.NewUser{Username: "bench", Email: "bench@desk.example", DNI: "00000001", Role: models.Trader, PasswordHash: "-"})
		by.UserID = u.ID
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	payload := json.RawMessage(`{"operation_id":"EXP-1001","client_name":"ROJAS PEÑA ANA","operation_type":"Compra","amount_usd":1000.0,"status":"Pendiente","created_by":"trader"}`)
	// took runs a transaction by every writer at a time.
	took := func(events int) time.Duration {
		began := time.Now()
		var running sync.WaitGroup
		for range writers {
			running.Go(func() {
				err := s.Tx(ctx, func(tx *models.Tx) error {
					if err := tx.Audit(by, "CREATE_OPERATION", "Operation", 17, "Operación EXP-1001 creada"); err != nil {
						return err
					}
					for range events {
						if err := tx.Record(models.EventRecord{Name: "nueva_operacion", Payload: payload, Rooms: []string{"authenticated"}, Entity: "operation/17"}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Error(err)
				}
			})
		}
		running.Wait()
		return time.Since(began)
	}
	var without, with time.Duration
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 {
			without += took(0)
			with += took(3)
		} else {
			with += took(3)
			without += took(0)
		}
	}
	each := float64(b.N * writers)
	b.ReportMetric(float64(without.Microseconds())/each, "µs/without")
	b.ReportMetric(float64(with.Microseconds())/each, "µs/with")
	b.ReportMetric(float64(with)/float64(without), "with÷without")
}

// BenchmarkEventsAfter reads what a tail reads when it is woken for one event, from
// the end of a log of ten thousand.
func BenchmarkEventsAfter(b *testing.B) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		b.Run(string(d), func(b *testing.B) {
			s := modelstest.Open(b, d)
			for range 100 {
				record(b, s, make([]string, 100)...)
			}
			end, err := s.EventLogEnd(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range []struct {
				name string
				at   models.EventCursor
				want int
			}{{"none", end, 0}, {"one", models.EventCursor{Low: end.Low - 1}, 1}, {"500", models.EventCursor{Low: end.Low - 500}, 500}} {
				b.Run(c.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if got := after(b, s, c.at, 500); len(got) != c.want {
							b.Fatalf("%d events, want %d", len(got), c.want)
						}
					}
				})
			}
		})
	}
}
