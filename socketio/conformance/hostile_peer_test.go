package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// listener joins and counts events in order; every one must come.
type listener struct {
	*wire
	name string
}

func listen(a *app, room string) listener {
	w := dial(a.t, a.websocket())
	sid := a.enter(w, "/", "")
	a.io.Of("/").Socket(sid).Join(room)
	return listener{w, room}
}

// whole wants the events n with arguments 0 to count-1 and nothing else.
func (l listener) whole(count int) {
	l.t.Helper()
	for i := range count {
		f := l.next()
		var args []json.RawMessage
		if len(f.data) < 2 || json.Unmarshal([]byte(f.data[2:]), &args) != nil || len(args) < 2 || string(args[1]) != fmt.Sprint(i) {
			l.t.Fatalf("got %v where %d of %d was due", f, i, count)
		}
	}
}

// Case 1: clients reset their connections while broadcasts go out: the others
// get everything, and nothing is left behind.
func TestResetsDuringBroadcast(t *testing.T) {
	const vanishing, events = 300, 2000
	a := serve(t, socketio.Options{})
	stays := []listener{listen(a, "room"), listen(a, "room")}
	before := levelNow(t)
	var raws []*raw
	for range vanishing {
		r := rawWebSocket(t, a.websocket())
		r.write(clientFrame(0x81, []byte("40")))
		raws = append(raws, r)
	}
	eventually(t, "all joined", func() bool { return a.io.Of("/").Count() == vanishing+len(stays) })
	a.io.Of("/").All().Join("room")
	var all sync.WaitGroup
	all.Go(func() {
		payload := strings.Repeat("x", 300)
		for i := range events {
			if err := a.io.Of("/").To("room").Emit("n", i, payload); err != nil {
				t.Error(err)
			}
			if i%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	for part := range 3 {
		all.Go(func() {
			for i := part; i < vanishing; i += 3 {
				raws[i].reset()
			}
		})
	}
	all.Wait()
	for _, l := range stays {
		l.whole(events)
	}
	eventually(t, "all ends noticed", func() bool { return a.io.Count() == len(stays) })
	if n := len(a.io.Of("/").To("room").Sockets()); n != len(stays) {
		t.Errorf("%d in the room", n)
	}
	before.returns(t)
}

// Case 1 by polling: a poll that is being answered is reset.
func TestResetPolls(t *testing.T) {
	const vanishing = 150
	a := serve(t, socketio.Options{Engine: engineio.Options{PingInterval: 200 * time.Millisecond, PingTimeout: 300 * time.Millisecond}})
	stays := listen(a, "room")
	before := levelNow(t)
	for range vanishing {
		p := poll(t, a.polling())
		p.send("40")
		p.client.CloseIdleConnections()
		r := dialTCP(t, a.http.URL)
		r.write([]byte("GET " + strings.TrimPrefix(p.url, a.http.URL) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
		_ = a.io.Of("/").Emit("n", strings.Repeat("x", 3000))
		r.reset()
	}
	eventually(t, "all ends noticed", func() bool { return a.io.Count() == 1 })
	before.returns(t)
	for range vanishing {
		stays.next()
	}
	a.barrier(stays.wire)
}

// Case 3: a client that does not read is bounded and sent away; the others get
// everything; memory comes back.
func TestStalledReader(t *testing.T) {
	const stalled, events = 10, 3000
	a := serve(t, socketio.Options{Engine: engineio.Options{
		MaxQueueBytes: 256 << 10, WriteTimeout: 2 * time.Second, PingInterval: time.Minute, PingTimeout: time.Minute,
	}})
	stays := listen(a, "room")
	var raws []*raw
	for range stalled {
		r := rawWebSocket(t, a.websocket())
		_ = r.conn.SetReadBuffer(4096)
		r.write(clientFrame(0x81, []byte("40")))
		raws = append(raws, r)
	}
	eventually(t, "all joined", func() bool { return a.io.Of("/").Count() == stalled+1 })
	a.io.Of("/").All().Join("room")
	base := heap()
	payload := strings.Repeat("x", 4096)
	for i := range events {
		if err := a.io.Of("/").To("room").Emit("n", i, payload); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			// The one that reads shall not outgrow its own bound.
			if err := stays.wait("keeping up", func() bool { return len(stays.in) >= i-20 }); err != nil {
				t.Fatal(err)
			}
		}
	}
	stays.whole(events)
	eventually(t, "stalled ones sent away", func() bool { return a.io.Count() == 1 })
	if n := a.noted("gone / slow consumer"); n != stalled {
		t.Errorf("ends %v", a.notes())
	}
	for _, r := range raws {
		_ = r.conn.Close()
	}
	eventually(t, "memory came back", func() bool { return heap() < base+4<<20 })
}

// Case 3, the latest class: the newest of a key is what a stalled client gets,
// and it is not sent away for what was replaced.
func TestStalledReaderLatest(t *testing.T) {
	a := serve(t, socketio.Options{Engine: engineio.Options{
		MaxQueueBytes: 64 << 10, WriteTimeout: 15 * time.Second, PingInterval: time.Minute, PingTimeout: time.Minute,
	}})
	p := poll(t, a.polling())
	p.send("40")
	connectReply(t, p.next(), "")
	p.expect(`42["auth",{}]`)
	payload := strings.Repeat("x", 1000)
	for i := range 5000 {
		if err := a.io.Of("/").All().Latest("k").Emit("n", i, payload); err != nil {
			t.Fatal(err)
		}
	}
	p.expect(fmt.Sprintf(`42["n",4999,"%s"]`, payload))
	p.send(`421["message-with-ack"]`)
	p.expect("431[]")
}
