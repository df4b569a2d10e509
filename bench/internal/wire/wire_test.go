package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// serverFrame is what a server sends: appendFrame without the mask.
func serverFrame(op byte, payload []byte) []byte {
	f := appendFrame(nil, op, payload)
	head := len(f) - len(payload) - 4
	f[1] &^= 0x80
	return append(f[:head:head], payload...)
}

func TestFramesSurviveEverySplit(t *testing.T) {
	var stream []byte
	var want []string
	for _, n := range []int{0, 1, 125, 126, 300, 65535, 65536} {
		payload := bytes.Repeat([]byte{byte('a' + n%26)}, n)
		stream = append(stream, serverFrame(opText, payload)...)
		want = append(want, string(payload))
	}
	for _, step := range []int{1, 2, 3, 7, 1000, len(stream)} {
		var got []string
		var rest []byte
		for at := 0; at < len(stream); at += step {
			rest = append(rest, stream[at:min(at+step, len(stream))]...)
			for {
				op, payload, left, err := nextFrame(rest)
				if err != nil {
					t.Fatal(err)
				}
				if len(left) == len(rest) {
					break
				}
				if op != opText {
					t.Fatalf("opcode %d", op)
				}
				got = append(got, string(payload))
				rest = left
			}
		}
		if len(rest) > 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("in steps of %d: %d frames and %d bytes left, not %d frames", step, len(got), len(rest), len(want))
		}
	}
}

func TestClientFramesAreMasked(t *testing.T) {
	for _, n := range []int{0, 5, 126, 70000} {
		payload := bytes.Repeat([]byte("xyz"), n)[:n]
		f := appendFrame(nil, opText, payload)
		if f[0] != 0x81 || f[1]&0x80 == 0 {
			t.Fatalf("frame of %d bytes starts with %x", n, f[:2])
		}
		mask, data := f[len(f)-n-4:len(f)-n], f[len(f)-n:]
		for i := range data {
			if data[i]^mask[i&3] != payload[i] {
				t.Fatalf("byte %d of %d is not masked by %x", i, n, mask)
			}
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	for name, f := range map[string][]byte{
		"masked":    appendFrame(nil, opText, []byte("x")),
		"fragment":  {0x01, 0x01, 'x'},
		"rsv1":      {0xc1, 0x01, 'x'},
		"too large": {0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, _, _, err := nextFrame(f); err == nil {
			t.Errorf("%s frame is taken", name)
		}
	}
}

func TestAnswersOfHTTP(t *testing.T) {
	const plain = "HTTP/1.1 201 Created\r\ncontent-length: 5\r\nConnection: keep-alive\r\n\r\nhello"
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
	for _, c := range []struct {
		text   string
		status int
		last   bool
	}{{plain, 201, false}, {chunked, 200, true}} {
		for n := range len(c.text) {
			if _, _, size, _, err := parseAnswer([]byte(c.text[:n])); size != 0 || err != nil {
				t.Fatalf("%d bytes of %q: size %d, %v", n, c.text, size, err)
			}
		}
		status, body, size, last, err := parseAnswer([]byte(c.text))
		if status != c.status || string(body) != "hello" || size != len(c.text) || last != c.last || err != nil {
			t.Errorf("%q: status %d, body %q, size %d, last %v, %v", c.text, status, body, size, last, err)
		}
	}
	for _, text := range []string{
		"HTTP/1.1 fine\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		if _, _, _, _, err := parseAnswer([]byte(text)); err == nil {
			t.Errorf("%q is taken", strings.ReplaceAll(text, "\r\n", "|"))
		}
	}
}
