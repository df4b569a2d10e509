package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type blob []byte

type inStruct struct {
	Data []byte `json:"data"`
	HTML string `json:"html"`
}

type selfish struct{ Next *selfish }

type recursive []recursive

func TestEncodeEvent(t *testing.T) {
	bin := []byte{1, 2, 3}
	const zero = `{"_placeholder":true,"num":0}`
	const one = `{"_placeholder":true,"num":1}`
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		args        []any
		data        string
		attachments [][]byte
	}{
		"none":             {nil, `["e"]`, nil},
		"scalars":          {[]any{nil, true, 1, int64(-2), 1.5, "x", uint8(7)}, `["e",null,true,1,-2,1.5,"x",7]`, nil},
		"text":             {[]any{"<a>&\"\\\n é \u2028"}, `["e","<a>&\"\\\n é \u2028"]`, nil},
		"no HTML escapes":  {[]any{inStruct{HTML: "<b>"}, map[string]any{"<": "&"}}, `["e",{"data":null,"html":"<b>"},{"<":"&"}]`, nil},
		"invalid UTF-8":    {[]any{"\xff"}, `["e","\ufffd"]`, nil},
		"bytes":            {[]any{bin}, `["e",` + zero + `]`, [][]byte{bin}},
		"empty bytes":      {[]any{[]byte{}, []byte(nil)}, `["e",` + zero + `,null]`, [][]byte{{}}},
		"same bytes twice": {[]any{bin, bin}, `["e",` + zero + `,` + one + `]`, [][]byte{bin, bin}},
		"in any values":    {[]any{map[string]any{"b": bin, "a": []any{1, bin}}}, `["e",{"a":[1,` + zero + `],"b":` + one + `}]`, [][]byte{bin, bin}},
		"in typed values":  {[]any{map[string][]byte{"k": bin}, [][]byte{bin}}, `["e",{"k":` + zero + `},[` + one + `]]`, [][]byte{bin, bin}},
		"named types":      {[]any{blob(bin), map[blobKey]blob{"k": bin}}, `["e",` + zero + `,{"k":` + one + `}]`, [][]byte{bin, bin}},
		"behind pointers":  {[]any{&bin, &[]any{bin}, (*[]byte)(nil)}, `["e",` + zero + `,[` + one + `],null]`, [][]byte{bin, bin}},
		"in a struct":      {[]any{inStruct{Data: bin}}, `["e",{"data":"AQID","html":""}]`, nil},
		"structs with any": {[]any{[]any{inStruct{Data: bin}, bin}}, `["e",[{"data":"AQID","html":""},` + zero + `]]`, [][]byte{bin}},
		"marshalers":       {[]any{when, net.IPv4(1, 2, 3, 4).To4(), []net.IP{net.IPv4(1, 2, 3, 4)}}, `["e","2026-01-02T03:04:05Z","1.2.3.4",["1.2.3.4"]]`, nil},
		"raw":              {[]any{json.RawMessage(`{"n":12345678901234567890}`), json.RawMessage(nil), map[string]json.RawMessage{"a": json.RawMessage(`1`)}}, `["e",{"n":12345678901234567890},null,{"a":1}]`, nil},
		"typed without":    {[]any{[]int{1}, map[string]int{"a": 1}, map[int][]byte{1: bin}, [2]byte{1, 2}}, `["e",[1],{"a":1},{"1":"AQID"},[1,2]]`, nil},
		"nil containers":   {[]any{[]any(nil), map[string]any(nil), map[string][]byte(nil), [][]byte(nil)}, `["e",null,null,null,null]`, nil},
		"self-referring":   {[]any{&selfish{}, recursive{{}, nil}}, `["e",{"Next":null},[[],null]]`, nil},
	}
	for name, c := range cases {
		data, attachments, err := encodeEvent("e", c.args...)
		if err != nil || string(data) != c.data || !reflect.DeepEqual(attachments, c.attachments) {
			t.Errorf("%s: %s, %v, %v; want %s", name, data, attachments, err, c.data)
		}
		ack, attachments, err := extractBinary(c.args)
		want := "[" + strings.TrimPrefix(strings.TrimPrefix(c.data, `["e"`), ",")
		if err != nil || string(ack) != want || !reflect.DeepEqual(attachments, c.attachments) {
			t.Errorf("%s: as acknowledgement: %s, %v, %v; want %s", name, ack, attachments, err, want)
		}
	}
}

type blobKey string

func TestEncodeRefuses(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = []any{cycle}
	for name, arg := range map[string]any{
		"cycle": cycle, "raw text": json.RawMessage(`{`), "empty raw text": json.RawMessage(``), "raw with bad UTF-8": json.RawMessage("\"\xff\""),
		"channel": make(chan int), "NaN": math.NaN(), "infinity in a map": map[string]any{"a": math.Inf(1)}, "function in a slice": []any{func() {}},
	} {
		if data, _, err := encodeEvent("e", arg); err == nil {
			t.Errorf("%s: %s", name, data)
		}
		if data, _, err := extractBinary([]any{arg}); err == nil {
			t.Errorf("%s: as acknowledgement: %s", name, data)
		}
	}
}

func TestAppendRawArgs(t *testing.T) {
	got, err := appendRawArgs([]byte("2"), `a"`, json.RawMessage(`1`), json.RawMessage(`{"b":2}`))
	if err != nil || string(got) != `2["a\"",1,{"b":2}]` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestResolve(t *testing.T) {
	text := `52-["a",{"x":[{"_placeholder":true,"num":1}],"y":"é"},{"num":0,"_placeholder":true},3]`
	_, args, err := parsePacketArgs(nil, []byte(text), packetLimits{})
	if err != nil {
		t.Fatal(err)
	}
	attachments := [][]byte{{0xff, 0xfe}, {}}
	resolved, err := resolve(args, attachments)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"a"`, `{"x":[""],"y":"é"}`, `"//4="`, `3`}
	for i := range want {
		if string(resolved[i]) != want[i] {
			t.Errorf("%d: %s, want %s", i, resolved[i], want[i])
		}
	}
	var b []byte
	if err := json.Unmarshal(resolved[2], &b); err != nil || !bytes.Equal(b, attachments[0]) {
		t.Errorf("%v, %v", b, err)
	}
	if string(args[2]) != `{"num":0,"_placeholder":true}` {
		t.Errorf("the arguments were changed: %s", args[2])
	}
	if b, ok := attachmentOf(args[2], attachments); !ok || &b[0] != &attachments[0][0] {
		t.Errorf("%v, %v", b, ok)
	}
	for _, i := range []int{0, 1, 3} {
		if b, ok := attachmentOf(args[i], attachments); ok {
			t.Errorf("%s: %v", args[i], b)
		}
	}
	if b, ok := attachmentOf(args[2], nil); ok {
		t.Errorf("out of range: %v", b)
	}

	for name, c := range map[string]struct {
		arg string
		n   int
	}{
		"out of range": {`{"_placeholder":true,"num":1}`, 1}, "repeated": {`[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, 1},
		"unused": {`1`, 1}, "illegal": {`{"_placeholder":true,"num":"0"}`, 1}, "none there": {`{"_placeholder":true,"num":0}`, 0},
	} {
		if got, err := resolve([]json.RawMessage{json.RawMessage(c.arg)}, make([][]byte, c.n)); !errors.Is(err, errPlaceholder) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if _, err := resolve(nil, make([][]byte, maxAttachments+1)); !errors.Is(err, errAttachmentCount) {
		t.Error(err)
	}
}

// What an application hands over as encoded JSON is held against encoding/json, also
// deeper than peers may nest.
func TestIsJSON(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, text := range []string{
		`{}`, ` {"a":[1,2.5e-3,"x\u00e9",null,true]} `, `"x"`, `0`, `-1`, deep, deep[1:], ``, ` `, `{`, `[1,]`, `{"a":1,}`, `01`, `nul`,
		`"a`, `{} {}`, `{"a" 1}`, "\"\xff\"", "\"\x01\"", `[}`, strings.Repeat("[", 200),
	} {
		want := json.Valid([]byte(text)) && utf8.ValidString(text)
		if got := isJSON([]byte(text)); got != want {
			t.Errorf("%.40q: %v, want %v", text, got, want)
		}
	}
}
