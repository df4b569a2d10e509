package models_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// eachClock runs f on a store of each dialect with a clock that f moves.
func eachClock(t *testing.T, f func(t *testing.T, s *models.Store, advance func(time.Duration))) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			var mu sync.Mutex
			clock := time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			now := func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
			f(t, modelstest.OpenAt(t, d, now), func(by time.Duration) { mu.Lock(); defer mu.Unlock(); clock = clock.Add(by) })
		})
	}
}

// keeperOf adds a user for the audit trail.
func keeperOf(t *testing.T, s *models.Store) models.Actor {
	t.Helper()
	u := models.User{Username: "max", Email: "max@desk.example", PasswordHash: "!", DNI: "1", Role: models.Master, Status: models.Active, CreatedAt: s.Now()}
	if err := s.Tx(context.Background(), func(tx *models.Tx) error { return tx.InsertUser(&u) }); err != nil {
		t.Fatal(err)
	}
	return models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}
}

// A key is known by its whole token only, is over when revoked, and its use is
// noted at most once a minute.
func TestServiceKeys(t *testing.T) {
	ctx := context.Background()
	eachClock(t, func(t *testing.T, s *models.Store, advance func(time.Duration)) {
		by := keeperOf(t, s)
		create := func(in models.NewServiceKey) (token string, key models.ServiceKey, err error) {
			err = s.Tx(ctx, func(tx *models.Tx) error { token, key, err = tx.CreateServiceKey(by, in); return err })
			return token, key, err
		}
		for name, in := range map[string]models.NewServiceKey{
			"no name": {Name: " ", Events: []string{"*"}, Audiences: []string{"*"}}, "long name": {Name: strings.Repeat("x", 81), Events: []string{"*"}, Audiences: []string{"*"}},
			"no events": {Name: "x", Audiences: []string{"*"}}, "no audiences": {Name: "x", Events: []string{"*"}},
		} {
			if _, _, err := create(in); models.CodeOf(err) != models.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		token, key, err := create(models.NewServiceKey{Name: "facturación", Events: []string{"notification"}, Audiences: []string{"role_*", "user_7"}})
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := create(models.NewServiceKey{Name: "b", Events: []string{"*"}, Audiences: []string{"*"}})
		if err != nil || len(token) != 46 || !strings.HasPrefix(token, "rk_") || token == other {
			t.Fatalf("tokens %q %q, %v", token, other, err)
		}
		if key.Prefix != token[:11] || strings.Contains(fmt.Sprintf("%+v", key), token[11:]) {
			t.Errorf("stored %+v", key)
		}

		used := func() *int64 {
			t.Helper()
			got, err := s.UseServiceKey(ctx, token)
			if err != nil || got.ID != key.ID || strings.Join(got.Audiences, " ") != "role_* user_7" || strings.Join(got.Events, " ") != "notification" {
				t.Fatalf("%+v, %v", got, err)
			}
			list, err := s.ListServiceKeys(ctx)
			if err != nil || len(list) != 2 || list[0].ID != key.ID {
				t.Fatalf("%+v, %v", list, err)
			}
			return list[0].LastUsedAt
		}
		first := used()
		advance(59 * time.Second)
		second := used()
		advance(2 * time.Second)
		third := used()
		if first == nil || *second != *first || *third != *first+61_000 {
			t.Errorf("used at %v, %v, %v", first, second, third)
		}

		flipped := token[:45] + string(token[45]^1)
		if token[45]^1 == '`' || token[45]^1 == '/' || token[45]^1 == '[' {
			flipped = token[:45] + "A"
		}
		refused := map[string]string{
			"nothing": "", "the mark": "rk_", "the prefix": token[:11], "cut": token[:45], "longer": token + "A", "flipped": flipped,
			"same prefix, other secret": token[:11] + other[11:], "without mark": token[3:], "unknown": "rk_" + models.NewToken(), "no token at all": "rk_" + strings.Repeat("%", 43),
		}
		revoke := func(id int64) (k models.ServiceKey, err error) {
			err = s.Tx(ctx, func(tx *models.Tx) error { k, err = tx.RevokeServiceKey(by, id); return err })
			return k, err
		}
		gone, err := revoke(key.ID)
		if err != nil || gone.RevokedAt == nil {
			t.Fatalf("%+v, %v", gone, err)
		}
		advance(time.Hour)
		again, err := revoke(key.ID)
		if err != nil || *again.RevokedAt != *gone.RevokedAt {
			t.Errorf("revoked twice: %+v, %v", again, err)
		}
		if _, err := revoke(4242); models.CodeOf(err) != models.NotFound {
			t.Errorf("unknown key: %v", err)
		}
		refused["revoked"] = token
		for name, text := range refused {
			if got, err := s.UseServiceKey(ctx, text); models.CodeOf(err) != models.Unauthorized || models.MessageOf(err) != "La clave de servicio falta o no es válida" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if _, err := s.UseServiceKey(ctx, other); err != nil {
			t.Errorf("the other key: %v", err)
		}
		for action, want := range map[string]int{"CREATE_SERVICE_KEY": 2, "REVOKE_SERVICE_KEY": 1} {
			lines, err := s.AuditTrail(ctx, action)
			if err != nil || len(lines) != want || *lines[0].EntityID != key.ID || lines[0].Entity != "ServiceKey" || lines[0].UserID != by.UserID {
				t.Fatalf("%s: %+v, %v", action, lines, err)
			}
			if !strings.Contains(*lines[0].Details, "facturación") || strings.Contains(*lines[0].Details, token[11:]) {
				t.Errorf("%s: %s", action, *lines[0].Details)
			}
		}
	})
}

// One answer per idempotency key and service key: also when many ask at once, and
// also in the moment when an old one has expired.
func TestIdempotentAnswers(t *testing.T) {
	ctx := context.Background()
	eachClock(t, func(t *testing.T, s *models.Store, advance func(time.Duration)) {
		by := keeperOf(t, s)
		var ids [2]int64
		err := s.Tx(ctx, func(tx *models.Tx) error {
			for i := range ids {
				_, k, err := tx.CreateServiceKey(by, models.NewServiceKey{Name: "k", Events: []string{"*"}, Audiences: []string{"*"}})
				if err != nil {
					return err
				}
				ids[i] = k.ID
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		keep := func(service int64, hash, body string) (kept models.IdempotentAnswer, first bool, err error) {
			err = s.Tx(ctx, func(tx *models.Tx) error {
				kept, first, err = tx.KeepAnswer(models.IdempotentAnswer{KeyID: service, IdempotencyKey: "once", RequestHash: hash, Status: 202, Body: body})
				return err
			})
			return kept, first, err
		}
		race := func(round string) {
			t.Helper()
			var mu sync.Mutex
			var running sync.WaitGroup
			firsts, bodies := 0, map[string]int{}
			for i := range 12 {
				running.Go(func() {
					kept, first, err := keep(ids[0], "h", fmt.Sprint(round, i))
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					}
					if first {
						firsts++
					}
					bodies[kept.Body]++
				})
			}
			running.Wait()
			if firsts != 1 || len(bodies) != 1 {
				t.Errorf("%s: %d were first, answers %v", round, firsts, bodies)
			}
		}
		race("a")
		if _, first, err := keep(ids[1], "h", "other service"); !first || err != nil {
			t.Errorf("keys of two services meet: %v", err)
		}
		got, err := s.AnswerOf(ctx, ids[0], "once")
		if err != nil || got.Status != 202 || got.RequestHash != "h" || got.Body[:1] != "a" {
			t.Errorf("%+v, %v", got, err)
		}
		// A transaction that fails keeps nothing.
		_ = s.Tx(ctx, func(tx *models.Tx) error {
			_, first, err := tx.KeepAnswer(models.IdempotentAnswer{KeyID: ids[0], IdempotencyKey: "rolled back", RequestHash: "h"})
			if !first || err != nil {
				t.Errorf("%v %v", first, err)
			}
			return context.Canceled
		})
		if _, err := s.AnswerOf(ctx, ids[0], "rolled back"); models.CodeOf(err) != models.NotFound {
			t.Errorf("%v", err)
		}
		advance(models.IdempotencyWindow - time.Second)
		if n, err := s.Purge(ctx); n != 0 || err != nil {
			t.Errorf("%d purged within the window, %v", n, err)
		}
		advance(time.Second)
		if _, err := s.AnswerOf(ctx, ids[0], "once"); models.CodeOf(err) != models.NotFound {
			t.Errorf("after the window: %v", err)
		}
		race("b")
		if n, err := s.Purge(ctx); n != 1 || err != nil {
			t.Errorf("%d purged after the window, want the other service's, %v", n, err)
		}
		if got, err := s.AnswerOf(ctx, ids[0], "once"); err != nil || got.Body[:1] != "b" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
