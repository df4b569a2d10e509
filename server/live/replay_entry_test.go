package live

import (
	"net/http"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server/live/livetest"
)

// doorkeeper lets sockets stand between their CONNECT reply and their rooms.
type doorkeeper struct {
	*Hub
	standing, open chan struct{}
}

func (d *doorkeeper) Connected(s Socket) {
	if !s.Identity().Anonymous() {
		d.standing <- struct{}{}
		<-d.open
	}
	d.Hub.Connected(s)
}

// Nothing is said to a socket before its greeting and what it missed, also when the role
// of its user changes at that moment: the offset of such an event would say that the
// client has what it missed.
func TestNothingBeforeEntry(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	d := &doorkeeper{standing: make(chan struct{}), open: make(chan struct{})}
	n := startNodeWith(t, s, "one", 100, nodeOptions{confirmAfter: unasked, handler: func(h *Hub) Handler { d.Hub = h; return d }})
	header := http.Header{"X-Session": {olga}}
	enter := func(auth string, meanwhile func()) *livetest.Client {
		t.Helper()
		c, err := livetest.Connect(t.Context(), livetest.Dial{URL: n.url, Header: header, Auth: auth})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		<-d.standing
		meanwhile()
		d.open <- struct{}{}
		return c
	}
	first := enter("", func() {})
	barrier(t, first)
	first.Reset()
	n.record(1, staffRoom)
	back := enter(authOf(first.PID, ""), func() {
		n.engine.MoveUser(7, []string{events.RoomRole(models.Operador)}, []string{events.RoomRole(models.Master)})
		n.record(2, events.RoomRole(models.Master))
	})
	awaitTicks(t, back, -1)
	if names := back.Names(); names[0] != events.ConnectionEstablishedEvent.Name() {
		t.Errorf("got %v", names)
	}
}
