package live

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

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
