package socketio

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/relevo/relevo/socketio/internal/official"
)

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
