package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// heard is a packet as splitPayload told it.
type heard struct {
	kind   byte
	binary bool
	data   string
}

func hear(body []byte, limit int) ([]heard, error) {
	var all []heard
	err := splitPayload(body, limit, func(kind byte, binary bool, data []byte) error {
		all = append(all, heard{kind, binary, string(data)})
		return nil
	})
	return all, err
}

// join is the way back.
func join(packets []heard) []byte {
	var body []byte
	for _, p := range packets {
		if p.binary {
			body = appendPayloadBinary(body, []byte(p.data))
		} else {
			body = appendPayloadText(body, p.kind, []byte(p.data))
		}
	}
	return body
}

// Engine.IO protocol 4, "Packet encoding", HTTP long-polling, with its example.
func TestSplitPayload(t *testing.T) {
	for body, want := range map[string][]heard{
		"4hello":                       {{'4', false, "hello"}},
		"4hello\x1e2\x1e4world":        {{'4', false, "hello"}, {'2', false, ""}, {'4', false, "world"}},
		"4hello\x1ebAQIDBA==":          {{'4', false, "hello"}, {'4', true, "\x01\x02\x03\x04"}},
		"b\x1ebAA==":                   {{'4', true, ""}, {'4', true, "\x00"}},
		"0{}\x1e1\x1e3probe\x1e5\x1e6": {{'0', false, "{}"}, {'1', false, ""}, {'3', false, "probe"}, {'5', false, ""}, {'6', false, ""}},
		"4":                            {{'4', false, ""}},
		"4é\n\r\x00":                   {{'4', false, "é\n\r\x00"}},
	} {
		got, err := hear([]byte(body), 10)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", body, got, err, want)
		}
		if back := join(want); string(back) != body {
			t.Errorf("%q: joined %q", body, back)
		}
	}
}

func TestSplitPayloadRefuses(t *testing.T) {
	for _, c := range []struct {
		body  string
		heard int // packets before the bad one
		want  error
	}{
		{"", 0, errPacketType}, {"\x1e", 0, errPacketType}, {"4a\x1e", 1, errPacketType}, {"\x1e4a", 0, errPacketType}, {"4a\x1e\x1e4b", 1, errPacketType},
		{"7", 0, errPacketType}, {"/", 0, errPacketType}, {"x4", 0, errPacketType}, {"B", 0, errPacketType}, {"4a\x1e9", 1, errPacketType}, {"6:40", 0, nil},
		// hostile.md 15 in kind: base64 garbage.
		{"b!", 0, errPayloadBase64}, {"bA", 0, errPayloadBase64}, {"bAQ", 0, errPayloadBase64}, {"bAR==", 0, errPayloadBase64}, {"bAQ==AQ==", 0, errPayloadBase64},
		{"bA\nQ==", 0, errPayloadBase64}, {"bAQ==\r\n", 0, errPayloadBase64}, {"b-_8=", 0, errPayloadBase64}, {"bAQ==\x1eb*", 1, errPayloadBase64}, {"b AQ==", 0, errPayloadBase64},
		{"4\xff", 0, errPayloadUTF8}, {"4ok\x1e4\xc3", 0, errPayloadUTF8}, {"4\xed\xa0\x80", 0, errPayloadUTF8},
		{"4\x1e4\x1e4\x1e4", 0, errPayloadPackets}, {strings.Repeat("\x1e", 1_000_000), 0, errPayloadPackets}, {"4\x1e4\x1e4", 3, nil},
	} {
		got, err := hear([]byte(c.body), 3)
		if !errors.Is(err, c.want) || c.want != nil && len(got) != c.heard {
			t.Errorf("%.40q: %v, %v; want %v after %d", c.body, got, err, c.want, c.heard)
		}
	}
	if _, err := hear([]byte("4"), 0); !errors.Is(err, errPayloadPackets) {
		t.Errorf("no packet allowed: %v", err)
	}
}

func TestSplitPayloadStops(t *testing.T) {
	enough := errors.New("enough")
	calls := 0
	err := splitPayload([]byte("4a\x1e4b\x1e4c"), 10, func(byte, bool, []byte) error {
		calls++
		if calls == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || calls != 2 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// What is decoded over itself must be what was encoded, whatever its length, and must not touch its neighbours.
func TestDecodeInPlace(t *testing.T) {
	for n := range 200 {
		message := bytes.Repeat([]byte{0xa5, 0x00, 0xff}, n)[:n]
		body := fmt.Appendf(nil, "4before\x1eb%s\x1e4after", base64.StdEncoding.EncodeToString(message))
		got, err := hear(body, 3)
		want := []heard{{'4', false, "before"}, {'4', true, string(message)}, {'4', false, "after"}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d: %v, %v", n, got, err)
		}
	}
}

func TestSplitPayloadAllocatesNothing(t *testing.T) {
	text := []byte(`42["chat message",{"id":17}]` + "\x1ebAQIDBA==\x1e3")
	body := make([]byte, len(text))
	var seen int
	each := func(_ byte, _ bool, data []byte) error { seen += len(data); return nil }
	if n := testing.AllocsPerRun(100, func() {
		copy(body, text)
		if err := splitPayload(body, 16, each); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzPayload(f *testing.F) {
	for _, seed := range []string{
		"", "4hello", "4hello\x1e2\x1e4world", "4hello\x1ebAQIDBA==", "b", "bAA==\x1ebA\nA==", "\x1e", "4\xff", "0{}\x1e1\x1e3probe\x1e5\x1e6", "7", "b-_8=", "bAR==",
		"6:40{}2:42", strings.Repeat("4\x1e", 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 32
		size := len(body)
		got, err := hear(bytes.Clone(body), limit)
		if len(got) > limit {
			t.Fatalf("%d packets", len(got))
		}
		total := 0
		for _, p := range got {
			total += len(p.data)
			if p.kind < packetOpen || p.kind > packetNoop || p.binary && p.kind != packetMessage {
				t.Fatalf("packet %+v", p)
			}
		}
		if total > size {
			t.Fatalf("%d bytes out of %d", total, size)
		}
		if err != nil {
			return
		}
		// The encoding is canonical: joining gives the body back.
		if back := join(got); !bytes.Equal(back, body) {
			t.Fatalf("%q joined to %q", body, back)
		}
	})
}

func BenchmarkSplitPayload(b *testing.B) {
	text := []byte(`42["chat message",{"id":17,"text":"hello"}]` + "\x1ebAQIDBA==\x1e3")
	body := make([]byte, len(text))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		copy(body, text)
		if err := splitPayload(body, 16, func(byte, bool, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
