package models_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// A visitor's session is the newest that is alive, begun since, and of an active user.
func TestSessionOfVisitor(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := context.Background()
		user := models.User{Username: "olga", Email: "olga@desk.example", PasswordHash: "!", DNI: "1", Role: models.Operador, Status: models.Active, CreatedAt: s.Now()}
		var first, second models.Session
		err := s.Tx(ctx, func(tx *models.Tx) error {
			if err := tx.InsertUser(&user); err != nil {
				return err
			}
			_, _, err := tx.CreateSession(user.ID, models.Actor{}, time.Hour, false)
			if err != nil {
				return err
			}
			if _, first, err = tx.CreateSession(user.ID, models.Actor{Visitor: "v1"}, time.Hour, false); err == nil {
				_, second, err = tx.CreateSession(user.ID, models.Actor{Visitor: "v1", IP: "192.0.2.1"}, time.Minute, false)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		now := s.Instant()
		of := func(visitor string, since, now time.Time) int64 {
			t.Helper()
			got, err := s.SessionOfVisitor(ctx, visitor, since, now)
			if models.CodeOf(err) == models.NotFound {
				return 0
			}
			if err != nil || got.User.Username != "olga" {
				t.Fatal(got, err)
			}
			return got.ID
		}
		signedIn := func(now time.Time) []string {
			t.Helper()
			found, err := s.VisitorsSignedIn(ctx, []string{"v0", "v1", ""}, now)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		long := now.Add(-time.Hour)
		for what, c := range map[string]struct{ got, want int64 }{
			"the newest":                   {of("v1", long, now), second.ID},
			"the other when that is over":  {of("v1", long, now.Add(2*time.Minute)), first.ID},
			"none when both are over":      {of("v1", long, now.Add(2*time.Hour)), 0},
			"none that began before":       {of("v1", now.Add(time.Minute), now), 0},
			"none of another visitor":      {of("v0", long, now), 0},
			"none of sessions without one": {of("", long, now), 0},
		} {
			if c.got != c.want {
				t.Errorf("%s: session %d, want %d", what, c.got, c.want)
			}
		}
		if got := signedIn(now); !slices.Equal(got, []string{"v1"}) {
			t.Errorf("signed in: %v", got)
		}
		if got := signedIn(now.Add(2 * time.Hour)); len(got) != 0 {
			t.Errorf("signed in when all is over: %v", got)
		}
		if got, err := s.LiveSession(ctx, first.ID, now); err != nil || got.User.ID != user.ID {
			t.Error(got, err)
		}
		if _, err := s.LiveSession(ctx, first.ID, now.Add(2*time.Hour)); models.CodeOf(err) != models.NotFound {
			t.Error(err)
		}
		err = s.Tx(ctx, func(tx *models.Tx) error { _, err := tx.SetStatus(user.ID, models.Inactive); return err })
		if err != nil {
			t.Fatal(err)
		}
		if of("v1", long, now) != 0 || len(signedIn(now)) != 0 {
			t.Error("an inactive user is signed in")
		}
		if _, err := s.LiveRemembered(ctx, 1, now); models.CodeOf(err) != models.NotFound {
			t.Error(err)
		}
	})
}
