package live

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// A host that is lost with its node looks alive for a while. Who came back to another
// node by then is sent what is owed as soon as the death is known: by the sweep, or when
// another tab of the session connects.
func TestReplayOfLostHost(t *testing.T) {
	for name, o := range map[string]nodeOptions{
		"sweep": {confirmAfter: 100 * time.Millisecond, sweepEvery: 100 * time.Millisecond},
		"tab":   {confirmAfter: 100 * time.Millisecond, sweepEvery: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := modelstest.Open(t, models.Postgres)
			n := startNodeWith(t, s, "here", 100, o)
			die := holdNode(t, s, "lost")
			_, before := n.tail.Position()
			n.record(1, events.RoomUser(7))
			n.record(2, events.RoomUser(8))
			leaveOpen(t, s, "lost", before)
			c, other := n.client("websocket", olga, ""), n.client("websocket", "2 8 Operador", "")
			n.record(3, events.RoomUser(7))
			awaitTicks(t, c, 3) // nothing is known of the death
			die()
			if name == "tab" {
				tab := n.client("websocket", olga, "")
				eventually(t, "the tab has what is owed", func() bool { got, _ := ticks(tab); return slices.Contains(got, -1) })
			}
			eventually(t, "what the lost node owed", func() bool { got, _ := ticks(c); return slices.Contains(got, -1) })
			barrier(t, other)
			if got, _ := ticks(other); len(got) != 0 {
				t.Errorf("another session got %v", got)
			}
			if got, _ := ticks(c); !slices.Equal(got, []int{3, -1}) || resyncOf(c) != "" {
				t.Errorf("got %v, resync %q", got, resyncOf(c))
			}
		})
	}
}

// holdNode makes a node look alive that has no process, until die is called.
func holdNode(t *testing.T, s *models.Store, node string) (die func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan error, 1)
	go func() { held <- s.HoldNode(ctx, node) }()
	err := s.Tx(t.Context(), func(tx *models.Tx) error { return tx.SeeNode(node) })
	if err != nil {
		t.Fatal(err)
	}
	looksAlive := func() bool {
		var alive []string
		if err := s.Tx(t.Context(), func(tx *models.Tx) (err error) { alive, err = tx.LiveNodes(); return err }); err != nil {
			t.Fatal(err)
		}
		return slices.Contains(alive, node)
	}
	eventually(t, "the node is known", looksAlive)
	return func() {
		cancel()
		if err := <-held; err != nil {
			t.Error(err)
		}
		eventually(t, "its lock is gone", func() bool { return !looksAlive() })
	}
}

// leaveOpen is the slot of a socket of the node, whose client is at the place.
func leaveOpen(t *testing.T, s *models.Store, node string, at models.EventCursor) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *models.Tx) error {
		return tx.PutSlots([]models.DeliverySlot{{ID: "left", SessionKey: "s1", UserID: 7, Node: node, Position: at.String(), Rooms: "[]", Opened: 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
}
