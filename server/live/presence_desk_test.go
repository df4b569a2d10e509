package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server/live/livetest"
)

// setClock is a clock that a test moves.
type setClock struct{ at atomic.Int64 }

func (c *setClock) now() time.Time          { return time.UnixMilli(c.at.Load()) }
func (c *setClock) advance(d time.Duration) { c.at.Add(d.Milliseconds()) }

// presenceDesk is a database with people, for servers to share.
type presenceDesk struct {
	t      *testing.T
	config models.Config
	clock  *setClock
	store  *models.Store // of no server
	people []string      // as speakerOf reads them
	ids    []int64
}

func eachPresenceDesk(t *testing.T, people int, f func(t *testing.T, d *presenceDesk)) {
	t.Helper()
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { f(t, newPresenceDesk(t, dialect, people)) })
	}
}

func newPresenceDesk(t *testing.T, dialect models.Dialect, people int) *presenceDesk {
	t.Helper()
	d := &presenceDesk{t: t, clock: &setClock{}}
	d.clock.at.Store(1_768_496_400_000)
	d.config = modelstest.Config(t, dialect)
	d.config.Now = d.clock.now
	d.store = d.open()
	if _, err := d.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := d.store.Tx(t.Context(), func(tx *models.Tx) error {
		for n := range people {
			u := models.User{
				Username: fmt.Sprintf("p%d", n), Email: fmt.Sprintf("p%d@desk.example", n), DNI: fmt.Sprintf("%08d", n), PasswordHash: "!",
				Role: models.Operador, Status: models.Active, CreatedAt: d.store.Now(),
			}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			_, s, err := tx.CreateSession(u.ID, models.Actor{UserID: u.ID}, 12*time.Hour, false)
			if err != nil {
				return err
			}
			d.ids = append(d.ids, u.ID)
			d.people = append(d.people, fmt.Sprintf("%d %d %s", s.ID, u.ID, u.Role))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *presenceDesk) open() *models.Store {
	d.t.Helper()
	s, err := models.Open(d.t.Context(), d.config)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = s.Close() })
	return s
}

// cutStore is a database that can go away.
type cutStore struct {
	*models.Store
	away             atomic.Bool
	begun, committed atomic.Int64
}

func (c *cutStore) Tx(ctx context.Context, fn func(*models.Tx) error) error {
	if c.away.Load() {
		return errors.New("away")
	}
	c.begun.Add(1)
	err := c.Store.Tx(ctx, fn)
	if err == nil {
		c.committed.Add(1)
	}
	return err
}

// presenceNode is one server.
type presenceNode struct {
	t        *testing.T
	store    *cutStore
	presence *Presence
	engine   *Native
	url      string
	stop     func(drain bool)
}

const testLease = 30 * time.Second

// server runs a server of the desk until the test ends. It says that it lives very
// often, so that tests need not wait; its lease is that of the clock.
func (d *presenceDesk) server(name string) *presenceNode {
	d.t.Helper()
	n := &presenceNode{t: d.t, store: &cutStore{Store: d.open()}}
	n.store.SetPresenceRule(models.PresenceRule{Node: name, Lease: testLease})
	n.presence = NewPresence(PresenceConfig{Store: n.store, Node: name, Lease: time.Millisecond})
	hub := NewHub(HubConfig{Resolve: speakerOf, Notify: func(Message) error { return nil }, Presence: n.presence})
	n.engine = NewNative(hub, Options{})
	web := httptest.NewServer(n.engine)
	n.url = web.URL
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.presence.Run(ctx) })
	var once sync.Once
	n.stop = func(drain bool) {
		once.Do(func() {
			if !drain { // killed: nothing it does now reaches the database
				n.store.away.Store(true)
			}
			draining, done := context.WithTimeout(context.Background(), livetest.Patience)
			defer done()
			if err := n.engine.Drain(draining); err != nil {
				d.t.Errorf("drain: %v", err)
			}
			web.Close()
			cancel()
			running.Wait()
		})
	}
	d.t.Cleanup(func() { n.stop(true) })
	return n
}

func (n *presenceNode) tab(transport, person string) *livetest.Client {
	n.t.Helper()
	c, err := livetest.Connect(n.t.Context(), livetest.Dial{URL: n.url, Transport: transport, Header: http.Header{"X-Session": {person}}})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(c.Close)
	return c
}

// settled waits until so many people have a socket here and the database knows.
func (n *presenceNode) settled(users int) {
	n.t.Helper()
	eventually(n.t, fmt.Sprintf("%d users", users), func() bool {
		c := n.presence.Counts()
		return c.Users == users && c.Unwritten == 0
	})
}

// wantPresent asks a server's store.
func (n *presenceNode) wantPresent(when string, want ...int64) {
	n.t.Helper()
	got, err := n.store.UsersPresent(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		n.t.Errorf("%s: present %v, want %v", when, got, want)
	}
}
