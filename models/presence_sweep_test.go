package models_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// contract 5.28: what dead runs leave is ended, and the table keeps one row per user
// who has left, of the last leaving.
func TestSweepPresence(t *testing.T) {
	eachBook(t, func(t *testing.T, b *book, c *clock) {
		one, two, three := b.user(models.Operador, nil), b.user(models.Operador, nil), b.user(models.Operador, nil)
		for _, u := range []models.User{one, two, three} {
			b.session(u)
		}
		b.seen(c, "dead", ago(time.Minute))
		b.seen(c, "living", ago(time.Second))
		at := func(u models.User, sockets int, d time.Duration) models.Presence {
			return models.Presence{UserID: u.ID, Sockets: sockets, Changed: ago(d)}
		}
		b.presence("dead", at(one, 2, time.Hour), at(two, 1, time.Hour))
		b.presence("living", at(two, 1, time.Hour))
		b.presence("own", at(one, 0, 2*time.Hour), at(two, 0, 2*time.Hour), at(three, 1, time.Hour), models.Presence{UserID: 4242, Sockets: 1, Changed: noon})
		b.store.SetPresenceRule(models.PresenceRule{Node: "own"})
		present := func() []int64 {
			t.Helper()
			ids, err := b.store.UsersPresent(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		want := []int64{two.ID, three.ID}
		if got := present(); !slices.Equal(got, want) {
			t.Errorf("before the sweep %v, want %v", got, want)
		}
		for range 2 {
			b.tx(func(tx *models.Tx) error { return tx.SweepPresence("own") })
		}
		if got := present(); !slices.Equal(got, want) {
			t.Errorf("after the sweep %v, want %v", got, want)
		}
		for node, want := range map[string]int{"dead": 0, "living": 1, "own": 1} {
			b.tx(func(tx *models.Tx) error {
				n, err := tx.OpenPresence(node)
				if n != want {
					t.Errorf("%s: %d open, want %d", node, n, want)
				}
				return err
			})
		}
		b.tx(func(tx *models.Tx) error {
			rows, err := tx.PresenceRows()
			for i := range rows {
				rows[i].Since = 0
			}
			// The user who left last by a run that died, and two who are here; of the
			// deleted user and of older leavings nothing.
			if want := []models.PresenceRow{
				{UserID: one.ID, Node: "dead", LeftAt: ago(time.Minute).UnixMilli()},
				{UserID: two.ID, Node: "dead", LeftAt: ago(time.Minute).UnixMilli()},
				{UserID: two.ID, Node: "living", Sockets: 1},
				{UserID: three.ID, Node: "own", Sockets: 1},
			}; !slices.Equal(rows, want) {
				t.Errorf("rows %+v\nwant %+v", rows, want)
			}
			return err
		})
	})
}

// contract 5.28: a page change does not begin a new presence, an absence does.
func TestPresenceSinceOutlivesAPageChange(t *testing.T) {
	eachBook(t, func(t *testing.T, b *book, _ *clock) {
		u := b.user(models.Operador, nil)
		step := func(sockets int, at time.Time, since time.Time) {
			t.Helper()
			b.presence("own", models.Presence{UserID: u.ID, Sockets: sockets, Changed: at})
			b.tx(func(tx *models.Tx) error {
				rows, err := tx.PresenceRows()
				if len(rows) != 1 || rows[0].Since != since.UnixMilli() || rows[0].Sockets != sockets {
					t.Errorf("rows %+v, want since %d", rows, since.UnixMilli())
				}
				return err
			})
		}
		step(1, ago(time.Hour), ago(time.Hour))
		step(0, ago(time.Minute), ago(time.Hour))
		step(2, ago(51*time.Second), ago(time.Hour))
		step(0, ago(30*time.Second), ago(time.Hour))
		step(1, ago(19*time.Second), ago(19*time.Second))
	})
}
