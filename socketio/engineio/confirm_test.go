package engineio

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func packetsOf(body string) []string { return strings.Split(body, "\x1e") }

// While marked frames flow and the client moves from polling to a WebSocket,
// nothing is confirmed that it has not read, everything arrives once and in
// order, and in the end everything is confirmed.
func TestConfirmedUnderTraffic(t *testing.T) {
	const events = 2000
	for _, name := range []string{"websocket", "polling", "upgrade", "upgrade", "upgrade", "upgrade"} {
		t.Run(name, func(t *testing.T) {
			var got atomic.Uint64 // the last event that the client has read
			h := serve(t, siteOptions{
				Options: Options{PingInterval: time.Hour, ConfirmAfter: 100 * time.Millisecond},
				confirm: func(*session) func(uint64) {
					return func(mark uint64) {
						if read := got.Load(); mark > read {
							t.Errorf("%d confirmed, %d read", mark, read)
						}
					}
				},
			})
			p, sid := firstPipe(t, h, name)
			s := h.session(0)
			var sending sync.WaitGroup
			sending.Go(func() {
				for i := uint64(1); i <= events; i++ {
					frame := Text([]byte(strconv.FormatUint(i, 10)))
					s.conn.Send(SendOptions{Mark: i}, frame)
					s.conn.Send(SendOptions{Mark: i}, frame)
					if i%20 == 0 {
						time.Sleep(2 * time.Millisecond)
					}
				}
			})
			take := func(packet string) {
				switch packet[0] {
				case '2':
					p.write("3")
				case '4':
					if want := strconv.FormatUint(got.Load()+1, 10); packet[1:] != want {
						t.Fatalf("got %q, want %s", packet, want)
					}
					got.Add(1)
				}
			}
			for got.Load() < events {
				take(p.next())
				if name == "upgrade" && sid != "" && got.Load() > events/4 {
					next := websocketPipe(t, h, sid)
					sid = ""
					next.write("2probe")
					next.want(t, "3probe")
					// A poll ends with a noop when there is nothing else.
					for packet := p.next(); packet != "6"; packet = p.next() {
						take(packet)
					}
					next.write("5")
					p = next
				}
			}
			sending.Wait()
			eventually(t, "all confirmed", func() bool {
				if s.conn.Confirmed() < events {
					take(p.next())
				}
				return s.conn.Confirmed() == events
			})
		})
	}
}

// An early ping follows a marked frame and nothing else; not more often than
// once in the time, and not before the last one has been answered.
func TestConfirmAfter(t *testing.T) {
	const after = 100 * time.Millisecond
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour, ConfirmAfter: after}})
	p := websocketPipe(t, h, "")
	s := h.session(0)
	began := time.Now()
	pings := 0
	for i := uint64(1); pings < 5; i++ {
		s.conn.Send(SendOptions{Mark: i}, Text(nil))
		s.conn.Send(SendOptions{}, Text([]byte("unmarked")))
		for packet := p.next(); packet != "4unmarked"; packet = p.next() {
			if packet == "2" {
				pings++
				p.write("3")
			}
		}
	}
	if most := int(time.Since(began)/after) + 1; pings > most {
		t.Errorf("%d pings in %v", pings, time.Since(began))
	}
	// The ping of the last marks, then none for what is not marked.
	eventually(t, "all confirmed", func() bool {
		if s.conn.Confirmed() < s.conn.Marked() && p.next() == "2" {
			p.write("3")
		}
		return s.conn.Confirmed() == s.conn.Marked()
	})
	quiet := func(why string) {
		t.Helper()
		time.Sleep(4 * after)
		s.conn.Send(SendOptions{}, Text([]byte("fence")))
		for packet := p.next(); packet != "4fence"; packet = p.next() {
			if packet == "2" {
				t.Fatalf("a ping %s", why)
			}
		}
	}
	s.conn.Send(SendOptions{}, Text([]byte("unmarked")))
	quiet("for what is not marked")
	mark := s.conn.Marked()
	s.conn.Send(SendOptions{Mark: mark + 1}, Text(nil))
	p.want(t, "4", "2")
	s.conn.Send(SendOptions{Mark: mark + 2}, Text(nil))
	quiet("while one is unanswered")
	p.write("3")
	p.want(t, "2")
	s.at(mark+2, mark+1)
	p.write("3")
	eventually(t, "the rest", func() bool { return s.conn.Confirmed() == mark+2 })
}

// After a late pong the next early ping keeps its distance to the one before.
func TestConfirmAfterKeepsItsDistance(t *testing.T) {
	const after = 300 * time.Millisecond
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour, ConfirmAfter: after}})
	p := websocketPipe(t, h, "")
	c := h.session(0).conn
	asked := func() time.Duration {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.pongBy > 0 {
			return c.pongBy - h.engine.o.PingTimeout
		}
		return c.pingAt
	}
	for i := uint64(1); i < 4; i++ {
		c.Send(SendOptions{Mark: 2 * i}, Text(nil))
		for p.next() != "2" {
		}
		before := asked()
		c.Send(SendOptions{Mark: 2*i + 1}, Text(nil))
		p.write("3")
		eventually(t, "pong", func() bool { return c.Confirmed() >= 2*i })
		if next := asked(); next < before+after {
			t.Fatalf("a ping %v after another one", next-before)
		}
	}
}

// Marks never move the ordinary ping away, and it goes on with and without them.
func TestConfirmAfterKeepsTheHeartbeat(t *testing.T) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, time.Hour} {
		t.Run(after.String(), func(t *testing.T) {
			h := serve(t, siteOptions{Options: Options{PingInterval: 120 * time.Millisecond, ConfirmAfter: after}})
			p := websocketPipe(t, h, "")
			c := h.session(0).conn
			due := func() (at, now time.Duration) {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.pingAt, h.engine.wheel.Now()
			}
			for i := uint64(1); i < 8; i++ {
				before, _ := due()
				if i%3 > 0 {
					c.Send(SendOptions{Mark: i}, Text(nil))
				}
				if at, _ := due(); before > 0 && at > before {
					t.Fatalf("a mark moved the ping from %v to %v", before, at)
				}
				for p.next() != "2" {
				}
				p.write("3")
				eventually(t, "pong", func() bool { at, _ := due(); return at > 0 })
				if at, now := due(); at > now+120*time.Millisecond {
					t.Fatalf("the next ping is due at %v, now %v", at, now)
				}
			}
		})
	}
	if o := (Options{ConfirmAfter: 1}).withDefaults(); o.ConfirmAfter != minConfirmAfter {
		t.Error(o.ConfirmAfter)
	}
	if o := (Options{ConfirmAfter: -1}).withDefaults(); o.ConfirmAfter != 0 {
		t.Error(o.ConfirmAfter)
	}
}

// A poll that comes a second time, because its answer was lost on the way, ends the
// session: what the answer held must never count as confirmed.
func TestRepeatedPollEndsTheSession(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	s := h.session(0)
	s.conn.Send(SendOptions{Mark: 7}, Text([]byte("a")))
	if status, body := h.get(query + "&t=abc1"); status != 200 || body != "4a" {
		t.Fatalf("poll: %d %q", status, body)
	}
	s.conn.Send(SendOptions{Mark: 8}, Text([]byte("b")))
	if status, body := h.get(query + "&t=abc2"); status != 200 || body != "4b" {
		t.Fatalf("next poll: %d %q", status, body)
	}
	s.conn.Send(SendOptions{Mark: 9}, Text([]byte("c")))
	if status, body := h.get(query + "&t=abc2"); status != 400 {
		t.Fatalf("repeated poll: %d %q", status, body)
	}
	eventually(t, "end", func() bool { return h.engine.Count() == 0 })
	if got := s.conn.Confirmed(); got != 0 {
		t.Errorf("confirmed %d", got)
	}
	if got := s.conn.Farewell(); got != FarewellNone {
		t.Errorf("farewell %v", got)
	}
}
