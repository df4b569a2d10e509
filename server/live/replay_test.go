package live

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

const olga, staffRoom = "1 7 Operador", events.RoomAuthenticated

// The session of a client with a pid goes on at another node and after the end of
// the first, with and without an offset.
func TestReplayAtAnotherNode(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		one, two := startNode(t, s, "one", 100), startNode(t, s, "two", 100)
		one.others, two.others = []*node{two}, []*node{one}
		c := one.client("websocket", olga, "")
		c.Reset()
		one.record(1, staffRoom)
		one.record(2, events.RoomUser(8))
		one.record(3, events.RoomUser(7))
		back := two.client("polling", olga, authOf(c.PID, ""))
		offset := awaitTicks(t, back, -1, -3)
		if back.SID != c.SID || back.PID != c.PID {
			t.Errorf("sid %s then %s, pid %s then %s", c.SID, back.SID, c.PID, back.PID)
		}
		back.Reset()
		two.record(4, staffRoom)
		again := one.client("websocket", olga, authOf(back.PID, offset))
		awaitTicks(t, again, -4)
		one.record(5, staffRoom)
		awaitTicks(t, again, -4, 5)
		third := startNode(t, s, "three", 100)
		// Of another session nothing goes on, and it is told so.
		other := third.client("websocket", "2 7 Operador", authOf(c.PID, offset))
		if got, _ := ticks(other); len(got) != 0 || resyncOf(other) != events.ResyncUnknown || other.SID == c.SID {
			t.Errorf("another session got %v, %q", got, resyncOf(other))
		}
		// Who is signed out meanwhile is owed nothing, and gets nothing.
		nobody := third.client("websocket", "", authOf(c.PID, offset))
		if len(nobody.Events()) != 0 {
			t.Errorf("nobody got %v", nobody.Names())
		}
	})
}

// Clients that know no pid get what they have not confirmed.
func TestReplayOfSlots(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 100)
		for i, transport := range transportsUnderTest {
			session := fmt.Sprintf("%d 7 Operador", i+1)
			c := n.client(transport, session, "")
			n.record(1, staffRoom)
			awaitTicks(t, c, 1)
			if transport == "websocket" {
				c.Reset()
			} else {
				c.Send(t.Context(), "xx") // ends the session as a broken one
			}
			n.gone()
			n.record(2, staffRoom)
			back := n.client(transport, session, "")
			eventually(t, "the missed event", func() bool { got, _ := ticks(back); return slices.Contains(got, -2) })
			if got, _ := ticks(back); got[len(got)-1] != -2 {
				t.Errorf("%s: got %v", transport, got)
			}
			if resyncOf(back) != "" {
				t.Errorf("resync %q", resyncOf(back))
			}
			// Leaving on purpose ends the slot.
			if err := back.Send(t.Context(), "41"); err != nil {
				t.Fatal(err)
			}
			back.Close()
			n.gone()
			n.record(3, staffRoom)
		}
	})
}

// A dead node's slots are known as such, a living one's are not touched.
func TestReplayOfDeadNode(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		one := startNode(t, s, "one", 100)
		one.record(1, events.RoomUser(9))
		if s.Dialect() == models.Postgres {
			eventually(t, "the node is known", func() bool {
				var alive []string
				err := s.Tx(t.Context(), func(tx *models.Tx) (err error) { alive, err = tx.LiveNodes(); return err })
				return err == nil && slices.Contains(alive, "one")
			})
			c := one.client("websocket", olga, "")
			two := startNode(t, s, "two", 100)
			one.others = []*node{two}
			one.record(2, staffRoom)
			awaitTicks(t, c, 2)
			one.others = nil
			if tab := two.client("websocket", olga, ""); len(tab.Names()) != 1 {
				t.Errorf("a second tab got %v", tab.Names())
			}
		}
		// What a killed process leaves behind: an open slot and nobody who holds it.
		_, at := one.tail.Position()
		err := s.Tx(t.Context(), func(tx *models.Tx) error {
			return tx.PutSlots([]models.DeliverySlot{{ID: "left", SessionKey: "s9", UserID: 9, Node: "dead", Position: at.String(), Rooms: "[]", Opened: 1}})
		})
		if err != nil {
			t.Fatal(err)
		}
		one.record(3, events.RoomUser(9))
		awaitTicks(t, one.client("websocket", "9 9 Master", ""), -3)
	})
}

// The window is over, or more was missed than is sent: never silence.
func TestReplayNotPossible(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 2)
		c, old := n.client("websocket", olga, ""), n.client("websocket", "2 7 Operador", "")
		c.Reset()
		old.Reset()
		n.gone()
		for i := range 3 {
			n.record(i+1, staffRoom)
		}
		for session, auth := range map[string]string{olga: authOf(c.PID, ""), "2 7 Operador": ""} {
			back := n.client("websocket", session, auth)
			if got, _ := ticks(back); len(got) != 0 || resyncOf(back) != events.ResyncTooMany || count(back, "dashboard_update") != 1 || back.SID == c.SID {
				t.Errorf("%s: got %v, resync %q, %v", session, got, resyncOf(back), back.Names())
			}
			back.Reset()
		}
		n.gone()
		n.record(4, staffRoom)
		if _, err := s.PurgeEvents(t.Context(), time.Now().Add(time.Hour), 1000); err != nil {
			t.Fatal(err)
		}
		for session, auth := range map[string]string{olga: authOf(c.PID, ""), "2 7 Operador": "", "": authOf(n.client("websocket", "", "").PID+"x", "")} {
			back := n.client("websocket", session, auth)
			want := events.ResyncWindow
			if session == "" {
				want = events.ResyncUnknown
			}
			if resyncOf(back) != want || (count(back, "dashboard_update") == 1) != (session != "") {
				t.Errorf("%q: resync %q, %v", session, resyncOf(back), back.Names())
			}
		}
		if counts := n.replay.Counts(); counts.Expired != 5 || counts.Replayed != 0 {
			t.Errorf("counts %+v", counts)
		}
	})
}

// A storm of connects is few transactions.
func TestSlotsAreGrouped(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	const sockets = 300
	before := n.slots.transactions.Load()
	var all sync.WaitGroup
	limit := make(chan struct{}, 100)
	for i := range sockets {
		all.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			at := models.EventCursor{}
			sl := &slot{id: fmt.Sprintf("slot%d", i), key: fmt.Sprintf("s%d", i), userID: 1, socket: &nativeSocket{}}
			if _, err := n.replay.keeper.begin(t.Context(), sl, &slotOpening{place: at, claim: true}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if did := n.slots.transactions.Load() - before; did > sockets/2 {
		t.Errorf("%d transactions for %d sockets", did, sockets)
	}
	n.replay.keeper.mu.Lock()
	clear(n.replay.keeper.open)
	n.replay.keeper.mu.Unlock()
}

// A database that takes no slots keeps nobody out, and nobody in the dark.
func TestSlotsOutOfReach(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	n.slots.down.Store(true)
	c := n.client("websocket", olga, "")
	if got := resyncOf(c); got != events.ResyncFailed {
		t.Errorf("resync %q", got)
	}
	n.record(1, staffRoom)
	awaitTicks(t, c, 1)
	// Written as soon as that is possible: the next return is as good as any.
	n.slots.down.Store(false)
	eventually(t, "the slot is written and its client is known to be told", func() bool {
		rows := n.slotsOf("s1")
		return len(rows) == 1 && rows[0].Told == ""
	})
	c.Reset()
	n.gone()
	n.record(2, staffRoom)
	back := n.client("websocket", olga, "")
	eventually(t, "the missed event", func() bool { got, _ := ticks(back); return slices.Contains(got, -2) })
}

// One slot that can never be written holds nobody else's up, and is given up.
func TestSlotThatCannotBeWritten(t *testing.T) {
	var ahead atomic.Int64
	s := modelstest.OpenAt(t, models.SQLite, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	n := startNode(t, s, "one", 100)
	n.slots.poison.Store("s9")
	var all sync.WaitGroup
	for i := range 9 {
		all.Go(func() {
			c := n.client("websocket", fmt.Sprintf("%d 7 Operador", i+1), "")
			if got := resyncOf(c); i+1 == 9 && got != events.ResyncFailed {
				t.Errorf("the slot that cannot be written: resync %q", got)
			}
		})
	}
	all.Wait()
	waiting := func() int {
		n.replay.keeper.mu.Lock()
		defer n.replay.keeper.mu.Unlock()
		return len(n.replay.keeper.queue)
	}
	eventually(t, "the others are written", func() bool { return waiting() == 1 })
	ahead.Store(int64(slotGiveUp))
	eventually(t, "the slot is given up", func() bool { return waiting() == 0 })
	n.slots.poison.Store("")
	if c := n.client("websocket", "9 7 Operador", ""); resyncOf(c) != "" {
		t.Errorf("resync %q", resyncOf(c))
	}
}
