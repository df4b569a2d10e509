package socketio

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes packets, most of them good, and spoils them.
type generator struct{ *rand.Rand }

func pick[T any](g generator, choices ...T) T { return choices[g.IntN(len(choices))] }

func (g generator) namespace() string {
	return pick(g, "/", "/", "/", "/admin", "/a?x=1", "/dash-board", "/ñandú", "/1", "//")
}

func (g generator) id() int64 {
	return pick(g, int64(noID), noID, 0, g.Int64N(100), g.Int64N(maxSafeInteger+1))
}

func (g generator) text() string {
	return pick(g, "", "a", "message", "é", "\u2028", "😀", "\"\\/", "\x00\n\t\x7f", "<b>&", "_placeholder", "num", "[1,2]", strings.Repeat("long ", g.IntN(20)), "connecting")
}

// value returns a value for Go and the same for the script.
func (g generator) value(depth int) (here, there any) {
	n := g.IntN(10)
	if depth == 0 {
		n = g.IntN(6)
	}
	switch n {
	case 0:
		return nil, nil
	case 1:
		b := g.IntN(2) == 0
		return b, b
	case 2:
		f := pick(g, 0, 1, -1.5, 1e21, 1e-7, 9007199254740993, g.NormFloat64())
		return f, f
	case 3, 4:
		s := g.text()
		return s, s
	case 5:
		b := make([]byte, g.IntN(20))
		for i := range b {
			b[i] = byte(g.Uint32())
		}
		return b, blob(b).forNode()
	case 6, 7:
		a, b := make([]any, g.IntN(4)), []any{}
		for i := range a {
			var other any
			a[i], other = g.value(depth - 1)
			b = append(b, other)
		}
		return a, b
	default:
		a, b := map[string]any{}, map[string]any{}
		for range g.IntN(4) {
			key := g.text()
			if key == "_placeholder" {
				continue // the protocol cannot tell it from its own beside an attachment
			}
			a[key], b[key] = g.value(depth - 1)
		}
		return a, b
	}
}

// args keeps within the ten attachments that the official decoder takes.
func (g generator) args() (here, there []any) {
	for range g.IntN(4) {
		a, b := g.value(3)
		here, there = append(here, a), append(there, b)
		if _, attachments, _ := extractBinary(here); len(attachments) > 10 {
			return here[:len(here)-1], there[:len(there)-1]
		}
	}
	return here, there
}

// packet returns a good packet and its attachments.
func (g generator) packet() (string, [][]byte) {
	p := packet{kind: packetType(g.IntN(5)), nsp: g.namespace(), id: noID}
	args, _ := g.args()
	var attachments [][]byte
	switch p.kind {
	case packetConnect:
		p.data = pick(g, nil, []byte(`{}`), []byte(`{"token":"x","__proto__":{"a":1}}`), []byte(`{"pid":"p","offset":"o","a":[{"b":[]}]} `))
	case packetConnectError:
		p.data = pick(g, []byte(`{"message":"no"}`), []byte(`"no"`), []byte(`{}`))
	case packetEvent:
		p.id = g.id()
		p.data, attachments, _ = encodeEvent(g.text(), args...)
		if g.IntN(10) == 0 {
			p.data, attachments = fmt.Appendf(nil, "[%s]", pick(g, "1", "-0.5e3", "0", `1,"a"`, `"\u0061\ud800"`, `"a",{"k":1,"k":2}`, "\"a\" , [ ]\t")), nil
		}
	case packetAck:
		p.id = max(0, g.id())
		p.data, attachments, _ = extractBinary(args)
		if len(args) == 0 {
			p.data = json.RawMessage(`[]`)
		}
	}
	if p.attachments = len(attachments); p.attachments > 0 {
		p.kind += packetBinaryEvent - packetEvent
	}
	return string(appendPacket(nil, p)), attachments
}

// fragments are what a packet is spoiled with.
var fragments = []string{
	"0", "1", "2", "3", "4", "5", "6", "9", "-", "/", ",", "[", "]", "{", "}", `"`, `\`, ":", " ", "\n", "\x00", "\x1e", "\xff", "\u00a0", "\ufeff", "e", ".", "+", "x", "null", "true", `"connect"`, `"disconnect"`,
	`\u0000`, `\ud800`, `{"_placeholder":true,"num":0}`, `{"_placeholder":true,"num":1}`, `{"_placeholder":true,"num":0.5}`, `{"_placeholder":true,"num":"0"}`, `{"num":0,"_placeholder":true,"x":1}`,
	`"_placeholder":true,`, "1-", "11-", "/n,", "9007199254740993", "[[[[[[[[[[", "]]]]]]]]]]", "__proto__",
}

// mutate spoils a packet in one to three places.
func (g generator) mutate(text string) string {
	for range 1 + g.IntN(3) {
		at := g.IntN(len(text) + 1)
		if g.IntN(2) == 0 {
			at = min(at, g.IntN(6)) // the head is short and has rules of its own
		}
		to := min(len(text), at+g.IntN(4))
		switch g.IntN(6) {
		case 0:
			text = text[:at] + text[to:]
		case 1:
			text = text[:at] + fragments[g.IntN(len(fragments))] + text[at:]
		case 2:
			text = text[:at] + fragments[g.IntN(len(fragments))] + text[to:]
		case 3:
			text = text[:at]
		case 4:
			text = text[:to] + text[at:]
		default:
			other, _ := g.packet()
			text = text[:at] + other[min(len(other), at):]
		}
	}
	return text
}
