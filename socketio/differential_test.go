package socketio

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/relevo/relevo/socketio/internal/official"
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

// question is a text for the official decoder, with what this one made of it.
type question struct {
	Op          string  `json:"op"`
	Text        []byte  `json:"text"`
	Attachments *[]blob `json:"attachments,omitempty"`
	Ours        *ours   `json:"ours,omitempty"`
}

type ours struct {
	Type packetType `json:"type"`
	Nsp  string     `json:"nsp"`
	ID   int64      `json:"id"`
	Data string     `json:"data"`
}

type verdict struct {
	Accepted, Same bool
	Reason         string
}

// read is what a server makes of a text and its attachments (nil: one byte each, its number).
func read(text string, attachments *[]blob) (*ours, error) {
	p, args, err := parsePacketArgs(nil, []byte(text), packetLimits{})
	if err != nil {
		return nil, err
	}
	told := &ours{p.kind, p.nsp, p.id, string(p.data)}
	if !p.kind.binary() {
		return told, nil
	}
	buffers := make([][]byte, p.attachments)
	for i := range buffers {
		buffers[i] = []byte{byte(i)}
		if attachments != nil {
			buffers[i] = (*attachments)[i]
		}
	}
	if args, err = resolve(args, buffers); err != nil {
		return nil, err
	}
	data, err := json.Marshal(args)
	told.Type -= packetBinaryEvent - packetEvent // the official decoder hands binary packets on as plain ones
	told.Data = string(data)
	return told, err
}

// differ asks about all texts and calls judge for each.
func differ(t *testing.T, parsers *official.Parsers, texts []string, judge func(text string, err error, v verdict)) {
	t.Helper()
	questions := make([]question, len(texts))
	reasons := make([]error, len(texts))
	for i, text := range texts {
		questions[i] = question{Op: "decode", Text: []byte(text)}
		questions[i].Ours, reasons[i] = read(text, nil)
	}
	verdicts := make([]verdict, len(texts))
	official.AskAll(parsers, questions, verdicts)
	for i, text := range texts {
		judge(text, reasons[i], verdicts[i])
	}
}

// Every documented difference is one, and has its reason.
func TestDifferencesFromOfficialDecoder(t *testing.T) {
	parsers := official.Start(t, "..")
	for _, d := range differences {
		differ(t, parsers, []string{d.example}, func(text string, err error, v verdict) {
			if !v.Accepted || err == nil || !d.applies(text, err) {
				t.Errorf("%s\n%.80q: here %v, official %+v", d.why, text, err, v)
			}
		})
	}
}

// What the official decoder accepts is accepted with the same meaning, what it refuses is refused, save
// for the differences above.
func TestOfficialDecoderAgrees(t *testing.T) {
	parsers := official.Start(t, "..")
	seed := rand.Uint64()
	t.Logf("%s, seed %d", parsers.Versions(), seed)
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	texts := append([]string(nil), packetSeeds...)
	for range 4000 {
		text, _ := g.packet()
		texts = append(texts, text)
	}
	for range 12000 {
		texts = append(texts, g.mutate(texts[g.IntN(4000)]))
	}
	agreed, refused := 0, 0
	used := make([]int, len(differences))
	differ(t, parsers, texts, func(text string, err error, v verdict) {
		switch {
		case err == nil && v.Accepted && v.Same:
			agreed++
		case err != nil && !v.Accepted:
			refused++
		case err != nil:
			for i, d := range differences {
				if d.applies(text, err) {
					used[i]++
					return
				}
			}
			t.Errorf("%q: refused here with %v, accepted by the official decoder as %s", text, err, v.Reason)
		default:
			t.Errorf("%q: accepted here, official %+v", text, v)
		}
	})
	t.Logf("%d accepted by both, %d refused by both, differences in their order: %v", agreed, refused, used)
	if agreed < 4000 || refused < 2000 {
		t.Error("the generator is not balanced")
	}
}

// What is encoded here is decoded by the official parser, attachments included, and the other way round.
func TestOfficialParserUnderstands(t *testing.T) {
	parsers := official.Start(t, "..")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	const n = 3000
	var decodes []question
	var encodes []map[string]any
	for range n {
		args, forNode := g.args()
		data, attachments, err := encodeEvent("event", args...)
		if err != nil {
			t.Fatal(err)
		}
		p := packet{kind: packetEvent, nsp: g.namespace(), id: g.id(), data: data}
		if p.attachments = len(attachments); p.attachments > 0 {
			p.kind = packetBinaryEvent
		}
		text := appendPacket(nil, p)
		bufs := make([]blob, len(attachments))
		for i := range attachments {
			bufs[i] = attachments[i]
		}
		told, err := read(string(text), &bufs)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		decodes = append(decodes, question{"decode", text, &bufs, told})
		forPacket := map[string]any{"type": 2, "nsp": p.nsp, "data": append([]any{"event"}, forNode...)}
		if p.id != noID {
			forPacket["id"] = p.id
		}
		encodes = append(encodes, map[string]any{"op": "encode", "packet": forPacket})
	}
	verdicts := make([]verdict, n)
	official.AskAll(parsers, decodes, verdicts)
	encoded := make([]struct {
		Text        string
		Attachments []blob
	}, n)
	official.AskAll(parsers, encodes, encoded)
	for i, q := range decodes {
		if !verdicts[i].Accepted || !verdicts[i].Same {
			t.Errorf("%s: %+v", q.Text, verdicts[i])
		}
		told, err := read(encoded[i].Text, &encoded[i].Attachments)
		if err != nil {
			t.Errorf("%s: %v", encoded[i].Text, err)
			continue
		}
		same := sameJSON([]byte(told.Data), []byte(q.Ours.Data))
		if told.Data, q.Ours.Data = "", ""; !same || *told != *q.Ours {
			t.Errorf("%s here, %s there", q.Text, encoded[i].Text)
		}
	}
}

// forNode is what the script reads as a buffer.
func (b blob) forNode() map[string]any {
	return map[string]any{"$bin": base64.StdEncoding.EncodeToString(b)}
}
