package conformance

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/relevo/relevo/socketio/engineio"
)

// Engine.IO: Protocol, Message; Packet encoding, HTTP long-polling
func TestMessagesPolling(t *testing.T) {
	h := engine(t, engineio.Options{})
	for _, tc := range []struct {
		name string
		in   string
		want []string
	}{
		{"text", "4hello", []string{"4hello"}},
		{"no data", "4", []string{"4"}},
		{"several", "4test1\x1e4test2\x1e4test3", []string{"4test1", "4test2", "4test3"}},
		{"characters beyond ASCII", "4€ 中 𝄞\x1e4ñ", []string{"4€ 中 𝄞", "4ñ"}},
		{"binary in base64", "4hello\x1ebAQIDBA==", []string{"4hello", "bAQIDBA=="}},
		{"binary without bytes", "b\x1e4end", []string{"b", "4end"}},
		{"all values", "b+/8A/w==", []string{"b+/8A/w=="}},
		{"newlines", "4a\nb\r\n\\n", []string{"4a\nb\r\n\\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := poll(t, h.polling())
			p.send(strings.Split(tc.in, separator)...)
			p.expect(tc.want...)
		})
	}
}

// Engine.IO: Transports, Sending and receiving data: what waits leaves in one
// payload, joined by the record separator.
func TestPayloadConcatenation(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	c := h.conn(0)
	for _, s := range []string{"1", "2", "3"} {
		c.Send(engineio.SendOptions{}, engineio.Text([]byte(s)))
	}
	c.Send(engineio.SendOptions{}, engineio.Binary([]byte{1, 2, 3, 4}))
	a := p.get()
	if a.body != "41\x1e42\x1e43\x1ebAQIDBA==" || !strings.EqualFold(a.header.Get("Content-Type"), "text/plain; charset=UTF-8") {
		t.Errorf("payload %q, %v", a.body, a.header)
	}
}

// Engine.IO: Transports, Receiving data: a poll waits until there is something.
func TestPollWaits(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	pending := p.pending()
	h.conn(0).Send(engineio.SendOptions{}, engineio.Text([]byte("late")))
	if a := <-pending; a.body != "4late" {
		t.Errorf("%+v", a)
	}
	p.send("4after")
	p.expect("4after")
}

// Engine.IO: Protocol, Message; Packet encoding, WebSocket: one frame a packet,
// binary without a type byte
func TestMessagesWebSocket(t *testing.T) {
	h := engine(t, engineio.Options{})
	w := dial(t, h.websocket())
	for _, f := range []frame{
		text("4hello"), text("4"), text("4€ 中 𝄞"), text("4a\x1e4b"), binary(1, 2, 3, 4), binary(), binary(0xff, 0x00, '4'),
	} {
		w.write(f)
		w.expect(f)
	}
	w.send("41", "42", "43")
	w.write(binary(9))
	w.expectText("41", "42", "43")
	w.expect(binary(9))
}

// Engine.IO: Packet encoding: types 0 to 6. What a client may not send, and what
// is no packet, ends the session.
func TestInvalidPackets(t *testing.T) {
	bad := []string{"abc", "7", "9", "/", "\x00", "0", `0{"sid":"x"}`}
	for _, packet := range bad {
		h := engine(t, engineio.Options{})
		w := dial(t, h.websocket())
		w.send(packet, "4after")
		w.gone()
		if got := h.reason(); got != "parse error" && got != "transport error" {
			t.Errorf("websocket %q: %s", packet, got)
		}
		if m := h.messages(); len(m) != 0 {
			t.Errorf("websocket %q: heard %v", packet, m)
		}
	}
	for _, packet := range append(bad, "", "\x1e", "4a\x1e\x1e4b", "\x1e4b", "b!!!!", "bAQI", "b=", "bAQ==BA==") {
		h := engine(t, engineio.Options{})
		p := poll(t, h.polling())
		if a := p.post(packet); a.status != http.StatusBadRequest {
			t.Errorf("POST %q: %+v", packet, a)
		}
		// One more poll may bring what was sent before, and the end.
		a := p.get()
		if a.status == http.StatusOK && strings.HasSuffix(a.body, "1") {
			a = p.get()
		}
		if a.status != http.StatusBadRequest || a.body != `{"code":1,"message":"Session ID unknown"}` {
			t.Errorf("poll after POST %q: %+v", packet, a)
		}
		if got := h.reason(); got != "parse error" && got != "transport error" {
			t.Errorf("POST %q: %s", packet, got)
		}
	}
}

// A noop or a stray pong of a client means nothing.
func TestPacketsWithoutMeaning(t *testing.T) {
	h := engine(t, engineio.Options{})
	w, p := dial(t, h.websocket()), poll(t, h.polling())
	w.send("6", "3", "3probe", "4end")
	w.expectText("4end")
	p.send("6", "3", "4end")
	p.expect("4end")
}

// Engine.IO: Transports, Receiving data: only one GET of a session at a time;
// a second is answered 400 and ends the session. The first learns of the end.
func TestDuplicatePoll(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	first, second := p.pending(), p.pending()
	a, b := <-first, <-second
	if a.status != http.StatusOK {
		a, b = b, a
	}
	if a.status != http.StatusOK || a.body != "1" || b.status != http.StatusBadRequest {
		t.Errorf("polls answered %+v and %+v", a, b)
	}
	if c := p.get(); c.status != http.StatusBadRequest {
		t.Errorf("the session lives: %+v", c)
	}
	h.reason()
}

// Engine.IO: Transports, Sending data: only one POST of a session at a time.
func TestDuplicatePost(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	body, hold := io.Pipe()
	slow := make(chan answer, 1)
	go func() { slow <- request(t, p.client, http.MethodPost, p.url, body, nil) }()
	_, _ = hold.Write([]byte("4first")) // the transport has the headers and this by now, the server soon
	eventually(t, "second POST refused", func() bool { return p.post("4second").status == http.StatusBadRequest })
	_ = hold.Close()
	<-slow
	if a := p.get(); a.status != http.StatusBadRequest {
		t.Errorf("the session lives: %+v", a)
	}
	h.reason()
}

// Answers above the threshold are compressed for who accepts it.
func TestCompression(t *testing.T) {
	for _, tc := range []struct {
		threshold, size int
		accept, want    string
	}{
		{0, 1100, "gzip, deflate", "gzip"},
		{0, 900, "gzip", ""},
		{0, 1100, "", ""},
		{0, 1100, "identity;q=1, gzip;q=0", ""},
		{100, 200, "gzip", "gzip"},
		{-1, 5000, "gzip", ""},
	} {
		h := engine(t, engineio.Options{CompressionThreshold: tc.threshold})
		p := poll(t, h.polling())
		message := strings.Repeat("x", tc.size)
		h.conn(0).Send(engineio.SendOptions{}, engineio.Text([]byte(message)))
		header := http.Header{}
		if tc.accept != "" {
			header.Set("Accept-Encoding", tc.accept)
		}
		a := request(t, p.client, http.MethodGet, p.url, nil, header)
		body := a.body
		if got := a.header.Get("Content-Encoding"); got != tc.want {
			t.Errorf("%+v: encoding %q", tc, got)
		} else if got == "gzip" {
			z, err := gzip.NewReader(strings.NewReader(a.body))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			body = string(plain)
		}
		if body != "4"+message {
			t.Errorf("%+v: %d bytes came", tc, len(body))
		}
	}
}

// Engine.IO: Protocol, Handshake: maxPayload, at the limit and one byte over, on
// every way in.
func TestMaxPayload(t *testing.T) {
	const limit = 5000
	fits, over := "4"+strings.Repeat("x", limit-1), "4"+strings.Repeat("x", limit)
	h := engine(t, engineio.Options{MaxPayload: limit, CompressionThreshold: -1})

	p := poll(t, h.polling())
	if p.open.MaxPayload != limit {
		t.Errorf("handshake says %d", p.open.MaxPayload)
	}
	p.send(fits)
	p.expect(fits)
	// No length announced: chunked.
	chunked := func(body string) answer {
		return request(t, p.client, http.MethodPost, p.url, io.MultiReader(strings.NewReader(body)), nil)
	}
	if a := chunked(fits); a.status != http.StatusOK {
		t.Errorf("chunked POST at the limit: %+v", a)
	}
	p.expect(fits)
	two := "4" + strings.Repeat("x", limit-3) + "\x1e4"
	for name, a := range map[string]func() answer{
		"POST":         func() answer { return p.post(over) },
		"chunked POST": func() answer { return chunked(over) },
		"two packets":  func() answer { return p.post(two) },
	} {
		p = poll(t, h.polling())
		got := a()
		want := http.StatusRequestEntityTooLarge
		if name == "two packets" {
			want = http.StatusOK // exactly at the limit together
		}
		if got.status != want {
			t.Errorf("%s: %+v", name, got)
		}
	}

	w := dial(t, h.websocket())
	w.send(fits)
	w.expectText(fits)
	bytes := frame{binary: true, data: strings.Repeat("\xff", limit)}
	w.write(bytes)
	w.expect(bytes)
	w.send(over)
	if code := w.gone(); code != websocket.StatusMessageTooBig {
		t.Errorf("close code %d", code)
	}
	w = dial(t, h.websocket())
	w.write(frame{binary: true, data: bytes.data + "x"})
	w.gone()
	// In fragments: no frame is too long, the message is.
	w = dial(t, h.websocket())
	w.fragmented(fits, 1000)
	w.expectText(fits)
	w.fragmented(over, 1000)
	w.gone()
}
