package models_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// noon is the moment at which the presence tests ask.
var noon = time.Date(2026, 1, 15, 17, 0, 0, 123456000, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// eachBook runs f on a book of each dialect whose clock the test sets.
func eachBook(t *testing.T, f func(t *testing.T, b *book, c *clock)) {
	t.Helper()
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			c := &clock{at: noon}
			f(t, newBook(t, modelstest.OpenAt(t, d, c.now)), c)
		})
	}
}

func (b *book) session(u models.User) (s models.Session) {
	b.t.Helper()
	b.tx(func(tx *models.Tx) (err error) {
		_, s, err = tx.CreateSession(u.ID, b.master, 12*time.Hour, false)
		return err
	})
	return s
}

func (b *book) seen(c *clock, node string, at time.Time) {
	b.t.Helper()
	c.set(at)
	b.tx(func(tx *models.Tx) error { return tx.SeeNode(node) })
	c.set(noon)
}

func (b *book) presence(node string, rows ...models.Presence) {
	b.t.Helper()
	b.tx(func(tx *models.Tx) error { return tx.WritePresence(node, rows) })
}

func ago(d time.Duration) time.Time { return noon.Add(-d) }

func lima(at time.Time) *models.LimaTime {
	l := models.ToLima(at)
	return &l
}

// contract 5.28, 4.1: who is at the desk by socket counts, whoever left does not, and
// who never had a socket counts by sign-in unless sockets are required. The list,
// the balanced assignment and the hand-over agree.
func TestOnlineBySocketOrSignIn(t *testing.T) {
	type row struct {
		node    string
		sockets int
		at      time.Time
	}
	here := func(node string) row { return row{node, 1, ago(time.Hour)} }
	left := func(node string, d time.Duration) row { return row{node, 0, ago(d)} }
	cases := []struct {
		name          string
		login, logout time.Duration // ago, 0 for never
		sessions      string        // none, session (when empty) or remembered
		rows          []row
		status        string
		online        bool // by default
		required      bool // when a socket is required
	}{
		{name: "signed in, never a socket", login: 4 * time.Hour, online: true},
		{name: "never signed in", online: false},
		{name: "signed out", login: 4 * time.Hour, logout: time.Hour},
		{name: "socket here, run not seen", login: 4 * time.Hour, rows: []row{here("own")}, online: true, required: true},
		{name: "socket at a living run", login: 4 * time.Hour, rows: []row{{"living", 3, ago(time.Hour)}}, online: true, required: true},
		{name: "lease not over", login: 4 * time.Hour, rows: []row{here("edge")}, online: true, required: true},
		{name: "lease over", login: 4 * time.Hour, rows: []row{here("dead")}},
		{name: "run unknown", login: 4 * time.Hour, rows: []row{here("unheard of")}},
		{name: "grace not over", login: 4 * time.Hour, rows: []row{left("own", 9*time.Second)}, online: true, required: true},
		{name: "grace over", login: 4 * time.Hour, rows: []row{left("own", 10*time.Second+time.Millisecond)}},
		{name: "grace over elsewhere", login: 4 * time.Hour, rows: []row{left("living", time.Hour)}},
		{name: "left, then signed in", login: time.Hour, rows: []row{left("own", 2*time.Hour)}, online: true},
		{name: "run died, then signed in", login: 5 * time.Second, rows: []row{here("dead")}, online: true},
		{name: "signed in, left, both long ago", login: 90 * 24 * time.Hour, rows: []row{left("own", 80*24*time.Hour)}},
		{name: "left one run, here at another", login: 4 * time.Hour, rows: []row{left("own", time.Hour), here("living")}, online: true, required: true},
		{name: "signed in between two leavings", login: 2 * time.Hour, rows: []row{left("own", 3*time.Hour), left("living", time.Hour)}},
		{name: "signed out in one browser, here in another", login: 4 * time.Hour, logout: time.Hour, rows: []row{here("own")}, online: true, required: true},
		{name: "signed out, socket about to close", login: 4 * time.Hour, logout: time.Second, sessions: "none", rows: []row{here("own")}},
		{name: "signed out a moment ago", login: 4 * time.Hour, logout: time.Second, sessions: "none", rows: []row{left("own", time.Second)}},
		{name: "socket of a remembered login", login: 90 * time.Hour, sessions: "remembered", rows: []row{here("own")}, online: true, required: true},
		{name: "remembered only, never signed in here", sessions: "remembered", rows: []row{here("own")}, online: true, required: true},
		{name: "inactive", login: 4 * time.Hour, rows: []row{here("own")}, status: models.Inactive},
	}
	eachBook(t, func(t *testing.T, b *book, clock *clock) {
		b.seen(clock, "dead", ago(31*time.Second))
		b.seen(clock, "edge", ago(29*time.Second))
		b.seen(clock, "living", ago(time.Second))
		for _, c := range cases {
			b.users++
			t.Run(c.name, func(t *testing.T) {
				b := &book{t: t, store: b.store, master: b.master, client: b.client, users: b.users}
				u := b.user(models.Operador, func(u *models.User) {
					if c.login > 0 {
						u.LastLogin = lima(ago(c.login))
					}
					if c.logout > 0 {
						u.LastLogout = lima(ago(c.logout))
					}
					if c.status != "" {
						u.Status = c.status
					}
				})
				if c.sessions != "none" {
					s := b.session(u)
					if c.sessions == "remembered" {
						b.tx(func(tx *models.Tx) error {
							_, _, err := tx.RememberLogin(s, 30*24*time.Hour)
							return err
						})
						b.tx(func(tx *models.Tx) error {
							return tx.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", ago(time.Hour).UnixMilli(), s.ID)
						})
					}
				}
				for _, r := range c.rows {
					b.presence(r.node, models.Presence{UserID: u.ID, Sockets: r.sockets, Changed: r.at})
				}
				for _, required := range []bool{false, true} {
					b.store.SetPresenceRule(models.PresenceRule{Node: "own", RequireSocket: required})
					b.wantOnline(u, c.online && !required || c.required && required)
				}
				// The next one is alone again.
				b.tx(func(tx *models.Tx) error { return tx.Exec("UPDATE users SET status = 'Inactivo' WHERE id = ?", u.ID) })
			})
		}
	})
}

// wantOnline asks all who need to know.
func (b *book) wantOnline(u models.User, want bool) {
	b.t.Helper()
	list, err := b.store.OnlineOperators(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	if got := slices.ContainsFunc(list, func(o models.User) bool { return o.ID == u.ID }); got != want {
		b.t.Errorf("listed %v, want %v", got, want)
	}
	op := b.create()
	b.tx(func(tx *models.Tx) error {
		_, err := tx.UpdateOperation(b.master, op.ID, balanced(1000, 3750))
		return err
	})
	b.tx(func(tx *models.Tx) (err error) { op, err = tx.SendToProcess(b.master, op.ID); return err })
	if op.AssignedTo(u.ID) != want {
		b.t.Errorf("assigned %v, want %v", op.AssignedTo(u.ID), want)
	}
	b.tx(func(tx *models.Tx) error {
		return tx.Exec("UPDATE operations SET assigned_operator_id = NULL WHERE id = ?", op.ID)
	})
	err = b.store.Tx(context.Background(), func(tx *models.Tx) error {
		_, _, err := tx.ReassignOperator(b.master, op.ID, u.ID)
		return err
	})
	var refused *models.Error
	if err != nil && (!errors.As(err, &refused) || refused.Code != models.Invalid) {
		b.t.Fatal(err)
	}
	if got := err == nil; got != want {
		b.t.Errorf("reassigned: %v, want %v", err, want)
	}
}

// contract 4.7, 5.28: an operator who left is passed over even with no work at all.
func TestAssignmentPassesOverWhoLeft(t *testing.T) {
	eachBook(t, func(t *testing.T, b *book, _ *clock) {
		signedIn := func(u *models.User) { u.LastLogin = lima(ago(4 * time.Hour)) }
		gone, present, sockless := b.user(models.Operador, signedIn), b.user(models.Operador, signedIn), b.user(models.Operador, signedIn)
		for _, u := range []models.User{gone, present, sockless} {
			b.session(u)
		}
		b.store.SetPresenceRule(models.PresenceRule{Node: "own"})
		b.presence("own", models.Presence{UserID: gone.ID, Changed: ago(time.Minute)}, models.Presence{UserID: present.ID, Sockets: 2, Changed: ago(time.Hour)})
		for i, want := range []models.User{present, sockless, present, sockless} {
			op := b.create()
			b.tx(func(tx *models.Tx) error {
				_, err := tx.UpdateOperation(b.master, op.ID, balanced(1000, 3750))
				return err
			})
			b.tx(func(tx *models.Tx) (err error) { op, err = tx.SendToProcess(b.master, op.ID); return err })
			if !op.AssignedTo(want.ID) {
				t.Errorf("send %d went to %v, want %d", i, op.AssignedOperatorID, want.ID)
			}
		}
	})
}
