package server

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// Sessions that are over go at the start and at each tick; live ones stay.
func TestPurge(t *testing.T) {
	clock := time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
	s := modelstest.OpenAt(t, models.SQLite, func() time.Time { return clock })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sessions := func(lives ...time.Duration) {
		err := s.Tx(ctx, func(tx *models.Tx) error {
			u := models.User{Username: "a", Email: "a@desk.example", PasswordHash: "!", DNI: "1", Role: models.Master, Status: models.Active, CreatedAt: tx.Now()}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			for _, life := range lives {
				if _, _, err := tx.CreateSession(u.ID, models.Actor{}, life, false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sessions(time.Minute, time.Hour)
	clock = clock.Add(2 * time.Minute)
	tick, ended := make(chan time.Time), make(chan struct{})
	desk := &Server{store: s, log: zap.NewNop()}
	go func() { repeat(ctx, tick, desk.purgeSessions); close(ended) }()
	tick <- clock // taken after the purge at the start
	tick <- clock // taken after the purge of the first tick
	cancel()
	<-ended
	ctx = context.Background()
	if n, err := s.Purge(ctx); err != nil || n != 0 {
		t.Errorf("%d sessions were left over, %v", n, err)
	}
	clock = clock.Add(time.Hour)
	if n, err := s.Purge(ctx); err != nil || n != 1 {
		t.Errorf("%d live sessions had been kept, want 1, %v", n, err)
	}
}
