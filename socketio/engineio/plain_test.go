package engineio

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// dialPlain opens a plain WebSocket with a library.
func (h *site) dialPlain(path string) *websocket.Conn {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, _, err := websocket.Dial(ctx, h.http.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = w.CloseNow() })
	return w
}

// plainTCP opens a plain WebSocket without a library, so that nothing answers pings.
func (h *site) plainTCP() (*net.TCPConn, *bufio.Reader) {
	h.t.Helper()
	return h.handshakeTCP("//any/path/?id_operador=abc")
}

// serverFrame reads one short frame.
func serverFrame(t *testing.T, in *bufio.Reader) (op ws.Op, payload string) {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, head[1])
	if _, err := io.ReadFull(in, body); err != nil {
		t.Fatal(err)
	}
	return ws.Op(head[0] & 0xf), string(body)
}

// Messages pass as they are, with nothing before them; whatever is no handshake is
// refused, and what the handler says in its header is in the answer.
func TestPlain(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{Plain: true, MaxPayload: 64 << 10}, hear: func(s *session) func(string, bool) {
		return func(data string, binary bool) {
			s.conn.Send(SendOptions{}, PlainText(fmt.Appendf(nil, "%v %d", binary, len(data))))
		}
	}})
	resp, err := h.http.Client().Get(h.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUpgradeRequired || resp.Header.Get("Upgrade") != "websocket" {
		t.Error(resp.StatusCode, resp.Header)
	}
	front := h.http.Config.Handler
	h.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("X-Split", "one\r\nX-Other: two")
		w.Header().Set("Content-Length", "7")
		front.ServeHTTP(w, r)
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, answer, err := websocket.Dial(ctx, h.http.URL+"//path?EIO=4&transport=polling&sid=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.CloseNow()
	if answer.Header.Get("Set-Cookie") != "a=b" || answer.Header.Get("X-Other") != "" || answer.Header.Get("Content-Length") != "" {
		t.Error(answer.Header)
	}
	for _, text := range []string{"", "1", "2probe", "junk", strings.Repeat("x", 64<<10)} {
		for kind, binary := range map[websocket.MessageType]bool{websocket.MessageText: false, websocket.MessageBinary: true} {
			if err := w.Write(ctx, kind, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if got, want := read(t, w), fmt.Sprintf("%v %d", binary, len(text)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	var ending websocket.CloseError
	_ = w.Write(ctx, websocket.MessageText, make([]byte, 64<<10+1))
	if _, _, err := w.Read(ctx); !errors.As(err, &ending) || ending.Code != websocket.StatusMessageTooBig {
		t.Error(err)
	}
	h.session(0).ended(ReasonTooLarge)
}

// A peer that says nothing and only answers pings stays, for as many intervals as it
// likes; so does one that never answers a ping but speaks.
func TestPlainHeartbeat(t *testing.T) {
	const interval = 100 * time.Millisecond
	h := serve(t, siteOptions{Options: Options{Plain: true, PingInterval: interval, PingTimeout: 2 * interval, MaxPingsPerSecond: 1000}})
	silent, silentIn := h.plainTCP()
	talker, talkerIn := h.plainTCP()
	for range 30 {
		op, payload := serverFrame(t, silentIn)
		if op != ws.Ping {
			t.Fatalf("got frame %x", op)
		}
		_, _ = silent.Write(clientFrame(ws.Pong, payload))
		if op, _ := serverFrame(t, talkerIn); op != ws.Ping {
			t.Fatalf("got frame %x", op)
		}
		_, _ = talker.Write(clientFrame(ws.Binary, "x"))
	}
	if n := h.engine.Count(); n != 2 {
		t.Errorf("%d connections", n)
	}
	// A ping of the peer is answered and is a sign of life as well.
	_, _ = silent.Write(clientFrame(ws.Ping, "abc"))
	for {
		op, payload := serverFrame(t, silentIn)
		if op == ws.Pong && payload == "abc" {
			break
		}
		if op != ws.Ping {
			t.Fatalf("got frame %x", op)
		}
	}
}

// Who answers nothing gets a second ping before it is dropped, and is dropped.
func TestPlainMissedPongs(t *testing.T) {
	const interval = 100 * time.Millisecond
	h := serve(t, siteOptions{Options: Options{Plain: true, PingInterval: interval, PingTimeout: 2 * interval}})
	_, in := h.plainTCP()
	pings := 0
	for {
		head := make([]byte, 3)
		if _, err := io.ReadFull(in, head); err != nil {
			break
		}
		if ws.Op(head[0]&0xf) == ws.Ping {
			pings++
		}
	}
	if pings < 2 {
		t.Errorf("dropped after %d pings", pings)
	}
	h.session(0).ended(ReasonPingTimeout)
	eventually(t, "forgotten", func() bool { return h.engine.Count() == 0 })
}

// A pong confirms what was marked before the ping that it answers; one that nobody
// asked for, or that answers an older ping, confirms nothing.
func TestPlainConfirmed(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{Plain: true, PingInterval: 100 * time.Millisecond, PingTimeout: time.Hour, MaxPingsPerSecond: 1000}})
	nc, in := h.plainTCP()
	s := h.session(0)
	_, _ = nc.Write(clientFrame(ws.Pong, ""))
	s.conn.Send(SendOptions{Mark: 7}, PlainText([]byte("m")))
	var pings []string
	for seen := false; len(pings) < 2; {
		op, payload := serverFrame(t, in)
		seen = seen || op == ws.Text
		if op == ws.Ping && seen {
			pings = append(pings, payload)
		}
	}
	_, _ = nc.Write(clientFrame(ws.Pong, "9"+pings[0]))
	_, _ = nc.Write(clientFrame(ws.Text, "fence"))
	eventually(t, "fence", func() bool { return len(s.messages()) == 1 })
	if got := s.conn.Confirmed(); got != 0 {
		t.Errorf("%d confirmed", got)
	}
	eventually(t, "confirmed", func() bool {
		if s.conn.Confirmed() == 7 {
			return true
		}
		if op, payload := serverFrame(t, in); op == ws.Ping {
			_, _ = nc.Write(clientFrame(ws.Pong, payload))
		}
		return false
	})
}

// A drain says 1001; a socket that takes nothing is dropped alone while the others get
// everything.
func TestPlainEnds(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{Plain: true, PingInterval: time.Hour, MaxQueueFrames: 64, MaxQueueBytes: 256 << 10, WriteTimeout: 500 * time.Millisecond}, sendBuffer: 16 << 10})
	stalled, _ := h.plainTCP()
	_ = stalled.SetReadBuffer(4 << 10)
	s := h.session(0)
	healthy := h.dialPlain("/")
	healthy.SetReadLimit(1 << 20)
	other := h.session(1)
	frame := PlainText(make([]byte, 16<<10))
	sent := 0
	for deadline := time.Now().Add(patience); h.engine.Count() == 2 && time.Now().Before(deadline); sent++ {
		batch := h.engine.Batch()
		batch.Add(s.conn, SendOptions{}, frame)
		batch.Add(other.conn, SendOptions{}, frame)
		batch.Flush()
		if got := read(t, healthy); len(got) != 16<<10 {
			t.Fatal(len(got))
		}
	}
	s.ended(ReasonSlowConsumer)
	go func() { _ = h.engine.Drain(context.Background()) }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ending websocket.CloseError
	if _, _, err := healthy.Read(ctx); !errors.As(err, &ending) || ending.Code != websocket.StatusGoingAway {
		t.Error(err)
	}
	other.ended(ReasonServerShutdown)
}
