package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Socket.IO protocol 5, "Packet encoding" and the examples in it.
func TestParsePacketAccepts(t *testing.T) {
	cases := []struct {
		text string
		want packet
	}{
		{`0`, packet{packetConnect, 0, "/", noID, nil}},
		{`0{"token":"123"}`, packet{packetConnect, 0, "/", noID, []byte(`{"token":"123"}`)}},
		{`0/admin,`, packet{packetConnect, 0, "/admin", noID, nil}},
		{`0/admin`, packet{packetConnect, 0, "/admin", noID, nil}},
		{`0/,{}`, packet{packetConnect, 0, "/", noID, []byte(`{}`)}},
		{`0/admin,{"sid":"x"}`, packet{packetConnect, 0, "/admin", noID, []byte(`{"sid":"x"}`)}},
		{`0/a?b=1&c/ñ,{}`, packet{packetConnect, 0, "/a?b=1&c/ñ", noID, []byte(`{}`)}},
		{`1`, packet{packetDisconnect, 0, "/", noID, nil}},
		{`1/admin,`, packet{packetDisconnect, 0, "/admin", noID, nil}},
		{`2["foo"]`, packet{packetEvent, 0, "/", noID, []byte(`["foo"]`)}},
		{`2/admin,["bar"]`, packet{packetEvent, 0, "/admin", noID, []byte(`["bar"]`)}},
		{`212["foo"]`, packet{packetEvent, 0, "/", 12, []byte(`["foo"]`)}},
		{`20["foo"]`, packet{packetEvent, 0, "/", 0, []byte(`["foo"]`)}},
		{`2007["foo"]`, packet{packetEvent, 0, "/", 7, []byte(`["foo"]`)}},
		{`29007199254740991["foo"]`, packet{packetEvent, 0, "/", maxSafeInteger, []byte(`["foo"]`)}},
		{`2["foo"] ` + "\n\r\t", packet{packetEvent, 0, "/", noID, []byte(`["foo"]`)}},
		{`2[ "foo" , { "a" : [ ] } ]`, packet{packetEvent, 0, "/", noID, []byte(`[ "foo" , { "a" : [ ] } ]`)}},
		{`2[1,2]`, packet{packetEvent, 0, "/", noID, []byte(`[1,2]`)}},
		{`2["error"]`, packet{packetEvent, 0, "/", noID, []byte(`["error"]`)}}, // CVE-2024-38355: a name like any other
		{`2[""]`, packet{packetEvent, 0, "/", noID, []byte(`[""]`)}},
		{`2["connecT"]`, packet{packetEvent, 0, "/", noID, []byte(`["connecT"]`)}},
		{`3/admin,13["bar"]`, packet{packetAck, 0, "/admin", 13, []byte(`["bar"]`)}},
		{`31[]`, packet{packetAck, 0, "/", 1, []byte(`[]`)}},
		{`31["disconnect"]`, packet{packetAck, 0, "/", 1, []byte(`["disconnect"]`)}},
		{`4{"message":"Not authorized"}`, packet{packetConnectError, 0, "/", noID, []byte(`{"message":"Not authorized"}`)}},
		{`4"no"`, packet{packetConnectError, 0, "/", noID, []byte(`"no"`)}},
		{`51-["baz",{"_placeholder":true,"num":0}]`, packet{packetBinaryEvent, 1, "/", noID, []byte(`["baz",{"_placeholder":true,"num":0}]`)}},
		{`52-/admin,["baz",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}]`, packet{packetBinaryEvent, 2, "/admin", noID, []byte(`["baz",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}]`)}},
		{`61-/admin,15["bar",{"_placeholder":true,"num":0}]`, packet{packetBinaryAck, 1, "/admin", 15, []byte(`["bar",{"_placeholder":true,"num":0}]`)}},
		// hostile.md 12 in kind: duplicate keys, lone surrogates, __proto__ and huge numbers are JSON and stay text.
		{`2["a",{"k":1,"k":2}]`, packet{packetEvent, 0, "/", noID, []byte(`["a",{"k":1,"k":2}]`)}},
		{`2["a","\ud800"]`, packet{packetEvent, 0, "/", noID, []byte(`["a","\ud800"]`)}},
		{`2["a",{"__proto__":{"x":1}}]`, packet{packetEvent, 0, "/", noID, []byte(`["a",{"__proto__":{"x":1}}]`)}},
		{`2["a",123456789012345678901234567890,1e400]`, packet{packetEvent, 0, "/", noID, []byte(`["a",123456789012345678901234567890,1e400]`)}},
		// A mark means nothing in a packet without attachments.
		{`2["a",{"_placeholder":true,"num":7}]`, packet{packetEvent, 0, "/", noID, []byte(`["a",{"_placeholder":true,"num":7}]`)}},
	}
	for _, c := range cases {
		got, err := parsePacket([]byte(c.text), packetLimits{})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.text, got, err, c.want)
		}
		again, err := parsePacket(appendPacket(nil, got), packetLimits{})
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%s: written and read again: %+v, %v", c.text, again, err)
		}
	}
}

func TestParsePacketRefuses(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	cases := []struct {
		text string
		want error
	}{
		{"", errPacketType}, {"7", errPacketType}, {"9[]", errPacketType}, {"a", errPacketType}, {"-1", errPacketType}, {" 2", errPacketType},
		// The frame 42 without payload ended the process of the package in use.
		{`2`, errPayload}, {`21`, errPayload}, {`2/a`, errPayload}, {`2/a,`, errPayload}, {`31`, errPayload}, {`4`, errPayload},
		{`51-`, errPayload}, {`61-1`, errPayload},
		{`2{}`, errPayload}, {`2"a"`, errPayload}, {`2[]`, errPayload}, {`2[null]`, errPayload}, {`2[{}]`, errPayload}, {`2[["a"]]`, errPayload}, {`2[true]`, errPayload},
		{`0[]`, errPayload}, {`0"a"`, errPayload}, {`0null`, errPayload}, {`1{}`, errPayload}, {`1null`, errPayload}, {`4[]`, errPayload}, {`41`, errPacketID}, {`4null`, errPayload},
		{`31{}`, errPayload}, {`31null`, errPayload},
		// White space before the payload is not part of the grammar.
		{`2 ["a"]`, errPayload}, {`0 {}`, errPayload}, {`2,["a"]`, errPayload}, {`0,{}`, errPayload}, {`2a,["a"]`, errPayload},
		{`2["connect"]`, errReservedEvent}, {`2["connect_error"]`, errReservedEvent}, {`2["disconnect"]`, errReservedEvent},
		{`2["disconnecting"]`, errReservedEvent}, {`2["newListener"]`, errReservedEvent}, {`2["removeListener"]`, errReservedEvent},
		{`2["\u0063onnect"]`, errReservedEvent}, {`51-["connect",{"_placeholder":true,"num":0}]`, errReservedEvent},
		// CVE-2026-69185 and CVE-2026-33151: no attachments announced, and too many.
		{`50-["a"]`, errAttachmentCount}, {`60-1["a"]`, errAttachmentCount}, {`5["a"]`, errAttachmentCount}, {`5-["a"]`, errAttachmentCount},
		{`511-["a"]`, errAttachmentCount}, {`51000000-["a"]`, errAttachmentCount}, {`599999999999999999999999-["a"]`, errAttachmentCount},
		{`501-["a",{"_placeholder":true,"num":0}]`, errAttachmentCount}, {`5+1-["a"]`, errAttachmentCount}, {`51.0-["a"]`, errAttachmentCount},
		{`51e0-["a"]`, errAttachmentCount}, {`5 1-["a"]`, errAttachmentCount}, {`51`, errAttachmentCount}, {`5`, errAttachmentCount}, {`5--1-["a"]`, errAttachmentCount},
		{`21-["a"]`, errPayload},
		{`29007199254740992["a"]`, errPacketID}, {`2` + strings.Repeat("1", 17) + `["a"]`, errPacketID}, {`2` + strings.Repeat("9", 5000) + `["a"]`, errPacketID},
		{`2-1["a"]`, errPayload}, {`21.5["a"]`, errPayload}, {`3["a"]`, errPacketID}, {`61-["a",{"_placeholder":true,"num":0}]`, errPacketID}, {`01{}`, errPacketID}, {`11`, errPacketID},
		{"0/a\x00,", errNamespace}, {"0/a\nb,", errNamespace}, {"0/\xff,", errNamespace}, {"0/" + strings.Repeat("a", 255) + ",", errNamespace},
		{`2["a"]x`, errJSON}, {`2["a"][]`, errJSON}, {`2["a"`, errJSON}, {`2["a",]`, errJSON}, {`2[,"a"]`, errJSON}, {`2["a" "b"]`, errJSON}, {`2["a"}`, errJSON},
		{`2["a",01]`, errJSON}, {`2["a",+1]`, errJSON}, {`2["a",.5]`, errJSON}, {`2["a",1.]`, errJSON}, {`2["a",1e]`, errJSON}, {`2["a",-]`, errJSON}, {`2["a",NaN]`, errJSON},
		{`2["a",tru]`, errJSON}, {`2["a",nul`, errJSON}, {`2["a",{]`, errJSON}, {`2["a",{"k"}]`, errJSON}, {`2["a",{"k":}]`, errJSON}, {`2["a",{"k":1,}]`, errJSON},
		{`2["a",{k:1}]`, errJSON}, {`2["a",{1:1}]`, errJSON}, {`2["a",{"k":1]]`, errJSON}, {`2["a",[1}]`, errJSON}, {`2['a']`, errJSON}, {`2["a", // c` + "\n]", errJSON},
		{`2["a\x"]`, errJSON}, {`2["\u12g4"]`, errJSON}, {`2["\u12`, errJSON}, {`2["a\`, errJSON}, {"2[\"a\nb\"]", errJSON}, {"2[\"abcdefghijk\x1f\"]", errJSON}, {"2[\"a\"\x00]", errJSON},
		{"0{}{}", errJSON}, {`0{"a":1`, errJSON}, {"\x30{\"a\":\"\xff\"}", errUTF8}, {"2[\"a\xc3\"]", errUTF8}, {"2[\"\xed\xa0\x80\"]", errUTF8}, {"2[\"\xc0\x80\"]", errUTF8},
		{`2` + deep, errDepth}, {`2["a",` + deep, errDepth}, {`2["a",` + strings.Repeat(`{"a":`, 100_000), errDepth}, {`0` + strings.Repeat(`{"a":`, 100_000), errDepth},
		{`2[` + strings.Repeat(`"a",`, 256) + `"a"]`, errArgs},
	}
	for _, c := range cases {
		name := c.text[:min(len(c.text), 60)]
		p, err := parsePacket([]byte(c.text), packetLimits{})
		if !errors.Is(err, c.want) || !reflect.DeepEqual(p, packet{}) {
			t.Errorf("%s: %+v, %v; want %v", name, p, err, c.want)
		}
		dst := make([]json.RawMessage, 1, 1000)
		if _, args, err := parsePacketArgs(dst, []byte(c.text), packetLimits{}); !errors.Is(err, c.want) || len(args) != 1 {
			t.Errorf("%s: with arguments: %v, %d arguments; want %v", name, err, len(args), c.want)
		}
	}
}

// Placeholders that the official decoder looks up leniently (hostile.md 11 in kind).
func TestParsePacketPlaceholders(t *testing.T) {
	const mark = `"_placeholder":true`
	refused := map[string]string{
		"none":               `51-["a"]`,
		"out of range":       `51-["a",{` + mark + `,"num":1}]`,
		"far out of range":   `51-["a",{` + mark + `,"num":64}]`,
		"beyond an integer":  `51-["a",{` + mark + `,"num":99999999999999999999}]`,
		"negative":           `51-["a",{` + mark + `,"num":-1}]`,
		"string":             `51-["a",{` + mark + `,"num":"0"}]`,
		"fraction":           `52-["a",{` + mark + `,"num":0.5},{` + mark + `,"num":1}]`,
		"exponent":           `51-["a",{` + mark + `,"num":0e1}]`,
		"null":               `51-["a",{` + mark + `,"num":null}]`,
		"without number":     `51-["a",{` + mark + `}]`,
		"repeated":           `51-["a",{` + mark + `,"num":0},{` + mark + `,"num":0}]`,
		"one of two missing": `52-["a",{` + mark + `,"num":0}]`,
		"third member":       `51-["a",{` + mark + `,"num":0,"x":1}]`,
		"member before":      `51-["a",{"x":1,` + mark + `,"num":0}]`,
		"escaped mark":       `51-["a",{"\u005fplaceholder":true,"num":0}]`,
		"second mark":        `51-["a",{` + mark + `,` + mark + `,"num":0}]`,
		"second number":      `51-["a",{"num":1,"num":0,` + mark + `}]`,
		"hidden beside":      `51-["a",{` + mark + `,"num":0},{"x":[],` + mark + `,"num":0}]`,
		"not marked":         `51-["a",{"_placeholder":false,"num":0}]`,
		"mark in a string":   `51-["a","{\"_placeholder\":true,\"num\":0}"]`,
		"marked by a number": `51-["a",{"_placeholder":1,"num":0}]`,
	}
	for name, text := range refused {
		if p, err := parsePacket([]byte(text), packetLimits{}); !errors.Is(err, errPlaceholder) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	accepted := map[string]string{
		"deep":            `51-["a",{"x":[[{"y":{` + mark + `,"num":0}}]]}]`,
		"spaces":          `51-["a", { "_placeholder" : true , "num" : 0 } ]`,
		"number first":    `51-["a",{"num":0,` + mark + `}]`,
		"mark that isn't": `51-["a",{` + mark + `,"num":0},{"_placeholder":false,"num":0},{"_placeholder":"true"},["_placeholder",true]]`,
		"ten":             `510-["a"` + manyPlaceholders(10) + `]`,
	}
	for name, text := range accepted {
		if _, err := parsePacket([]byte(text), packetLimits{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyPlaceholders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"_placeholder":true,"num":%d}`, i)
	}
	return b.String()
}

func TestPacketLimits(t *testing.T) {
	tight := packetLimits{attachments: 2, namespaceBytes: 4, depth: 3, args: 2}
	cases := []struct {
		text   string
		limits packetLimits
		want   error
	}{
		{`52-["a",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]`, tight, nil},
		{`53-["a",[]]`, tight, errAttachmentCount},
		{`564-["a"` + manyPlaceholders(64) + `]`, packetLimits{attachments: 1 << 20}, nil},
		{`565-["a"` + manyPlaceholders(65) + `]`, packetLimits{attachments: 1 << 20}, errAttachmentCount},
		{`0/abc,`, tight, nil},
		{`0/abcd,`, tight, errNamespace},
		{`2["a",[[1]]]`, tight, nil},
		{`2["a",[[[]]]]`, tight, errDepth},
		{`0{"a":{"b":{}}}`, tight, nil},
		{`0{"a":{"b":{"c":{}}}}`, tight, errDepth},
		{`2["a",1,2]`, tight, errArgs},
		{`2["a",` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `]`, packetLimits{depth: 1 << 20}, nil},
		{`2["a",` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `]`, packetLimits{depth: 1 << 20}, errDepth},
		{`2["a"` + strings.Repeat(`,1`, 255) + `]`, packetLimits{}, nil},
		{`0/` + strings.Repeat("a", 254) + `,`, packetLimits{}, nil},
	}
	for _, c := range cases {
		if _, err := parsePacket([]byte(c.text), c.limits); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.text[:min(len(c.text), 40)], err, c.want)
		}
	}
}

func TestParsePacketArgs(t *testing.T) {
	text := []byte(`2/n,7["name", {"a":[1,"]"]} ,null,-1.5e3,"é\n\"",[] ]`)
	p, args, err := parsePacketArgs([]json.RawMessage{[]byte("kept")}, text, packetLimits{})
	if err != nil || p.nsp != "/n" || p.id != 7 {
		t.Fatal(p, err)
	}
	want := []string{`kept`, `"name"`, `{"a":[1,"]"]}`, `null`, `-1.5e3`, `"é\n\""`, `[]`}
	if len(args) != len(want) {
		t.Fatalf("%q", args)
	}
	for i := range want {
		if string(args[i]) != want[i] {
			t.Errorf("%d: %s, want %s", i, args[i], want[i])
		}
	}
	split, err := splitArgs(p.data, 0)
	if err != nil || !reflect.DeepEqual(split, args[1:]) {
		t.Errorf("%q, %v", split, err)
	}
	// Appending to an argument must not reach its neighbour.
	_ = append(args[1], "overwritten"...)
	if !bytes.Contains(text, []byte(`"name", {"a"`)) {
		t.Errorf("%s", text)
	}
	for _, bad := range []string{``, `{}`, ` []`, `["a",1]`, `[1,2,3]x`, "[\"\xff\"]"} {
		if args, err := splitArgs([]byte(bad), 1); err == nil {
			t.Errorf("%q: %q", bad, args)
		}
	}
}

func TestEventName(t *testing.T) {
	for raw, want := range map[string]string{
		`"a"`: "a", `""`: "", `"\u0061\n"`: "a\n", `"ñ"`: "ñ", `"\ud800"`: "\ufffd",
		`1`: "1", `1.0`: "1", `-0`: "0", `1e3`: "1000", `1e21`: "1e+21", `1e400`: "Infinity", `-1e400`: "-Infinity", `0.1`: "0.1", `123456789012345678901`: "123456789012345680000",
	} {
		if got := string(eventName(json.RawMessage(raw))); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

// Nothing is allocated for what a peer sends in the default namespace, accepted or refused.
func TestParsePacketAllocatesNothing(t *testing.T) {
	dst := make([]json.RawMessage, 0, 8)
	out := make([]byte, 0, 256)
	for _, text := range []string{
		`2["chat message",{"id":17,"text":"hello"}]`,
		`213["chat message",{"id":17,"text":"hello"},null]`,
		`51-["a",{"_placeholder":true,"num":0}]`,
		`2` + strings.Repeat("[", 100_000),
		`2["a",` + strings.Repeat(`{"a":`, 100_000),
		`599999999999999-["a"]`,
	} {
		b := []byte(text)
		n := testing.AllocsPerRun(10, func() {
			p, args, err := parsePacketArgs(dst, b, packetLimits{})
			if err == nil {
				eventName(args[0])
				out = appendPacket(out[:0], p)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", text[:min(len(text), 40)], n)
		}
	}
}
