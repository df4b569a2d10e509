package live

import (
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server/live/livetest"
)

// unasked is longer than any test: what a client has is not known before its end.
const unasked = time.Hour

// offsetOf is what a client of version 4.6 or newer would offer: the last argument that
// is a text.
func offsetOf(c *livetest.Client, before string) string {
	for _, e := range c.Events() {
		if offset := e.Offset(); offset != "" {
			before = offset
		}
	}
	return before
}

// A client that is told to load everything again gets a new pid with the CONNECT reply,
// before that. Cut in between it is told again, until what it offers shows that it knows.
func TestResyncIsRepeatedByPID(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		one, two := startNode(t, s, "one", 3), startNode(t, s, "two", 3)
		one.others = []*node{two}
		for _, session := range []string{"", olga} {
			for _, hadEvents := range []bool{false, true} {
				c, old := one.client("websocket", session, ""), ""
				if hadEvents {
					one.record(1, events.RoomPublic)
					old = awaitTicks(t, c, 1)
				}
				c.Reset()
				for i := range 6 {
					one.record(i+2, events.RoomPublic)
				}
				told := one.client("websocket", session, authOf(c.PID, old))
				for i, n := range []*node{two, one, two} {
					if got, _ := ticks(told); len(got) != 0 || resyncOf(told) != events.ResyncTooMany || told.SID == c.SID {
						t.Errorf("%q, return %d: got %v, resync %q", session, i, got, resyncOf(told))
					}
					// The client may have got nothing but the pid: it offers what it had before.
					told.Reset()
					one.record(10+i, events.RoomPublic)
					told = n.client("polling", session, authOf(told.PID, old))
				}
				last := told.Events()[len(told.Events())-1]
				arrived := offsetOf(told, "")
				if arrived == "" || last.Offset() != arrived || count(told, "resync_required") != 1 || (count(told, "dashboard_update") == 1) != (session != "") {
					t.Errorf("%q: got %v, offset %q", session, told.Names(), arrived)
				}
				told.Reset()
				one.record(20, events.RoomPublic)
				knows := two.client("websocket", session, authOf(told.PID, arrived))
				offset := awaitTicks(t, knows, -20)
				if resyncOf(knows) != "" || knows.SID != told.SID || knows.PID != told.PID {
					t.Errorf("%q: told again although it knew: %v", session, knows.Names())
				}
				knows.Reset()
				one.record(21, events.RoomPublic)
				awaitTicks(t, one.client("websocket", session, authOf(knows.PID, offset)), -21)
				if session == "" {
					// Another socket's offset of that kind says nothing about this one's place. (A slot does.)
					awaitTicks(t, one.client("websocket", session, authOf(knows.PID, resyncOffset+"another")), -20, -21)
				}
			}
		}
	})
}

// leaveSpent leaves a slot behind whose client has missed more than is known.
func (n *node) leaveSpent(key string) {
	n.t.Helper()
	_, at := n.tail.Position()
	row := models.DeliverySlot{
		ID: "spent " + key, SessionKey: key, UserID: 7, Node: "dead", Position: at.String(), Rooms: "[]", Opened: 1,
		EndedAt: time.Now().Add(-2 * time.Hour).UnixMilli(),
	}
	if err := n.store.Tx(n.t.Context(), func(tx *models.Tx) error { return tx.PutSlots([]models.DeliverySlot{row}) }); err != nil {
		n.t.Fatal(err)
	}
}

// forgetSpent is what happens to it a minute after another took its place.
func (n *node) forgetSpent(key string) {
	n.t.Helper()
	if err := n.store.Tx(n.t.Context(), func(tx *models.Tx) error { return tx.DropSlots([]string{"spent " + key}) }); err != nil {
		n.t.Fatal(err)
	}
}

// Without a pid, what a client was told and has not confirmed is said to the next of its
// session, also while the connection seems to be alive.
func TestResyncIsRepeatedBySlot(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNodeWith(t, s, "one", 3, nodeOptions{confirmAfter: unasked})
		n.leaveSpent("s1")
		var before *livetest.Client
		for i, noticed := range []bool{true, true, false} {
			c := n.client("websocket", olga, "")
			if resyncOf(c) != events.ResyncWindow {
				t.Fatalf("connection %d: resync %q, %v", i, resyncOf(c), c.Names())
			}
			n.forgetSpent("s1")
			n.record(i+1, staffRoom)
			if before = c; noticed {
				c.Reset()
				n.gone()
			}
		}
		last := n.client("websocket", olga, "")
		if resyncOf(last) != events.ResyncWindow {
			t.Errorf("while the one before is open: resync %q", resyncOf(last))
		}
		before.Reset()
		eventually(t, "the end of the one before is written", func() bool {
			rows := n.slotsOf("s1")
			return len(rows) > 1 && rows[len(rows)-2].EndedAt != 0
		})
		barrier(t, last)
		if got := count(last, "resync_required"); got != 1 {
			t.Errorf("told %d times", got)
		}
		// Nobody else is told.
		if other := n.client("websocket", "2 7 Operador", ""); resyncOf(other) != "" {
			t.Errorf("another session: resync %q", resyncOf(other))
		}
		// What was too much stays too much.
		c := n.client("websocket", "3 7 Operador", "")
		for i := range 6 {
			c.Reset()
			n.record(i+10, staffRoom)
		}
		last.Reset()
		for i := range 3 {
			eventually(t, "its end is known", func() bool {
				rows := n.slotsOf("s3")
				return rows[len(rows)-1].EndedAt != 0
			})
			c = n.client("websocket", "3 7 Operador", "")
			if got, _ := ticks(c); len(got) != 0 || resyncOf(c) != events.ResyncTooMany {
				t.Errorf("return %d: got %v, resync %q", i, got, resyncOf(c))
			}
			c.Reset()
		}
	})
}

// A client that has confirmed that it was told is not told again, and goes on from there.
func TestResyncIsNotRepeated(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 3)
		n.leaveSpent("s1")
		c := n.client("websocket", olga, "")
		if resyncOf(c) != events.ResyncWindow {
			t.Errorf("resync %q", resyncOf(c))
		}
		n.forgetSpent("s1")
		eventually(t, "it has confirmed", func() bool { return n.slotsOf("s1")[0].Told == "" })
		c.Reset()
		n.gone()
		n.record(1, staffRoom)
		back := n.client("websocket", olga, "")
		awaitTicks(t, back, -1)
		if resyncOf(back) != "" {
			t.Errorf("resync %q", resyncOf(back))
		}
	})
}

// The process was killed before the client was told.
func TestResyncOfDeadNode(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 3)
		_, at := n.tail.Position()
		row := models.DeliverySlot{ID: "left", SessionKey: "s1", UserID: 7, Node: "dead", Position: at.String(), Rooms: "[]", Opened: 1, Told: events.ResyncFailed}
		if err := s.Tx(t.Context(), func(tx *models.Tx) error { return tx.PutSlots([]models.DeliverySlot{row}) }); err != nil {
			t.Fatal(err)
		}
		if c := n.client("websocket", olga, ""); resyncOf(c) != events.ResyncFailed {
			t.Errorf("resync %q", resyncOf(c))
		}
	})
}

// The client is back at another node before the first knows that it is gone.
func TestResyncAtAnotherNode(t *testing.T) {
	s := modelstest.Open(t, models.Postgres)
	one, two := startNodeWith(t, s, "one", 3, nodeOptions{confirmAfter: unasked}), startNode(t, s, "two", 3)
	eventually(t, "the nodes are known", func() bool {
		var alive []string
		err := s.Tx(t.Context(), func(tx *models.Tx) (err error) { alive, err = tx.LiveNodes(); return err })
		return err == nil && slices.Contains(alive, "one") && slices.Contains(alive, "two")
	})
	one.leaveSpent("s1")
	c := one.client("websocket", olga, "")
	one.forgetSpent("s1")
	back := two.client("websocket", olga, "")
	if resyncOf(c) != events.ResyncWindow || resyncOf(back) != "" {
		t.Errorf("resync %q, then %q", resyncOf(c), resyncOf(back))
	}
	c.Reset()
	eventually(t, "it is told late", func() bool { return resyncOf(back) == events.ResyncWindow })
	barrier(t, back)
	if offset := offsetOf(back, ""); offset != "" || count(back, "resync_required") != 1 || count(back, "dashboard_update") != 1 {
		t.Errorf("got %v, offset %q", back.Names(), offset)
	}
}
