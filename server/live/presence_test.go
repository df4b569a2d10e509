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

// contract 5.28: two tabs are one person, and a page change is no leaving.
func TestPresenceOfTabsAndPages(t *testing.T) {
	eachPresenceDesk(t, 2, func(t *testing.T, d *presenceDesk) {
		n := d.server("one")
		ana, olga := d.ids[0], d.ids[1]
		anonymous := n.tab("websocket", "")
		barrier(t, anonymous)
		n.wantPresent("nobody came")
		first, second := n.tab("websocket", d.people[0]), n.tab("polling", d.people[0])
		other := n.tab("websocket", d.people[1])
		n.settled(2)
		n.wantPresent("three tabs of two", ana, olga)
		first.Close()
		d.clock.advance(time.Hour)
		n.settled(2)
		n.wantPresent("a tab was closed an hour ago", ana, olga)
		second.Close()
		n.settled(1)
		n.wantPresent("between two pages", ana, olga)
		d.clock.advance(9 * time.Second)
		next := n.tab("websocket", d.people[0])
		n.settled(2)
		d.clock.advance(time.Hour)
		n.wantPresent("on the next page", ana, olga)
		next.Close()
		n.settled(1)
		d.clock.advance(11 * time.Second)
		n.wantPresent("left", olga)
		other.Close()
		n.settled(0)
		d.clock.advance(11 * time.Second)
		n.wantPresent("all left")
	})
}

// contract 5.28: a user is present as long as one node has a socket.
func TestPresenceAtTwoNodes(t *testing.T) {
	d := newPresenceDesk(t, models.Postgres, 1)
	one, two := d.server("one"), d.server("two")
	here, there := one.tab("websocket", d.people[0]), two.tab("websocket", d.people[0])
	one.settled(1)
	two.settled(1)
	here.Close()
	one.settled(0)
	d.clock.advance(11 * time.Second)
	two.renewed()
	one.wantPresent("left one node", d.ids[0])
	two.wantPresent("left one node", d.ids[0])
	there.Close()
	two.settled(0)
	one.wantPresent("left both a moment ago", d.ids[0])
	d.clock.advance(11 * time.Second)
	one.wantPresent("left both")
	two.wantPresent("left both")
}

// renewed waits until the server has said that it lives at the clock's time. One
// transaction of three may be of something else.
func (n *presenceNode) renewed() {
	n.t.Helper()
	before := n.store.begun.Load()
	eventually(n.t, "renewal", func() bool { return n.store.committed.Load() >= before+3 })
}

// contract 5.28: a process that was killed leaves nobody behind: on SQLite the next
// one ends what it finds, on Postgres the lease runs out.
func TestPresenceOfAKilledProcess(t *testing.T) {
	eachPresenceDesk(t, 2, func(t *testing.T, d *presenceDesk) {
		one := d.server("one")
		one.tab("websocket", d.people[0])
		one.tab("websocket", d.people[1])
		one.settled(2)
		d.clock.advance(time.Second)
		one.renewed()
		one.stop(false)
		d.clock.advance(5 * time.Second)
		two := d.server("two")
		two.renewed()
		two.wantPresent("the next one has just begun", d.ids...)
		back := two.tab("websocket", d.people[0])
		two.settled(1)
		d.clock.advance(26 * time.Second)
		two.wantPresent("one came back", d.ids[0])
		back.Close()
		two.settled(0)
		d.clock.advance(11 * time.Second)
		two.wantPresent("the other one left")
	})
}

// contract 5.28, 5.7: at an ordered end nobody leaves, and who does not come back is
// gone with the lease.
func TestPresenceOverARestart(t *testing.T) {
	eachPresenceDesk(t, 2, func(t *testing.T, d *presenceDesk) {
		one := d.server("one")
		one.tab("websocket", d.people[0])
		leaves := one.tab("websocket", d.people[1])
		one.settled(2)
		leaves.Close()
		one.settled(1)
		d.clock.advance(11 * time.Second)
		one.renewed()
		one.stop(true)
		d.clock.advance(15 * time.Second)
		two := d.server("two")
		two.renewed()
		two.wantPresent("no page has come back yet", d.ids[0])
		d.clock.advance(31 * time.Second)
		two.wantPresent("none came back")
	})
}

// contract 5.28: many comings and goings end where they began.
func TestPresenceChurn(t *testing.T) {
	const connects, people, atOnce = 1000, 20, 10
	eachPresenceDesk(t, people, func(t *testing.T, d *presenceDesk) {
		n := d.server("one")
		var running sync.WaitGroup
		for worker := range atOnce {
			running.Go(func() {
				for i := worker; i < connects; i += atOnce {
					transport := transportsUnderTest[i/atOnce%2]
					c, err := livetest.Connect(t.Context(), livetest.Dial{URL: n.url, Transport: transport, Header: http.Header{"X-Session": {d.people[i*7%people]}}})
					if err != nil {
						t.Error(err)
						return
					}
					c.Close()
				}
			})
		}
		running.Wait()
		n.settled(0)
		n.wantPresent("within the grace", d.ids...)
		d.clock.advance(11 * time.Second)
		n.wantPresent("after it")
		n.presence.mu.Lock()
		defer n.presence.mu.Unlock()
		if len(n.presence.users)+len(n.presence.changed) != 0 {
			t.Errorf("%d users are still noted, %d as changed", len(n.presence.users), len(n.presence.changed))
		}
	})
}

// A database that is away holds nobody up; what is known stays as it was, and what
// happened meanwhile is written when it is back, also by a node that others have
// taken for dead.
func TestPresenceWithoutDatabase(t *testing.T) {
	eachPresenceDesk(t, 3, func(t *testing.T, d *presenceDesk) {
		n := d.server("one")
		stays, leaves := n.tab("websocket", d.people[0]), n.tab("websocket", d.people[1])
		n.settled(2)
		n.store.away.Store(true)
		comes := n.tab("websocket", d.people[2])
		leaves.Close()
		barrier(t, stays, comes)
		eventually(t, "failed writes", func() bool { return n.presence.Counts().Failures > 0 && n.presence.Counts().Users == 2 })
		n.wantPresent("while it is away", d.ids[0], d.ids[1])
		d.clock.advance(time.Hour)
		err := d.store.Tx(t.Context(), func(tx *models.Tx) error {
			if err := tx.SweepPresence("another"); err != nil {
				return err
			}
			open, err := tx.OpenPresence("one")
			if open != 0 {
				t.Errorf("%d rows of the node are open after the lease", open)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n.store.away.Store(false)
		n.renewed()
		n.settled(2)
		n.wantPresent("when it is back", d.ids[0], d.ids[2])
	})
}
