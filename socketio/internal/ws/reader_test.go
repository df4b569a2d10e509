package ws

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// masked returns a frame as a client sends it.
func masked(first byte, payload []byte) []byte {
	b := AppendHeader(nil, 0, len(payload))
	b[0] = first
	b[1] |= 0x80
	key := [4]byte{0x11, 0xA2, 0x33, 0xC4}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

var testLimits = Limits{MaxMessage: 100_000, MaxFragments: 4}

// feed gives the input in pieces and returns what came out of it.
func feed(in []byte, pieces func(int) int) (out []string, err error) {
	var r Reader
	for len(in) > 0 {
		n := min(pieces(len(in)), len(in))
		piece := bytes.Clone(in[:n])
		in = in[n:]
		for len(piece) > 0 {
			var m Message
			m, piece, err = r.Next(piece, &testLimits)
			if err != nil {
				return out, err
			}
			if m.Op == 0 {
				if len(piece) != 0 {
					panic("no message, yet bytes left")
				}
				break
			}
			data := string(m.Data)
			if len(data) > 40 {
				data = fmt.Sprintf("%d bytes of %c", len(data), data[0])
			}
			out = append(out, fmt.Sprintf("%x:%s", byte(m.Op), data))
		}
	}
	if r.p != nil && r.p.have == 0 && !r.p.inFrame && r.p.message == 0 {
		return out, errors.New("holds memory for nothing")
	}
	return out, nil
}

// RFC 6455 sections 5.2 to 5.6 and 8.1.
func TestReader(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 70_000)
	for _, tc := range []struct {
		name   string
		in     []byte
		want   []string
		status uint16
	}{
		{"text", masked(0x81, []byte("hello")), []string{"1:hello"}, 0},
		{"empty text", masked(0x81, nil), []string{"1:"}, 0},
		{"binary that is not UTF-8", masked(0x82, []byte{0xFF, 'a'}), []string{"2:\xFFa"}, 0},
		{"several", join(masked(0x81, []byte("a")), masked(0x89, []byte("p")), masked(0x82, []byte("b"))), []string{"1:a", "9:p", "2:b"}, 0},
		{"16-bit length", masked(0x81, long[:126]), []string{"1:126 bytes of x"}, 0},
		{"64-bit length", masked(0x82, long), []string{"2:70000 bytes of x"}, 0},
		{"fragments", join(masked(0x01, []byte("he")), masked(0x00, []byte("l")), masked(0x80, []byte("lo"))), []string{"1:hello"}, 0},
		{"control between fragments", join(masked(0x01, []byte("he")), masked(0x89, []byte("p")), masked(0x8A, nil), masked(0x80, []byte("llo")), masked(0x81, []byte("z"))), []string{"9:p", "a:", "1:hello", "1:z"}, 0},
		{"character over two fragments", join(masked(0x01, []byte{0xC3}), masked(0x80, []byte{0xA9})), []string{"1:é"}, 0},
		{"empty fragments", join(masked(0x01, nil), masked(0x00, nil), masked(0x80, nil)), []string{"1:"}, 0},
		{"close", masked(0x88, []byte{0x03, 0xE8}), []string{"8:\x03\xE8"}, 0},

		{"not masked", []byte{0x81, 0x01, 'a'}, nil, StatusProtocol},
		{"RSV1", masked(0xC1, nil), nil, StatusProtocol},
		{"RSV2", masked(0xA1, nil), nil, StatusProtocol},
		{"RSV3", masked(0x91, nil), nil, StatusProtocol},
		{"opcode 3", masked(0x83, nil), nil, StatusProtocol},
		{"opcode 11", masked(0x8B, nil), nil, StatusProtocol},
		{"fragmented ping", masked(0x09, nil), nil, StatusProtocol},
		{"long ping", masked(0x89, long[:126]), nil, StatusProtocol},
		{"continuation of nothing", masked(0x80, nil), nil, StatusProtocol},
		{"text in a message", join(masked(0x01, nil), masked(0x81, nil)), nil, StatusProtocol},
		{"16-bit length for 125", []byte{0x82, 0xFE, 0, 125, 1, 2, 3, 4}, nil, StatusProtocol},
		{"64-bit length for 65535", []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4}, nil, StatusProtocol},
		{"highest bit of the length", []byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, nil, StatusProtocol},
		{"invalid UTF-8", masked(0x81, []byte{0xC3}), nil, StatusInvalidData},
		{"invalid UTF-8 in fragments", join(masked(0x01, []byte{0xC3}), masked(0x80, []byte("a"))), nil, StatusInvalidData},
		{"surrogate", masked(0x81, []byte{0xED, 0xA0, 0x80}), nil, StatusInvalidData},
		{"one byte too long", masked(0x82, make([]byte, 100_001)), nil, StatusTooBig},
		{"fragments too long", join(masked(0x02, long), masked(0x80, long)), nil, StatusTooBig},
		{"too many fragments", join(masked(0x01, nil), masked(0x00, nil), masked(0x00, nil), masked(0x00, nil), masked(0x00, nil)), nil, StatusPolicy},
	} {
		for name, pieces := range map[string]func(int) int{
			"whole":     func(n int) int { return n },
			"bytewise":  func(int) int { return 1 },
			"at random": func(n int) int { return 1 + rand.IntN(n) },
		} {
			got, err := feed(tc.in, pieces)
			var violation *Error
			var status uint16
			if errors.As(err, &violation) {
				status = violation.Status
			} else if err != nil {
				t.Errorf("%s, %s: %v", tc.name, name, err)
			}
			if status != tc.status || strings.Join(got, "|") != strings.Join(tc.want, "|") {
				t.Errorf("%s, %s: %q, status %d; want %q, %d", tc.name, name, got, status, tc.want, tc.status)
			}
		}
	}
}

// A frame that is announced and does not come holds what has come, not what was announced.
func TestReaderTakesMemoryAsItComes(t *testing.T) {
	limits := Limits{MaxMessage: 1 << 40, MaxFragments: 1}
	var r Reader
	in := []byte{0x82, 0xFF, 0, 0, 0, 0xFF, 0, 0, 0, 0, 1, 2, 3, 4, 'a'}
	if m, _, err := r.Next(in, &limits); m.Op != 0 || err != nil {
		t.Fatal(m, err)
	}
	if got := cap(r.p.body); got > largeFrame {
		t.Errorf("holds %d bytes", got)
	}
}

func TestParseClose(t *testing.T) {
	payload := func(status uint16, text string) []byte {
		return append(binary.BigEndian.AppendUint16(nil, status), text...)
	}
	for _, tc := range []struct {
		in     []byte
		status uint16
		fault  uint16
	}{
		{nil, StatusNone, 0},
		{payload(1000, ""), 1000, 0}, {payload(1001, "bye"), 1001, 0}, {payload(1014, ""), 1014, 0},
		{payload(3000, ""), 3000, 0}, {payload(4999, ""), 4999, 0},
		{[]byte{3}, 0, StatusProtocol},
		{payload(0, ""), 0, StatusProtocol}, {payload(999, ""), 0, StatusProtocol}, {payload(1004, ""), 0, StatusProtocol},
		{payload(1005, ""), 0, StatusProtocol}, {payload(1006, ""), 0, StatusProtocol}, {payload(1015, ""), 0, StatusProtocol},
		{payload(2999, ""), 0, StatusProtocol}, {payload(5000, ""), 0, StatusProtocol},
		{payload(1000, "\xFF"), 0, StatusInvalidData},
	} {
		status, err := ParseClose(tc.in)
		var violation *Error
		var fault uint16
		if errors.As(err, &violation) {
			fault = violation.Status
		}
		if status != tc.status || fault != tc.fault {
			t.Errorf("%x: %d, %v", tc.in, status, err)
		}
	}
}

// AppendClose gives frames that a reader takes back.
func TestAppendClose(t *testing.T) {
	for _, text := range []string{"", "bye", strings.Repeat("é", 100)} {
		b := AppendClose(nil, StatusGoingAway, text)
		if len(b) > 127 || int(b[1]) != len(b)-2 {
			t.Fatalf("%x", b)
		}
		if status, err := ParseClose(b[2:]); status != StatusGoingAway || err != nil {
			t.Errorf("%q: %d, %v", text, status, err)
		}
	}
	if b := AppendClose(nil, StatusNone, ""); !bytes.Equal(b, []byte{0x88, 0}) {
		t.Errorf("%x", b)
	}
}

func TestUnmask(t *testing.T) {
	for n := range 100 {
		plain, split := make([]byte, n), make([]byte, n)
		for i := range plain {
			plain[i] = byte(i)
		}
		const key = 0xC433A211
		want := masked(0x82, plain)[len(masked(0x82, plain))-n:]
		copy(split, plain)
		rest := unmask(key, split[:n/3])
		unmask(rest, split[n/3:])
		if !bytes.Equal(split, want) {
			t.Fatalf("%d bytes: %x, want %x", n, split, want)
		}
	}
}

// However the bytes are cut, the same comes out.
func FuzzReader(f *testing.F) {
	f.Add(join(masked(0x01, []byte("he")), masked(0x89, []byte("p")), masked(0x80, []byte("llo"))), uint8(3))
	f.Add(masked(0x82, make([]byte, 300)), uint8(100))
	f.Add([]byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0}, uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		whole, err := feed(in, func(n int) int { return n })
		cut, errCut := feed(in, func(int) int { return int(piece) + 1 })
		if strings.Join(whole, "|") != strings.Join(cut, "|") || !errors.Is(errCut, err) {
			t.Fatalf("whole %q %v, cut %q %v", whole, err, cut, errCut)
		}
	})
}
