package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// journal is a log of the application: it numbers events, keeps all and broadcasts one at a time.
type journal struct {
	ns *socketio.Namespace

	mu     sync.Mutex
	events []socketio.LoggedPacket // event i has mark i+1
}

func offsetAt(mark uint64) string { return fmt.Sprintf("o%d", mark) }

// say appends an event and delivers it to the room. Between the two a socket may find it in the journal.
func (j *journal) say(room string) {
	j.mu.Lock()
	mark := uint64(len(j.events) + 1)
	j.events = append(j.events, socketio.LoggedPacket{
		Payload: fmt.Appendf(nil, `["n",%d]`, mark), Offset: offsetAt(mark), Mark: mark,
	})
	j.mu.Unlock()
	_ = j.ns.To(room).Logged(offsetAt(mark), mark).EmitRaw("n", json.RawMessage(fmt.Sprint(mark)))
}

// last returns the last n events and the mark of the newest.
func (j *journal) last(n int) ([]socketio.LoggedPacket, uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]socketio.LoggedPacket(nil), j.events[max(len(j.events)-n, 0):]...), uint64(len(j.events))
}

// A logged event carries its offset as last argument, for every client, and comes once for each mark.
func TestLogged(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	ns := srv.Of("/")
	clients, ids := crowd(t, srv, url, []string{"a"}, []string{"a", "b"}, nil)
	to := ns.To("a", "b")
	for _, mark := range []uint64{1, 1, 4, 3, 4} {
		if err := to.Logged(offsetAt(mark), mark).Emit("e", mark); err != nil {
			t.Fatal(err)
		}
	}
	_ = to.Logged("o5", 5).Emit("alone")
	_ = to.Logged("o6", 6).Emit("bytes", []byte{7})
	_ = to.Logged("", 7).Emit("no offset")
	_ = to.Logged("o8", 0).Emit("no mark")
	_ = to.Logged("o8", 0).Emit("no mark")
	// May be dropped or replaced, so no client may name it as the last that it has.
	_ = to.Logged("o9", 9).Latest("k").Emit("latest")
	_ = to.Logged("o9", 9).Except(ids[1]).Emit("not for the second")
	for i, w := range clients[:2] {
		w.want(`42["e",1,"o1"]`, `42["e",4,"o4"]`, `42["alone","o5"]`, `451-["bytes",{"_placeholder":true,"num":0},"o6"]`)
		if m := w.next(); !m.binary || m.data != "\x07" {
			t.Errorf("attachment %+v", m)
		}
		w.want(`42["no offset"]`, `42["no mark","o8"]`, `42["no mark","o8"]`, `42["latest"]`)
		if i == 0 {
			w.want(`42["not for the second","o9"]`)
		}
		if got, want := ns.Socket(ids[i]).Conn().Marked(), uint64(9-2*i); got != want {
			t.Errorf("client %d is marked %d, want %d", i, got, want)
		}
	}
	for _, w := range clients {
		w.wantNothing()
	}
}

// What JoinWith queues counts as received when its own pong is there, not when the mark is raised.
func TestJoinWith(t *testing.T) {
	confirmed := make(chan uint64, 16)
	srv, url := serve(t, socketio.Options{
		Engine:    engineio.Options{PingInterval: time.Hour, ConfirmAfter: 100 * time.Millisecond},
		Confirmed: func(_ *socketio.Socket, mark uint64) { confirmed <- mark },
	})
	ns := srv.Of("/")
	clients, ids := crowd(t, srv, url, nil, nil)
	s := ns.Socket(ids[0])
	_ = ns.To(ids[0]).Logged("o1", 1).Emit("first")
	s.JoinWith([]string{"r", s.ID()}, func() ([]socketio.LoggedPacket, uint64) {
		return []socketio.LoggedPacket{
			{Payload: []byte(`["old"]`), Offset: "o0"}, {Payload: []byte(`["first"]`), Offset: "o1", Mark: 1},
			{Payload: []byte(`["second",2]`), Mark: 2},
			{Payload: []byte(`["b",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1}}, Offset: "o3", Mark: 3},
		}, 5
	})
	_ = ns.To("r").Logged("o4", 4).Emit("covered")
	_ = ns.To("r").Logged("o6", 6).Emit("sixth")
	w := clients[0]
	w.want(`42["first","o1"]`, `42["old","o0"]`, `42["second",2]`, `451-["b",{"_placeholder":true,"num":0},"o3"]`, "\x01", `42["sixth","o6"]`)
	if rooms := s.Rooms(); len(rooms) != 1 || rooms[0] != "r" {
		t.Errorf("rooms %v", rooms)
	}
	until(t, "confirmed", func() bool { return take(t, "mark", confirmed) == 6 })
	if got := s.Conn().Confirmed(); got != 6 {
		t.Errorf("confirmed %d", got)
	}

	s = ns.Socket(ids[1])
	s.JoinWith([]string{"r"}, func() ([]socketio.LoggedPacket, uint64) { return nil, 9 })
	if got := s.Conn().Confirmed(); got != 9 {
		t.Errorf("nothing was missed, confirmed %d", got)
	}
	s.JoinWith(nil, func() ([]socketio.LoggedPacket, uint64) {
		return []socketio.LoggedPacket{{Payload: []byte(`["late"]`)}}, 10
	})
	if got := s.Conn().Confirmed(); got == 10 {
		t.Error("confirmed before it can have arrived")
	}
	until(t, "confirmed", func() bool { return take(t, "mark", confirmed) == 10 })
	s.JoinWith([]string{"x"}, nil)
	clients[1].want(`42["late"]`)
	clients[1].kill()
	until(t, "gone", func() bool { return ns.Count() == 1 })
	s.JoinWith([]string{"ghost"}, func() ([]socketio.LoggedPacket, uint64) { t.Error("called"); return nil, 0 })
}

// While events are broadcast, sockets join with what they missed: each has all from there on, once and in order.
func TestJoinWithIsAtomic(t *testing.T) {
	const events, sockets, before = 2500, 80, 40
	srv, url := serve(t, socketio.Options{
		Engine: engineio.Options{MaxQueueFrames: 2 * events, ConfirmAfter: 100 * time.Millisecond},
	})
	ns := srv.Of("/")
	j := &journal{ns: ns}
	var first sync.Map // by socket id, the mark that it has to begin with
	ns.OnConnect(func(s *socketio.Socket) {
		s.JoinWith([]string{"r"}, func() ([]socketio.LoggedPacket, uint64) {
			packets, mark := j.last(before)
			first.Store(s.ID(), mark+1-uint64(len(packets)))
			return packets, mark
		})
	})
	joined := make(chan struct{}, sockets)
	var running sync.WaitGroup
	running.Go(func() {
		for i := range events {
			j.say("r")
			if i%(events/sockets) == 0 {
				joined <- struct{}{}
			}
			if i%8 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		close(joined)
	})
	var reading sync.WaitGroup
	for range joined {
		w, id := join(t, url, "/", "")
		reading.Go(func() {
			for last := uint64(0); last < events; {
				text, offset := offsetOf(t, w.next().data)
				var n uint64
				if _, err := fmt.Sscanf(text, `42["n",%d]`, &n); err != nil || last > 0 && n != last+1 || offset != offsetAt(n) {
					t.Errorf("got %q %q after %d", text, offset, last)
					return
				}
				if begin, _ := first.Load(id); last == 0 && n != begin {
					t.Errorf("began with %d, want %v", n, begin)
					return
				}
				last = n
			}
		})
	}
	running.Wait()
	reading.Wait()
	until(t, "all confirmed", func() bool {
		for _, s := range ns.Sockets() {
			if s.Conn().Confirmed() != events {
				return false
			}
		}
		return true
	})
}

// The official clients take early pings as any other.
func TestOfficialConfirmations(t *testing.T) {
	for _, npm := range npmClients {
		for name, transport := range transports {
			t.Run(npm+"/"+name, func(t *testing.T) { officialConfirmations(t, npm, transport) })
		}
	}
}

func officialConfirmations(t *testing.T, npm string, transport []string) {
	const events = 300
	srv, url := serve(t, socketio.Options{
		Engine: engineio.Options{PingInterval: time.Hour, ConfirmAfter: 100 * time.Millisecond},
	})
	j := &journal{ns: srv.Of("/")}
	sockets := make(chan *socketio.Socket, 1)
	j.ns.OnConnect(func(s *socketio.Socket) {
		s.Join("r")
		sockets <- s
	})
	o := drive(t, npm, url, map[string]any{"transports": transport, "reconnection": false})
	o.want("connect", "")
	s := take(t, "socket", sockets)
	var saying sync.WaitGroup
	saying.Go(func() {
		for range events {
			j.say("r")
			time.Sleep(2 * time.Millisecond)
		}
	})
	for i := range uint64(events) {
		o.wantArgs("event", "n", fmt.Sprintf(`[%d,%q]`, i+1, offsetAt(i+1)))
	}
	saying.Wait()
	until(t, "all confirmed", func() bool { return s.Conn().Confirmed() == events })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := s.EmitWithAck(ctx, "ask", 1); err != nil {
		t.Errorf("after it: %v", err)
	}
}
