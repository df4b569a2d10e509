package engineio

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

func (s *session) told() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.marks)
}

// at requires the marks that the connection has now.
func (s *session) at(marked, confirmed uint64) {
	s.site.t.Helper()
	if m, c := s.conn.Marked(), s.conn.Confirmed(); m != marked || c != confirmed {
		s.site.t.Fatalf("marked %d confirmed %d, want %d and %d", m, c, marked, confirmed)
	}
}

// Frames whose mark the connection has had are taken for sent and not queued.
func TestMarksGrow(t *testing.T) {
	h := serve(t, siteOptions{})
	w := h.dial("")
	s := h.session(0)
	send := func(o SendOptions, texts ...string) {
		t.Helper()
		var frames []*Frame
		for _, text := range texts {
			frames = append(frames, Text([]byte(text)))
		}
		if !s.conn.Send(o, frames...) {
			t.Fatalf("%q was refused", texts)
		}
	}
	send(SendOptions{Mark: 5}, "five")
	send(SendOptions{Mark: 5}, "five again")
	send(SendOptions{Mark: 4}, "four")
	send(SendOptions{}, "unmarked")
	send(SendOptions{Mark: 6}, "six", "six too")
	send(SendOptions{Coalesce: "k", Mark: 100}, "may be replaced")
	send(SendOptions{Volatile: true, Mark: 100}, "may be dropped")
	s.at(6, 0)
	batch := h.engine.Batch()
	for _, mark := range []uint64{6, 7, 7, 3} {
		if !batch.Add(s.conn, SendOptions{Mark: mark}, Text([]byte(strconv.FormatUint(mark, 10)))) {
			t.Fatalf("batch refused %d", mark)
		}
	}
	batch.Flush()
	s.conn.SetMark(20)
	s.conn.SetMark(19)
	send(SendOptions{Mark: 20}, "passed over")
	send(SendOptions{Mark: 21}, "last")
	for _, want := range []string{"five", "unmarked", "six", "six too", "may be replaced", "may be dropped", "7", "last"} {
		if got := read(t, w); got != "4"+want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	s.at(21, 0)
	s.conn.Close("over")
	if s.conn.Send(SendOptions{Mark: 22}, Text(nil)) || s.conn.Send(SendOptions{Mark: 1}, Text(nil)) {
		t.Error("an ended connection took a marked frame")
	}
	s.conn.SetMark(30)
	s.conn.MarkQueued(30)
	s.at(21, 0)
}

// pipe is one transport of a client that answers pings when it is told to.
type pipe struct {
	next  func() string
	write func(packet string)
}

func websocketPipe(t *testing.T, h *site, sid string) pipe {
	w := h.dial(sid)
	return pipe{func() string { return read(t, w) }, func(packet string) { write(t, w, packet) }}
}

func pollingPipe(t *testing.T, h *site) (p pipe, sid string) {
	query, sid := h.poll()
	var waiting []string
	return pipe{
		func() string {
			for len(waiting) == 0 {
				status, body := h.get(query)
				if status != 200 {
					t.Fatalf("poll %d %s", status, body)
				}
				waiting = packetsOf(body)
			}
			first := waiting[0]
			waiting = waiting[1:]
			return first
		},
		func(packet string) {
			if status, body := h.request("POST", query, packet); status != 200 {
				t.Fatalf("POST %d %s", status, body)
			}
		},
	}, sid
}

// firstPipe is what a client begins with that speaks over WebSocket alone, or polls at first; sid is of the latter.
func firstPipe(t *testing.T, h *site, transport string) (p pipe, sid string) {
	if transport == "websocket" {
		return websocketPipe(t, h, ""), ""
	}
	return pollingPipe(t, h)
}

func (p pipe) want(t *testing.T, packets ...string) {
	t.Helper()
	for _, want := range packets {
		if got := p.next(); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// A pong confirms what was queued before its ping and nothing else, on either
// transport and when the client moves from one to the other in between.
func TestConfirmed(t *testing.T) {
	for _, name := range []string{"websocket", "polling", "upgrade"} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, siteOptions{Options: Options{PingInterval: 60 * time.Millisecond}})
			p, sid := firstPipe(t, h, name)
			s := h.session(0)
			send := func(mark uint64, text string) {
				s.conn.Send(SendOptions{Mark: mark}, Text([]byte(text)))
			}
			p.want(t, "2")
			send(3, "three")
			p.want(t, "4three")
			p.write("3")
			p.want(t, "2")
			// The first ping was older than the frame: its pong says nothing.
			s.at(3, 0)
			send(8, "eight")
			p.want(t, "4eight")
			if name == "upgrade" {
				w := websocketPipe(t, h, sid)
				w.write("2probe")
				w.want(t, "3probe")
				p.want(t, "6")
				w.write("5")
				p = w
			}
			p.write("3")
			eventually(t, "three", func() bool { return s.conn.Confirmed() == 3 })
			p.want(t, "2")
			s.at(8, 3)
			p.write("3")
			eventually(t, "eight", func() bool { return s.conn.Confirmed() == 8 })
			eventually(t, "the session is told", func() bool { return slices.Equal(s.told(), []uint64{3, 8}) })
		})
	}
}

// A pong that nobody asked for proves nothing.
func TestUnaskedPong(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour}})
	p := websocketPipe(t, h, "")
	s := h.session(0)
	s.conn.Send(SendOptions{Mark: 1}, Text([]byte("one")))
	p.want(t, "4one")
	due := func() time.Duration { s.conn.mu.Lock(); defer s.conn.mu.Unlock(); return s.conn.pingAt }
	before := due()
	p.write("3")
	p.write("4fence")
	eventually(t, "fence", func() bool { return len(s.messages()) == 1 })
	if after := due(); after != before {
		t.Errorf("it moved the ping from %v to %v", before, after)
	}
	s.at(1, 0)
	if told := s.told(); told != nil {
		t.Errorf("told of %v", told)
	}
}

// A mark without a frame is confirmed at once when nothing waits, otherwise with
// what waits.
func TestSetMark(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{PingInterval: 60 * time.Millisecond}})
	p := websocketPipe(t, h, "")
	s := h.session(0)
	s.conn.SetMark(4)
	s.at(4, 4)
	s.conn.Send(SendOptions{Mark: 5}, Text([]byte("five")))
	s.conn.SetMark(7)
	s.at(7, 4)
	for p.next() != "2" {
	}
	s.conn.SetMark(9) // nothing was queued since the ping
	s.at(9, 4)
	p.write("3")
	eventually(t, "nine", func() bool { return s.conn.Confirmed() == 9 })
	p.want(t, "2")
	s.conn.Send(SendOptions{}, Text([]byte("unmarked")))
	s.conn.MarkQueued(11)
	s.conn.MarkQueued(10)
	s.at(11, 9)
	p.want(t, "4unmarked")
	p.write("3")
	p.want(t, "2")
	s.at(11, 9)
	p.write("3")
	eventually(t, "eleven", func() bool { return s.conn.Confirmed() == 11 })
}
