package conformance

import (
	"bytes"
	"compress/flate"
	order "encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// RFC 6455: what breaks the framing ends the connection, and only it.
func TestBrokenFrames(t *testing.T) {
	h := engine(t, engineio.Options{MaxPayload: 10_000})
	bystander := dial(t, h.websocket())
	before := levelNow(t)
	text := func(s string) []byte { return clientFrame(0x81, []byte(s)) }
	unmasked := []byte{0x81, 2, '4', 'x'}
	huge := append(order.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<62), 1, 2, 3, 4)
	negative := append(order.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<63+5), 1, 2, 3, 4)
	for name, data := range map[string][]byte{
		"not masked":              unmasked,
		"reserved bit 1":          clientFrame(0xc1, []byte("4x")),
		"reserved bit 2":          clientFrame(0xa1, []byte("4x")),
		"reserved bit 3":          clientFrame(0x91, []byte("4x")),
		"unknown opcode":          clientFrame(0x83, []byte("4x")),
		"unknown control":         clientFrame(0x8b, []byte("4x")),
		"length of 2^62":          huge,
		"negative length":         negative,
		"just over the limit":     append(order.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, 10_001), 1, 2, 3, 4),
		"long control frame":      clientFrame(0x89, make([]byte, 126)),
		"control in fragments":    clientFrame(0x09, []byte("x")),
		"continuation of nothing": clientFrame(0x80, []byte("4x")),
		"text within a text":      append(clientFrame(0x01, []byte("4a")), text("4b")...),
		"invalid UTF-8":           clientFrame(0x81, []byte("4\xff\xfe")),
		"cut UTF-8":               clientFrame(0x81, []byte("4\xe2\x82")),
		"surrogate in UTF-8":      clientFrame(0x81, []byte("4\xed\xa0\x80")),
		"close with one byte":     clientFrame(0x88, []byte{3}),
		"close with code 1005":    clientFrame(0x88, []byte{3, 237}),
		"close with code 0":       clientFrame(0x88, []byte{0, 0}),
		"close, invalid reason":   clientFrame(0x88, []byte{3, 232, 0xff}),
		"HTTP":                    []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"zeros":                   make([]byte, 4096),
		"ones":                    bytes.Repeat([]byte{0xff}, 4096),
		"empty text":              text(""),
		"close, then more":        append(clientFrame(0x88, []byte{3, 232}), text("4after")...),
	} {
		r := rawWebSocket(t, h.websocket())
		r.write(data)
		r.ended(name)
		_ = r.conn.Close()
	}
	bystander.send("4alive")
	bystander.expectText("4alive")
	for _, m := range h.messages() {
		if m.data != "alive" {
			t.Errorf("heard %q", m.data)
		}
	}
	eventually(t, "only one left", func() bool { return h.engine.Count() == 1 })
	before.returns(t)
}

// Frames may come in any pieces.
func TestFramesByteByByte(t *testing.T) {
	h := engine(t, engineio.Options{})
	r := rawWebSocket(t, h.websocket())
	message := "4" + strings.Repeat("é", 200)
	all := append(clientFrame(0x01, []byte(message[:101])), clientFrame(0x89, []byte("between"))...)
	all = append(all, clientFrame(0x00, []byte(message[101:300]))...)
	all = append(all, clientFrame(0x80, []byte(message[300:]))...)
	_ = r.conn.SetNoDelay(true)
	for _, b := range all {
		r.write([]byte{b})
	}
	eventually(t, "message", func() bool { m := h.messages(); return len(m) == 1 && m[0].data == message[1:] })
}

// CVE-2026-48779, CVE-2026-62389: a message in very many pieces.
func TestManyFragments(t *testing.T) {
	h := engine(t, engineio.Options{})
	bystander := dial(t, h.websocket())
	for _, first := range []byte{'4', 0} {
		r := rawWebSocket(t, h.websocket())
		var piece []byte
		for range 1000 {
			piece = append(piece, clientFrame(0x00, []byte("x"))...)
		}
		r.write(clientFrame(0x01, []byte{first}))
		for n := 0; n < 1000 && r.write(piece); n++ {
		}
		r.ended("fragments")
	}
	// Empty ones hold no bytes, but are pieces as well.
	r := rawWebSocket(t, h.websocket())
	r.write(clientFrame(0x01, []byte("4")))
	var piece []byte
	for range 1000 {
		piece = append(piece, clientFrame(0x00, nil)...)
	}
	for n := 0; n < 1000 && r.write(piece); n++ {
	}
	r.ended("empty fragments")
	bystander.send("4alive")
	bystander.expectText("4alive")
	if m := h.messages(); len(m) != 1 {
		t.Errorf("heard %d messages", len(m))
	}
}

// WSA-2026-1: no compression is agreed to, so a compressed message is an error
// and nothing is inflated.
func TestCompressedBomb(t *testing.T) {
	h := engine(t, engineio.Options{})
	var bomb bytes.Buffer
	z, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	_ = z.Flush()
	base := heap()
	r := rawWebSocket(t, h.websocket())
	r.write(clientFrame(0xc1, bomb.Bytes()))
	r.ended("bomb")
	if now := heap(); now > base+8<<20 {
		t.Errorf("heap %d, was %d", now, base)
	}
	if m := h.messages(); len(m) != 0 {
		t.Errorf("heard %d messages", len(m))
	}
}

// Pongs never asked for, pings without end: bounded, and only the client's own
// connection suffers.
func TestPingAbuse(t *testing.T) {
	o := engineio.Options{PingInterval: 200 * time.Millisecond, PingTimeout: 10 * time.Second, MaxPingsPerSecond: 50}
	h := engine(t, o)
	bystander := dial(t, h.websocket())
	for name, frame := range map[string][]byte{
		"websocket pings": clientFrame(0x89, []byte("x")),
		"websocket pongs": clientFrame(0x8a, []byte("x")),
		"engine pongs":    clientFrame(0x81, []byte("3")),
	} {
		r := rawWebSocket(t, h.websocket())
		flood := bytes.Repeat(frame, 500)
		for n := 0; n < 40 && r.write(flood); n++ {
		}
		r.ended(name)
	}
	p := poll(t, h.polling())
	if a := p.post(strings.Repeat("3\x1e", 5000) + "3"); a.status == 200 {
		if a = p.post("3"); a.status == 200 {
			t.Errorf("5,001 pongs in one POST: %+v", a)
		}
	}
	bystander.send("4alive")
	bystander.expectText("4alive")
}

// Half a frame, and then nothing for ever: the heartbeat ends it.
func TestHalfFrame(t *testing.T) {
	h := engine(t, engineio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: 100 * time.Millisecond})
	for _, half := range [][]byte{{0x81}, {0x81, 0xfe}, clientFrame(0x81, []byte("4hello"))[:8], clientFrame(0x01, []byte("4"))} {
		r := rawWebSocket(t, h.websocket())
		r.write(half)
		r.ended("half a frame")
	}
	eventually(t, "all gone", func() bool { return h.engine.Count() == 0 })
}
