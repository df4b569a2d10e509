package socketio

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// difference is a kind of packet that the official decoder accepts and this one refuses. There is no
// packet the other way round.
type difference struct {
	why     string
	applies func(text string, reason error) bool
	example string
}

// head is what stands before the payload, as far as the official decoder is concerned: it takes anything
// that Number() makes something of for a count or an id, white space included.
var head = regexp.MustCompile(`^([0-6])(?:([^-]*)-)?(/[^,]*,?)?([\d\s\v\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]*)`)

// headOf splits what the official decoder reads before the payload.
func headOf(text string) (kind, count, nsp, id, payload string) {
	kind = text[:min(len(text), 1)]
	if kind != "5" && kind != "6" {
		// A dash means nothing in the other types.
		text = kind + "-" + strings.TrimPrefix(text, kind)
	}
	m := head.FindStringSubmatch(text)
	if m == nil {
		return kind, "", "", "", ""
	}
	return m[1], m[2], strings.TrimSuffix(m[3], ","), m[4], text[len(m[0]):]
}

var (
	plainCount = regexp.MustCompile(`^[1-9][0-9]*$`)
	plainID    = regexp.MustCompile(`^[0-9]*$`)
	longID     = regexp.MustCompile(`^[0-9]{16,}$`)
	controls   = regexp.MustCompile(`[\x00-\x1f\x7f]`)
)

var differences = []difference{
	{
		"no character, or white space, is the number 0 and thereby a CONNECT; here it is no type",
		func(text string, reason error) bool {
			return reason == errPacketType && (text == "" || strings.TrimLeft(text, "\ufeff \n\u00a0") != text)
		},
		"",
	},
	{
		"an EVENT, ACK or CONNECT_ERROR without payload reaches the handlers as undefined (and threw there: the frame 42); here it is refused",
		func(text string, reason error) bool {
			kind, _, _, _, payload := headOf(text)
			return reason == errPayload && strings.Contains("23456", kind) && payload == ""
		},
		`2`,
	},
	{
		"a count of attachments in any form that Number() takes, as 01, 1e0, 0x1 or with spaces; here plain digits",
		func(text string, reason error) bool {
			_, count, _, _, _ := headOf(text)
			return reason == errAttachmentCount && !plainCount.MatchString(count)
		},
		`501-["a",{"_placeholder":true,"num":0}]`,
	},
	{
		"white space counts as digits of an id; here only digits do",
		func(text string, reason error) bool {
			_, _, _, id, _ := headOf(text)
			return (reason == errPayload || reason == errPacketID) && !plainID.MatchString(id)
		},
		`2 ["a"]`,
	},
	{
		"an id beyond 2^53-1 loses its last digits and is answered with another; here it is refused, as are more than 16 digits",
		func(text string, reason error) bool {
			_, _, _, id, _ := headOf(text)
			return reason == errPacketID && longID.MatchString(id)
		},
		`29007199254740993["a"]`,
	},
	{
		"an ACK without id answers nothing; here it is refused",
		func(text string, reason error) bool {
			kind, _, _, id, _ := headOf(text)
			return reason == errPacketID && (kind == "3" || kind == "6") && id == ""
		},
		`3["a"]`,
	},
	{
		"an id on CONNECT, DISCONNECT or CONNECT_ERROR is ignored; here it is refused",
		func(text string, reason error) bool {
			kind, _, _, id, _ := headOf(text)
			return reason == errPacketID && (kind == "0" || kind == "1" || kind == "4") && id != ""
		},
		`01{}`,
	},
	{
		"a namespace may be of any length and contain control characters; here 255 bytes and none",
		func(text string, reason error) bool {
			_, _, nsp, _, _ := headOf(text)
			return reason == errNamespace && (len(nsp) > 255 || controls.MatchString(nsp))
		},
		"0/a\nb,{}",
	},
	{
		"bytes that are no UTF-8 arrive as U+FFFD; here the packet is refused",
		func(text string, reason error) bool {
			return (reason == errUTF8 || reason == errNamespace) && !utf8.ValidString(text)
		},
		"2[\"\xff\"]",
	},
	{
		"any nesting; here 64 levels",
		func(text string, reason error) bool {
			return reason == errDepth && strings.Count(text, "[")+strings.Count(text, "{") > maxDepth
		},
		`2["a",` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `]`,
	},
	{
		"any number of arguments; here 256 with the name",
		func(text string, reason error) bool { return reason == errArgs && strings.Count(text, ",") >= 256 },
		`2["a"` + strings.Repeat(",1", 256) + `]`,
	},
	{
		"an attachment may be referred to often or never, its number may be 0.0 or 0.5 (which is undefined), and its placeholder may carry more members; here exactly once, in plain form",
		func(text string, reason error) bool {
			return reason == errPlaceholder && (text[0] == '5' || text[0] == '6')
		},
		`51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`,
	},
}
