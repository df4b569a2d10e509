package live

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/server/live/livetest"
)

// goroutines counts those that do or wait for something. An engine may keep a few
// workers parked that belong to no client.
func goroutines() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if !bytes.Contains(stack, []byte("[chan receive")) || !bytes.Contains(stack, []byte("socketio.(*workers).loop")) {
			n++
		}
	}
	return n
}

// quiet waits until the process holds no more than before.
func quiet(t *testing.T, before, fds int) {
	t.Helper()
	deadline := time.Now().Add(livetest.Patience)
	for goroutines() > before || descriptors(t) > fds {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, were %d; %d descriptors, were %d\n%s", goroutines(), before,
				descriptors(t), fds, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// 200 clients vanish by RST while broadcasts go out. One that vanishes between
// two polls is missed at the next ping only.
func testResets(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		d := newDesk(t, open, func(_ *desk, o *Options) {
			o.PingInterval, o.PingTimeout = time.Second, 5*time.Second
		})
		stays := d.greeted("websocket", 1000, "Trader")
		barrier(t, stays)
		before, fds := goroutines(), descriptors(t)

		var clients []*livetest.Client
		for i := range 200 {
			c, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: user(i+1, "Operador")})
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
		}
		stop, sent := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(sent)
			for {
				select {
				case <-stop:
					return
				default:
					d.send(Message{Rooms: []string{events.RoomRole("Operador")}})
				}
			}
		}()
		var resets sync.WaitGroup
		for part := range 4 {
			resets.Go(func() {
				for i := part; i < len(clients); i += 4 {
					clients[i].Reset()
				}
			})
		}
		resets.Wait()
		eventually(t, "all ends noticed", func() bool {
			n := 0
			for _, s := range d.engine.Stats() {
				if s.Role == "Operador" {
					n += s.Sockets
				}
			}
			return n == 0
		})
		close(stop)
		<-sent
		quiet(t, before, fds)
		barrier(t, stays)
		d.loud()
		stays.Close()
	}
}

// Clients that leave politely leave nothing behind either.
func testCloseFrames(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		d := newDesk(t, open)
		stays := d.greeted("websocket", 1000, "Trader")
		barrier(t, stays)
		before, fds := goroutines(), descriptors(t)
		for i := range 50 {
			c, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: user(i+1, "Operador")})
			if err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				if err := c.Send(t.Context(), "41"); err != nil {
					t.Fatal(err)
				}
			}
			c.Close()
		}
		quiet(t, before, fds)
		d.loud()
		stays.Close()
	}
}
