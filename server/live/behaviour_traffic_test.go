package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

// whole reports the first gap of a numbered stream, or "".
func whole(c *livetest.Client, name string, n int) string {
	i := 0
	for _, e := range c.Events() {
		if e.Name != name {
			continue
		}
		if want := strconv.Itoa(i); e.Arg() != want {
			return fmt.Sprintf("got %s where %s was due", e.Arg(), want)
		}
		i++
	}
	if i != n {
		return fmt.Sprintf("%d of %d", i, n)
	}
	return ""
}

func (d *desk) number(from, to int, rooms ...string) {
	for i := from; i < to; i++ {
		d.send(Message{Rooms: rooms, Name: "n", Payload: json.RawMessage(strconv.Itoa(i))})
	}
}

func testBurst(t *testing.T, open opener) {
	const sockets, n = 50, 500
	d := newDesk(t, open)
	var clients []*livetest.Client
	for i := range sockets {
		clients = append(clients, d.greeted("websocket", i+1, "Operador"))
	}
	for i := range 5 {
		clients = append(clients, d.greeted("polling", 100+i, "Operador"))
	}
	d.number(0, n, events.RoomRole("Operador"), events.RoomAuthenticated)
	for i, c := range clients {
		if err := c.WaitCount(t.Context(), n+1); err != nil {
			t.Errorf("socket %d: %v", i, err)
		}
	}
	barrier(t, clients...)
	for i, c := range clients {
		if gap := whole(c, "n", n); gap != "" {
			t.Errorf("socket %d (%s): %s", i, c.Transport(), gap)
		}
	}
}

func testUpgradeUnderTraffic(t *testing.T, open opener) {
	const sockets, n = 20, 400
	d := newDesk(t, open)
	var clients []*livetest.Client
	for i := range sockets {
		clients = append(clients, d.greeted("polling", i+1, "Trader"))
	}
	var all sync.WaitGroup
	all.Go(func() { d.number(0, n, events.RoomAuthenticated) })
	for i, c := range clients {
		all.Go(func() {
			if err := c.Upgrade(t.Context()); err != nil {
				t.Errorf("socket %d: %v", i, err)
			}
		})
	}
	all.Wait()
	d.number(n, n+10, events.RoomAuthenticated)
	for i, c := range clients {
		if err := c.WaitCount(t.Context(), n+11); err != nil {
			t.Errorf("socket %d: %v", i, err)
		}
		if gap := whole(c, "n", n+10); gap != "" || c.Transport() != "websocket" {
			t.Errorf("socket %d (%s): %s", i, c.Transport(), gap)
		}
	}
	barrier(t, clients...)
}

// contract 5.9
func testMoveUser(t *testing.T, open opener) {
	d := newDesk(t, open)
	tabs := []*livetest.Client{d.greeted("websocket", 1, "Trader"), d.greeted("polling", 1, "Trader")}
	bystander := d.greeted("websocket", 2, "Trader")
	barrier(t, tabs...) // they are in their rooms
	d.engine.MoveUser(1, []string{events.RoomRole("Trader")}, []string{events.RoomRole("Master")})
	d.send(Message{Rooms: []string{events.RoomRole("Trader")}, Name: "old"})
	d.send(Message{Rooms: []string{events.RoomRole("Master")}, Name: "new"})
	d.send(Message{Rooms: []string{events.RoomUser(1)}, Name: "own"})
	barrier(t, append(tabs, bystander)...)
	for i, c := range tabs {
		if count(c, "old") != 0 || count(c, "new") != 1 || count(c, "own") != 1 {
			t.Errorf("tab %d: %v", i, c.Names())
		}
	}
	if count(bystander, "old") != 1 || count(bystander, "new") != 0 {
		t.Errorf("bystander: %v", bystander.Names())
	}
	d.engine.MoveUser(0, nil, []string{"x"})
	d.engine.MoveUser(404, nil, []string{"x"})
}

// contract 5.9: revoked sockets stay away, dropped ones come back
func testDropUser(t *testing.T, open opener) {
	for _, revoke := range []bool{true, false} {
		d := newDesk(t, open)
		tabs := []*livetest.Client{d.greeted("websocket", 1, "Trader"), d.greeted("polling", 1, "Trader")}
		bystander := d.greeted("websocket", 2, "Trader")
		d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "before"})
		barrier(t, tabs...)
		d.engine.DropUser(1, revoke)
		d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "after"})
		for i, c := range tabs {
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Errorf("revoke %v, tab %d: %v", revoke, i, err)
			}
			if c.Disconnected() != revoke {
				t.Errorf("revoke %v, tab %d: DISCONNECT %v", revoke, i, c.Disconnected())
			}
			if count(c, "before") != 1 || count(c, "after") != 0 {
				t.Errorf("revoke %v, tab %d: %v", revoke, i, c.Names())
			}
		}
		barrier(t, bystander)
		if count(bystander, "after") != 1 {
			t.Errorf("bystander: %v", bystander.Names())
		}
		reason := "gone forced close"
		if revoke {
			reason = "gone server namespace disconnect"
		}
		eventually(t, "both ends reported", func() bool {
			n := 0
			for _, s := range d.saw() {
				if s == reason {
					n++
				}
			}
			return n == 2
		})
		if revoke {
			continue
		}
		d.greeted("websocket", 1, "Trader")
	}
}

// A session that ends while its socket is on the way in must not leave a socket.
func testIdentityLostMeantime(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		var d *desk
		var once sync.Once
		d = newDesk(t, open, func(d *desk, _ *Options) {
			gone := false
			d.onAuth = func(_ *http.Request, id *middleware.Identity) error {
				if gone {
					*id = middleware.Identity{}
					return nil
				}
				// Resolved, and revoked before the engine knows the socket.
				once.Do(func() { gone = true; d.engine.DropUser(1, true) })
				return nil
			}
		})
		c, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: user(1, "Trader")})
		if err == nil {
			t.Cleanup(c.Close)
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Errorf("%s: the socket stayed: %v", transport, err)
			}
		}
		eventually(t, "nobody left", func() bool { return len(d.engine.Stats()) == 0 })
	}
}

func testStats(t *testing.T, open opener) {
	d := newDesk(t, open)
	d.greeted("websocket", 1, "Master")
	d.greeted("websocket", 2, "Master")
	upgraded := d.greeted("polling", 3, "Trader")
	d.connect("polling", nil)
	find := func(transport, role string) int {
		n := 0
		for _, s := range d.engine.Stats() {
			if s.Transport == transport && s.Role == role {
				n += s.Sockets
			}
		}
		return n
	}
	eventually(t, "counted", func() bool {
		return find("websocket", "Master") == 2 && find("polling", "Trader") == 1 && find("polling", "") == 1
	})
	if err := upgraded.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	barrier(t, upgraded)
	d.engine.MoveUser(3, []string{events.RoomRole("Trader")}, []string{events.RoomRole("Operador")})
	if find("websocket", "Operador") != 1 || find("polling", "Trader") != 0 {
		t.Errorf("after upgrade and move: %v", d.engine.Stats())
	}
}

func testDrain(t *testing.T, open opener) {
	d := newDesk(t, open)
	var clients []*livetest.Client
	for i := range 10 {
		clients = append(clients, d.greeted(transportsUnderTest[i%2], i+1, "Trader"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), livetest.Patience)
	defer cancel()
	if err := d.engine.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if left := d.engine.Stats(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for i, c := range clients {
		if err := c.WaitClosed(t.Context()); err != nil {
			t.Errorf("client %d: %v", i, err)
		}
		if c.Disconnected() {
			t.Errorf("client %d was told to stay away", i)
		}
	}
	for _, transport := range transportsUnderTest {
		var refused *livetest.Refused
		_, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport})
		if !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable {
			t.Errorf("%s while draining: %v", transport, err)
		}
	}
	if got := d.counters.Totals().Disconnects["server shutting down"]; got != 10 {
		t.Errorf("%d of 10 ends counted", got)
	}
	d.loud()
}
