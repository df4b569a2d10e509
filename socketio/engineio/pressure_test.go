package engineio

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A client that does not read costs its bound and no more, and is cut; the others
// notice nothing.
func TestSlowConsumer(t *testing.T) {
	for _, tls := range []bool{false, true} {
		h := serve(t, siteOptions{Options: Options{MaxQueueBytes: 64 << 10, PingInterval: time.Hour}, sendBuffer: 8 << 10, tls: tls})
		w := h.dial("")
		slow := h.session(0)
		frame := Text(bytes.Repeat([]byte("x"), 1000))
		most := 0
		eventually(t, "overflow", func() bool {
			for range 200 {
				if !slow.conn.Send(SendOptions{}, frame) {
					return true
				}
				slow.conn.mu.Lock()
				most = max(most, slow.conn.queue.bytes)
				slow.conn.mu.Unlock()
			}
			return false
		})
		slow.ended(ReasonSlowConsumer)
		if most > hurry*64<<10 {
			t.Errorf("%d bytes were queued", most)
		}
		eventually(t, "forgotten", func() bool { return h.engine.Count() == 0 })
		_ = w.CloseNow()
	}
}

// One that takes nothing for WriteTimeout is cut also when the queue is not full.
func TestWriteTimeout(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{WriteTimeout: 200 * time.Millisecond, PingInterval: time.Hour, MaxQueueBytes: 64 << 20}, sendBuffer: 8 << 10})
	h.dialTCP()
	s := h.session(0)
	frame := Text(bytes.Repeat([]byte("x"), 100_000))
	for range 100 {
		s.conn.Send(SendOptions{}, frame)
	}
	if s.conn.Send(SendOptions{Volatile: true}, frame) {
		t.Error("a full socket took a volatile frame")
	}
	s.ended(ReasonSlowConsumer)
}

// A socket that is full again and again gets every byte, once and in order, in
// plain and through TLS.
func TestFullSocket(t *testing.T) {
	for _, tls := range []bool{false, true} {
		h := serve(t, siteOptions{Options: Options{MaxQueueBytes: 64 << 20, MaxQueueFrames: 1 << 20}, sendBuffer: 4 << 10, tls: tls})
		w := h.dial("")
		s := h.session(0)
		const messages = 3000
		var sending sync.WaitGroup
		sending.Go(func() {
			for i := range messages {
				s.conn.Send(SendOptions{}, Text(fmt.Appendf(nil, "%d:%s", i, strings.Repeat("y", i%1500))))
			}
		})
		for i := range messages {
			if got, want := read(t, w), fmt.Sprintf("4%d:%s", i, strings.Repeat("y", i%1500)); got != want {
				t.Fatalf("message %d is %.40q", i, got)
			}
		}
		sending.Wait()
		// A long one, in many writes.
		long := bytes.Repeat([]byte("z"), 5_000_000)
		s.conn.Send(SendOptions{}, Text(long))
		if got := read(t, w); sha256.Sum256([]byte(got[1:])) != sha256.Sum256(long) {
			t.Errorf("long message came as %d bytes", len(got))
		}
	}
}

// Batches from many goroutines keep the order of each goroutine on each connection,
// and the frames of one call stay together.
func TestBatches(t *testing.T) {
	const senders, clients, each = 8, 20, 200
	h := serve(t, siteOptions{Options: Options{MaxQueueFrames: 1 << 20, MaxQueueBytes: 64 << 20}})
	var conns []*Conn
	var readers []io.Reader
	for i := range clients {
		_, in := h.dialTCP()
		readers = append(readers, in)
		conns = append(conns, h.session(i).conn)
	}
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			batch := h.engine.Batch()
			for i := range each {
				first, second := Text(fmt.Appendf(nil, "%d:%d", sender, i)), Text([]byte("+"))
				for _, c := range conns {
					batch.Add(c, SendOptions{}, first, second)
				}
				batch.Flush()
			}
		})
	}
	for _, r := range readers {
		next := make([]int, senders)
		for range senders * each {
			sender, number, found := strings.Cut(message(t, r), ":")
			who, _ := strconv.Atoi(sender)
			if !found || number != strconv.Itoa(next[who]) {
				t.Fatalf("sender %q: %q, want %d", sender, number, next[who])
			}
			next[who]++
			if plus := message(t, r); plus != "+" {
				t.Fatalf("frames of one call were parted by %q", plus)
			}
		}
	}
	sending.Wait()
}

// message reads a short text frame and returns it without the '4'.
func message(t *testing.T, in io.Reader) string {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, head[1])
	if _, err := io.ReadFull(in, data); err != nil || head[0] != 0x81 || data[0] != '4' {
		t.Fatalf("%x %q %v", head, data, err)
	}
	return string(data[1:])
}

// A Session that blocks stops its own client only, and what it sent before leaves
// when it says that it is going to block.
func TestBlockedSession(t *testing.T) {
	release := make(chan struct{})
	h := serve(t, siteOptions{hear: func(s *session) func(string, bool) {
		return func(data string, _ bool) {
			s.conn.Send(SendOptions{}, Text([]byte(data)))
			if data == "block" {
				s.conn.Uncork()
				<-release
			}
		}
	}})
	blocked, other := h.dial(""), h.dial("")
	write(t, blocked, "4block", "4after")
	if got := read(t, blocked); got != "4block" {
		t.Fatal(got)
	}
	write(t, other, "4through")
	if got := read(t, other); got != "4through" {
		t.Fatal(got)
	}
	close(release)
	if got := read(t, blocked); got != "4after" {
		t.Fatal(got)
	}
}
