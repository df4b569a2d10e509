package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// packetSeeds are packets of every kind, good and bad.
var packetSeeds = []string{
	`0`, `0{"token":"123"}`, `0/admin,`, `0/admin`, `1`, `1/admin,`, `2["foo"]`, `2/admin,12["bar",1,null]`, `2`, `3/a,13["bar"]`, `31[]`, `4{"message":"no"}`, `4"no"`,
	`51-["baz",{"_placeholder":true,"num":0}]`, `52-/a,7["baz",{"x":[{"num":1,"_placeholder":true}]},{"_placeholder":true,"num":0}]`, `61-15[{"_placeholder":true,"num":0}]`,
	`50-["a"]`, `511-["a"]`, `51-["a",{"_placeholder":true,"num":"0"}]`, `51-["a",{"_placeholder":true,"num":-1}]`, `51-["a",{"\u005fplaceholder":true,"num":0}]`,
	`2["connect"]`, `2["\u0063onnect"]`, `2[1]`, `2[1e400]`, `2 ["a"]`, `21 2["a"]`, `2["a"]x`, `2["a","\ud800",{"__proto__":1,"__proto__":2}]`, "2[\"\xff\"]", "0/\xff,",
	`29007199254740992["a"]`, `2[["` + strings.Repeat("[", 70), `2["` + strings.Repeat("a", 40) + `\u00e9"]`, `2["a",-0.5e+10,true,false]`, "2[\"a\"\t,\r\n1 ] ",
}

func FuzzParsePacket(f *testing.F) {
	for _, seed := range packetSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		p, err := parsePacket(text, packetLimits{})
		withArgs, args, argsErr := parsePacketArgs(nil, text, packetLimits{})
		if !errors.Is(argsErr, err) || !reflect.DeepEqual(p, withArgs) {
			t.Fatalf("%+v, %v and with arguments %+v, %v", p, err, withArgs, argsErr)
		}
		if !bytes.Equal(text, before) {
			t.Fatalf("the text was changed to %q", text)
		}
		if err != nil {
			if !reflect.DeepEqual(p, packet{}) || args != nil {
				t.Fatalf("%v, yet %+v and %q", err, p, args)
			}
			return
		}
		if p.kind > packetBinaryAck || p.kind.binary() != (p.attachments > 0) || p.attachments > 10 || p.id < noID || p.id > maxSafeInteger ||
			p.nsp == "" || p.nsp[0] != '/' || len(p.nsp) > 255 || strings.Contains(p.nsp, ",") {
			t.Fatalf("accepted %+v", p)
		}
		if p.data != nil && (!json.Valid(p.data) || !utf8.Valid(p.data)) {
			t.Fatalf("accepted the payload %q", p.data)
		}
		again, err := parsePacket(appendPacket(nil, p), packetLimits{})
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v was written and read as %+v, %v", p, again, err)
		}
		if p.kind == packetEvent || p.kind == packetBinaryEvent {
			if name := eventName(args[0]); isReservedEvent(name) || !utf8.Valid(name) {
				t.Fatalf("accepted the event %q", name)
			}
		}
		if p.kind.binary() {
			if _, err := resolve(args, make([][]byte, p.attachments)); err != nil {
				t.Fatalf("accepted placeholders do not resolve: %v", err)
			}
		}
	})
}

// The scanner against encoding/json: the same arrays, the same elements.
func FuzzSplitArgs(f *testing.F) {
	for _, seed := range packetSeeds {
		if at := strings.IndexByte(seed, '['); at >= 0 {
			f.Add([]byte(seed[at:]))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 64
		args, err := splitArgs(data, limit)
		if cap(args) > 2*limit {
			t.Fatalf("room for %d arguments", cap(args))
		}
		var want []json.RawMessage
		wantErr := json.Unmarshal(data, &want)
		if err == nil {
			if wantErr != nil || len(args) != len(want) {
				t.Fatalf("%d elements; encoding/json: %d, %v", len(args), len(want), wantErr)
			}
			for i := range want {
				if !bytes.Equal(args[i], want[i]) {
					t.Fatalf("%d: %q; encoding/json: %q", i, args[i], want[i])
				}
			}
			return
		}
		if wantErr != nil {
			return
		}
		// What encoding/json takes and we do not has one of these reasons.
		switch {
		case errors.Is(err, errUTF8) && !utf8.Valid(data):
		case errors.Is(err, errPayload) && data[0] != '[':
		case errors.Is(err, errArgs) && len(want) > limit:
		case errors.Is(err, errDepth) && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxDepth:
		default:
			t.Fatalf("%v, but encoding/json takes it", err)
		}
	})
}

func FuzzResolve(f *testing.F) {
	f.Add([]byte(`["a",{"_placeholder":true,"num":0}]`), []byte("x"), byte(1))
	f.Add([]byte(`[{"x":{"num":1,"_placeholder":true}},{ "_placeholder" : true , "num" : 0 }]`), []byte{0xff, 0}, byte(2))
	f.Add([]byte(`[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`), []byte{}, byte(1))
	f.Add([]byte(`[{"_placeholder":true,"num":64}]`), []byte{}, byte(65))
	f.Add([]byte(`["{\"_placeholder\":true}",{"_placeholder":false},{"\u005fplaceholder":true}]`), []byte{}, byte(0))
	f.Fuzz(func(t *testing.T, data, attachment []byte, n byte) {
		args, err := splitArgs(data, 0)
		if err != nil {
			return
		}
		n %= 70
		attachments := make([][]byte, n)
		for i := range attachments {
			attachments[i] = attachment
		}
		resolved, err := resolve(args, attachments)
		if n <= maxAttachments {
			if check := checkPlaceholders(data, int(n)); !errors.Is(err, check) {
				t.Fatalf("resolved: %v, checked: %v", err, check)
			}
		}
		if err != nil {
			return
		}
		if len(resolved) != len(args) {
			t.Fatalf("%d arguments of %d", len(resolved), len(args))
		}
		size := 0
		for _, arg := range resolved {
			if !json.Valid(arg) {
				t.Fatalf("resolved to %q", arg)
			}
			size += len(arg)
		}
		if size > len(data)+int(n)*(len(attachment)*4/3+6) {
			t.Fatalf("%d bytes of %d and %d attachments of %d", size, len(data), n, len(attachment))
		}
		if err := checkPlaceholders(bytes.Join(rawBytes(resolved), []byte(",")), 0); err != nil {
			t.Fatalf("a placeholder is left: %q", resolved)
		}
		// The way back: what was resolved is found again when it is encoded as bytes.
		for _, arg := range args {
			if whole, ok := attachmentOf(arg, attachments); ok && !bytes.Equal(whole, attachment) {
				t.Fatalf("attachment %q", whole)
			}
		}
	})
}

func rawBytes(args []json.RawMessage) [][]byte {
	all := make([][]byte, len(args))
	for i, arg := range args {
		all[i] = arg
	}
	return all
}

// FuzzEncode: any JSON value with bytes for its strings is encoded, parsed and resolved to itself.
func FuzzEncode(f *testing.F) {
	f.Add("e", []byte(`{"a":["x",{"b":"<é\u2028>"}],"c":null}`))
	f.Add("\x00\"\\", []byte(`["",1.5,true]`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		var v any
		if json.Unmarshal(data, &v) != nil || isReservedEvent([]byte(name)) {
			return
		}
		payload, attachments, err := encodeEvent(name, stringsToBytes(v), v)
		if err != nil {
			if errors.Is(err, errEncodeDepth) {
				return
			}
			t.Fatal(err)
		}
		p := packet{kind: packetEvent, nsp: "/", id: noID, data: payload}
		if len(attachments) > 0 {
			p.kind, p.attachments = packetBinaryEvent, len(attachments)
		}
		_, args, err := parsePacketArgs(nil, appendPacket(nil, p), packetLimits{attachments: maxAttachments})
		if err != nil {
			if errors.Is(err, errDepth) || len(attachments) > maxAttachments || errors.Is(err, errPlaceholder) && bytes.Contains(payload, []byte(`"_placeholder":true`)) {
				return
			}
			t.Fatalf("%s: %v", payload, err)
		}
		if got, want := string(eventName(args[0])), strings.ToValidUTF8(name, "\ufffd"); utf8.ValidString(name) && got != want {
			t.Fatalf("name %q, want %q", got, want)
		}
		if len(attachments) > 0 {
			if args, err = resolve(args, attachments); err != nil {
				t.Fatal(err)
			}
		}
		want, err := json.Marshal(stringsToBytes(v))
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(args[1], want) {
			t.Fatalf("%s, want %s", args[1], want)
		}
	})
}

// stringsToBytes makes byte slices of all strings but keys.
func stringsToBytes(v any) any {
	switch v := v.(type) {
	case string:
		return []byte(v)
	case []any:
		for i := range v {
			v[i] = stringsToBytes(v[i])
		}
		return v
	case map[string]any:
		changed := map[string]any{}
		for key, value := range v {
			changed[key] = stringsToBytes(value)
		}
		return changed
	}
	return v
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
