package engineio

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/relevo/relevo/socketio/internal/official"
)

// typeNames are the names that engine.io-parser has for the packet types.
var typeNames = []string{"open", "close", "ping", "pong", "message", "upgrade", "noop"}

// named is a packet in the words of the script.
type named struct {
	Type   string `json:"type"`
	Binary bool   `json:"binary"`
	Data   []byte `json:"data"`
}

func inNames(packets []heard) []named {
	var all []named
	for _, p := range packets {
		all = append(all, named{typeNames[p.kind-'0'], p.binary, []byte(p.data)})
	}
	return all
}

type question struct {
	Op      string  `json:"op"`
	Text    []byte  `json:"text"`
	Packets []named `json:"packets,omitempty"`
}

type answer struct {
	Accepted bool
	Packets  []named
	Text     []byte
}

// binaryPacket finds the binary messages of a body.
var binaryPacket = regexp.MustCompile(`(?:^|\x1e)b([^\x1e]*)`)

// canonicalBase64 is what both sides read alike.
var canonicalBase64 = regexp.MustCompile(`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$`)

// difference is a kind of body that engine.io-parser accepts and this package refuses; there is none the
// other way round.
type difference struct {
	why     string
	applies func(body []byte, reason error) bool
	example string
}

var differences = []difference{
	{
		"characters that are no base64 are skipped, missing padding and stray bits ignored; here base64 is strict",
		func(body []byte, reason error) bool {
			return errors.Is(reason, errPayloadBase64) && slices.ContainsFunc(binaryPacket.FindAllSubmatch(body, -1), func(m [][]byte) bool {
				return !canonicalBase64.Match(m[1])
			})
		},
		"bAQ",
	},
	{
		"bytes that are no UTF-8 arrive as U+FFFD; here the body is refused",
		func(body []byte, reason error) bool { return errors.Is(reason, errPayloadUTF8) && !utf8.Valid(body) },
		"4\xff",
	},
	{
		"any number of packets in a body; here there is a limit",
		func(body []byte, reason error) bool {
			return errors.Is(reason, errPayloadPackets) && bytes.Count(body, []byte{payloadSeparator}) >= 8
		},
		"4\x1e4\x1e4\x1e4\x1e4\x1e4\x1e4\x1e4\x1e4",
	},
}

func TestDifferencesFromOfficialPayloads(t *testing.T) {
	parsers := official.Start(t, "../..")
	for _, d := range differences {
		answers := make([]answer, 1)
		official.AskAll(parsers, []question{{Op: "split", Text: []byte(d.example)}}, answers)
		if _, err := hear([]byte(d.example), 8); !answers[0].Accepted || !d.applies([]byte(d.example), err) {
			t.Errorf("%s: here %v, official %+v", d.why, err, answers[0])
		}
	}
}

// Bodies made here are read alike, made alike by the official parser, and spoiled ones are refused alike,
// save for the differences above.
func TestOfficialPayloadsAgree(t *testing.T) {
	parsers := official.Start(t, "../..")
	seed := rand.Uint64()
	t.Logf("%s, seed %d", parsers.Versions(), seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const good, spoiled = 2000, 8000
	var bodies [][]byte
	var joins []question
	for range good {
		packets := randomPackets(random)
		bodies = append(bodies, join(packets))
		joins = append(joins, question{Op: "join", Packets: inNames(packets)})
	}
	for range spoiled {
		bodies = append(bodies, spoil(random, bytes.Clone(bodies[random.IntN(good)])))
	}
	splits := make([]question, len(bodies))
	for i, body := range bodies {
		splits[i] = question{Op: "split", Text: body}
	}
	answers := make([]answer, len(bodies))
	official.AskAll(parsers, splits, answers)
	refused := 0
	used := make([]int, len(differences))
	for i, body := range bodies {
		got, err := hear(bytes.Clone(body), 8)
		switch {
		case err == nil && answers[i].Accepted && reflect.DeepEqual(inNames(got), answers[i].Packets):
		case err != nil && !answers[i].Accepted:
			refused++
		case err != nil && i >= good:
			at := slices.IndexFunc(differences, func(d difference) bool { return d.applies(body, err) })
			if at < 0 {
				t.Errorf("%q: refused here with %v, official %+v", body, err, answers[i])
				continue
			}
			used[at]++
		default:
			t.Errorf("%q: here %v, %v, official %+v", body, got, err, answers[i])
		}
	}
	t.Logf("%d bodies, %d refused by both, differences in their order: %v", len(bodies), refused, used)
	if refused < 1000 {
		t.Error("the generator is not balanced")
	}

	joined := make([]answer, good)
	official.AskAll(parsers, joins, joined)
	for i := range joined {
		if !bytes.Equal(joined[i].Text, bodies[i]) {
			t.Errorf("%q here, %q there", bodies[i], joined[i].Text)
		}
	}
}

func randomPackets(random *rand.Rand) []heard {
	texts := []string{"", "hello", `2["a",{"b":1}]`, "é😀", "\u2028", "probe", "b", "\n"}
	packets := make([]heard, 1+random.IntN(8))
	for i := range packets {
		if random.IntN(3) == 0 {
			message := make([]byte, random.IntN(20))
			for j := range message {
				message[j] = byte(random.Uint32())
			}
			packets[i] = heard{packetMessage, true, string(message)}
			continue
		}
		packets[i] = heard{byte('0' + random.IntN(7)), false, texts[random.IntN(len(texts))]}
	}
	return packets
}

func spoil(random *rand.Rand, body []byte) []byte {
	fragments := []string{"0", "6", "7", "b", "\x1e", "\x1e\x1e", "=", "==", "-", "_", "A", "\n", "\xff", "\xc3", "x", "\x1ebAQ==", "\x1e4", "\u00a0", "é"}
	for range 1 + random.IntN(2) {
		at := random.IntN(len(body) + 1)
		to := min(len(body), at+random.IntN(3))
		switch random.IntN(3) {
		case 0:
			body = slices.Delete(body, at, to)
		case 1:
			body = body[:at]
		default:
			body = slices.Insert(body, at, []byte(fragments[random.IntN(len(fragments))])...)
		}
	}
	return body
}
