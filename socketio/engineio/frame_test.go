package engineio

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// RFC 6455 section 5.2; Engine.IO protocol, "Packet encoding".
func TestFrame(t *testing.T) {
	for _, tc := range []struct {
		frame *Frame
		head  []byte
		rest  string
		poll  string
	}{
		{Text(nil), []byte{0x81, 1}, "4", "4"},
		{Text([]byte("hé")), []byte{0x81, 4}, "4hé", "4hé"},
		{Text(bytes.Repeat([]byte("x"), 124)), []byte{0x81, 125}, "4" + strings.Repeat("x", 124), "4" + strings.Repeat("x", 124)},
		{Text(bytes.Repeat([]byte("x"), 125)), []byte{0x81, 126, 0, 126}, "4" + strings.Repeat("x", 125), "4" + strings.Repeat("x", 125)},
		{Text(bytes.Repeat([]byte("x"), 65535)), []byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, "4" + strings.Repeat("x", 65535), "4" + strings.Repeat("x", 65535)},
		{Binary(nil), []byte{0x82, 0}, "", "b"},
		{Binary([]byte{1, 2, 3, 4}), []byte{0x82, 4}, "\x01\x02\x03\x04", "bAQIDBA=="},
		{framePing, []byte{0x81, 1}, "2", "2"},
		{frameProbe, []byte{0x81, 6}, "3probe", "3probe"},
	} {
		if got, want := string(tc.frame.wire), string(tc.head)+tc.rest; got != want {
			t.Errorf("wire %.40q, want %.40q", got, want)
		}
		if got := string(tc.frame.appendPoll(nil)); got != tc.poll {
			t.Errorf("poll %.40q, want %.40q", got, tc.poll)
		}
		if got := string(tc.frame.appendPoll([]byte("x"))); got != "x\x1e"+tc.poll {
			t.Errorf("second packet %.40q", got)
		}
	}
}

// What is sent by polling is what a server reads from it.
func FuzzFrame(f *testing.F) {
	f.Add("hello", true)
	f.Add("", false)
	f.Fuzz(func(t *testing.T, message string, binary bool) {
		frame := Text([]byte(message))
		if binary {
			frame = Binary([]byte(message))
		}
		poll := frame.appendPoll(nil)
		if binary {
			if got, err := base64.StdEncoding.DecodeString(string(poll[1:])); err != nil || string(got) != message {
				t.Fatalf("%q: %q, %v", message, got, err)
			}
		} else if string(poll[1:]) != message {
			t.Fatalf("%q: %q", message, poll)
		}
		if !bytes.HasSuffix(frame.wire, []byte(message)) {
			t.Fatalf("%q: %q", message, frame.wire)
		}
	})
}

// Whatever a socket takes of it, a queue gives every byte once and in order, and
// its count of bytes is right.
func TestQueue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var q queue
		var buffer scratch
		var want, got []byte
		for next := 0; next < 100 || q.len() > 0; {
			if next < 100 && random.IntN(2) == 0 {
				n := 1 + random.IntN(3)
				var frames []*Frame
				for range n {
					frame := Text([]byte(strings.Repeat(strconv.Itoa(next), 1+random.IntN(300))))
					frames = append(frames, frame)
					want = append(want, frame.wire...)
					next++
				}
				q.push("", frames)
			} else if q.len() > 0 {
				data := q.take(&buffer)
				n := random.IntN(len(data) + 1)
				got = append(got, data[:n]...)
				q.advance(n)
			}
		}
		buffer.free()
		if !bytes.Equal(got, want) || q.bytes != 0 || q.sent != 0 {
			t.Fatalf("%d bytes of %d, count %d", len(got), len(want), q.bytes)
		}
	}
}

func TestQueueCoalesces(t *testing.T) {
	frame := func(s string) *Frame { return Text([]byte(s)) }
	state := func(q *queue) string {
		var all []string
		bytes := 0
		for _, e := range q.entries[q.head:] {
			all = append(all, string(e.frame.wire[3:]))
			bytes += len(e.frame.wire)
		}
		if bytes != q.bytes {
			t.Errorf("count of bytes %d, is %d", q.bytes, bytes)
		}
		return strings.Join(all, " ")
	}
	var q queue
	q.push("a", []*Frame{frame("a1")})
	q.push("", []*Frame{frame("x")})
	q.push("b", []*Frame{frame("b1"), frame("b1+")})
	q.push("a", []*Frame{frame("a2")})
	if got := state(&q); got != "a2 x b1 b1+" {
		t.Errorf("same number: %s", got)
	}
	q.push("b", []*Frame{frame("b2")})
	if got := state(&q); got != "a2 x b2" {
		t.Errorf("other number: %s", got)
	}
	// What has begun to be written stays.
	q.advance(1)
	q.push("a", []*Frame{frame("a3")})
	if got := state(&q); got != "a2 x b2 a3" {
		t.Errorf("begun: %s", got)
	}
	q.drop()
	if got := state(&q); got != "a2" {
		t.Errorf("dropped: %s", got)
	}
	q = queue{}
	q.push("g", []*Frame{frame("g1"), frame("g2"), frame("g3")})
	q.advance(len(frame("g1").wire))
	q.push("g", []*Frame{frame("h1"), frame("h2"), frame("h3")})
	if got := state(&q); got != "g2 g3 h1 h2 h3" {
		t.Errorf("group begun: %s", got)
	}
}
