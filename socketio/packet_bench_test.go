package socketio

import (
	"encoding/json"
	"strings"
	"testing"
)

var benchPackets = []struct{ name, text string }{
	{"small", `2["chat message",{"id":17,"text":"hello","at":1700000000}]`},
	{"ack", `2413["chat message",{"id":17,"text":"hello"},null]`},
	{"1KB", `2["update",{"rows":[` + strings.Repeat(`{"id":123,"state":"open","text":"lorem ipsum dolor"},`, 19) + `{}]}]`},
	{"longtext", `2["update","` + strings.Repeat("lorem ipsum ", 1000) + `"]`},
	{"binary", `51-["file",{"name":"a","data":{"_placeholder":true,"num":0}}]`},
}

func BenchmarkParsePacketArgs(b *testing.B) {
	for _, c := range benchPackets {
		text := []byte(c.text)
		b.Run(c.name, func(b *testing.B) {
			var room [8]json.RawMessage
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := parsePacketArgs(room[:0], text, packetLimits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The same split by the scanner and by encoding/json, which the scanner replaces.
func BenchmarkSplitArgs(b *testing.B) {
	for _, c := range benchPackets {
		data := []byte(c.text[strings.IndexByte(c.text, '['):])
		b.Run("scanner/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := splitArgs(data, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encoding-json/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var args []json.RawMessage
				if err := json.Unmarshal(data, &args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendPacket(b *testing.B) {
	p := packet{kind: packetEvent, nsp: "/admin", id: 413, data: []byte(`["chat message",{"id":17,"text":"hello"}]`)}
	room := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		room = appendPacket(room[:0], p)
	}
}

func BenchmarkEncodeEvent(b *testing.B) {
	type message struct {
		ID   int    `json:"id"`
		Text string `json:"text"`
	}
	for _, c := range []struct {
		name string
		arg  any
	}{
		{"struct", message{17, "hello"}},
		{"map", map[string]any{"id": 17, "text": "hello"}},
		{"raw", json.RawMessage(`{"id":17,"text":"hello"}`)},
		{"bytes", []byte("hello")},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := encodeEvent("chat message", c.arg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
