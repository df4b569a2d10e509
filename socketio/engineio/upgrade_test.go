package engineio

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Engine.IO: Protocol, Upgrade. While both sides send without a pause, nothing is
// lost, doubled or reordered in either direction.
func TestUpgradeUnderTraffic(t *testing.T) {
	const rounds, each = 10, 300
	for round := range rounds {
		h := serve(t, siteOptions{})
		query, sid := h.poll()
		s := h.session(0)
		var sending sync.WaitGroup
		sending.Go(func() {
			batch := h.engine.Batch()
			for i := range each {
				frame := Text([]byte(strconv.Itoa(i)))
				if i%2 == 0 {
					s.conn.Send(SendOptions{}, frame)
				} else {
					batch.Add(s.conn, SendOptions{}, frame)
					batch.Flush()
				}
				if i%10 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
		var got []string
		take := func(packets string) {
			for packet := range strings.SplitSeq(packets, "\x1e") {
				if packet[0] == '4' {
					got = append(got, packet[1:])
				}
			}
		}
		sent := 0
		post := func() {
			var body []string
			for range 5 {
				body = append(body, fmt.Sprintf("4up%d", sent))
				sent++
			}
			if status, answer := h.request("POST", query, strings.Join(body, "\x1e")); status != 200 || answer != "ok" {
				t.Fatalf("POST %d %s", status, answer)
			}
		}
		getOnce := func() {
			status, answer := h.get(query)
			if status != 200 {
				t.Fatalf("poll %d %s", status, answer)
			}
			take(answer)
		}
		for range round {
			post()
			getOnce()
		}
		// As clients do: probe while a poll is open, wait for it, then move.
		polled := make(chan string)
		go func() {
			_, answer := h.get(query)
			polled <- answer
		}()
		w := h.dial(sid)
		write(t, w, "2probe")
		post()
		if probe := read(t, w); probe != "3probe" {
			t.Fatalf("probe answered %q", probe)
		}
		take(<-polled)
		write(t, w, "5")
		for range 5 {
			write(t, w, fmt.Sprintf("4up%d", sent))
			sent++
		}
		for len(got) < each {
			take(read(t, w))
		}
		sending.Wait()
		for i, data := range got {
			if data != strconv.Itoa(i) {
				t.Fatalf("round %d: message %d is %q", round, i, data)
			}
		}
		eventually(t, "all up", func() bool { return len(s.messages()) == sent })
		for i, data := range s.messages() {
			if data != fmt.Sprintf("up%d", i) {
				t.Fatalf("round %d: message %d of the client is %q", round, i, data)
			}
		}
		if s.conn.Transport() != "websocket" {
			t.Error("not moved")
		}
		if status, body := h.get(query); status != 400 || body != `{"code":3,"message":"Bad request"}` {
			t.Errorf("poll after the upgrade: %d %s", status, body)
		}
	}
}

// A POST that is being delivered when the upgrade completes comes before what the
// WebSocket brings.
func TestUpgradeWaitsForPost(t *testing.T) {
	release := make(chan struct{})
	h := serve(t, siteOptions{hear: func(*session) func(string, bool) {
		return func(data string, _ bool) {
			if data == "first" {
				<-release
			}
		}
	}})
	query, sid := h.poll()
	posted := make(chan string)
	go func() {
		_, answer := h.request("POST", query, "4first\x1e4second")
		posted <- answer
	}()
	s := h.session(0)
	eventually(t, "first", func() bool { return len(s.messages()) == 1 })
	w := h.dial(sid)
	write(t, w, "2probe")
	read(t, w)
	write(t, w, "5", "4third")
	time.Sleep(20 * time.Millisecond)
	close(release)
	if answer := <-posted; answer != "ok" {
		t.Errorf("POST answered %s", answer)
	}
	eventually(t, "third", func() bool { return len(s.messages()) == 3 })
	if got := strings.Join(s.messages(), " "); got != "first second third" {
		t.Error(got)
	}
}

// One upgrade at a time, none twice; one that does not come to its end leaves the
// session polling.
func TestUpgradeRefusals(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{UpgradeTimeout: 150 * time.Millisecond}, hear: echoing})
	query, sid := h.poll()
	probing := h.dial(sid)
	handshake := "EIO=4&transport=websocket&sid=" + sid
	if status, _ := h.get(handshake); status != 400 {
		t.Errorf("no WebSocket handshake: %d", status)
	}
	write(t, probing, "2probe")
	read(t, probing)
	if _, _, err := probing.Read(t.Context()); err == nil {
		t.Error("a probe without end was not closed")
	}
	if status, answer := h.request("POST", query, "4still here"); status != 200 {
		t.Fatal(status, answer)
	}
	if status, answer := h.get(query); status != 200 || answer != "4still here" {
		t.Fatal(status, answer)
	}
	w := h.dial(sid)
	write(t, w, "2probe", "5", "4by websocket")
	if probe, message := read(t, w), read(t, w); probe != "3probe" || message != "4by websocket" {
		t.Fatal(probe, message)
	}
}

// A connection that the server closes while the client changes over still gets
// its last message: by a poll when the client goes back, by the WebSocket when it
// has moved. Socket.IO's DISCONNECT is such a message.
func TestCloseDuringUpgrade(t *testing.T) {
	for _, moved := range []bool{true, false} {
		t.Run(fmt.Sprintf("moved=%v", moved), func(t *testing.T) {
			h := serve(t, siteOptions{})
			query, sid := h.poll()
			s := h.session(0)
			w := h.dial(sid)
			write(t, w, "2probe")
			if probe := read(t, w); probe != "3probe" {
				t.Fatalf("probe answered %q", probe)
			}
			s.conn.Send(SendOptions{}, Text([]byte("1")))
			s.conn.CloseAfterFlush(ReasonForcedClose)
			if !moved {
				if _, answer := h.get(query); answer != "41" {
					t.Fatalf("poll answered %q, want the last message", answer)
				}
				if _, answer := h.get(query); answer != "1" {
					t.Fatalf("next poll answered %q, want the close packet", answer)
				}
				return
			}
			write(t, w, "5")
			if last := read(t, w); last != "41" {
				t.Fatalf("after the upgrade came %q, want the last message", last)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if _, _, err := w.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Fatalf("then %v, want a normal close", err)
			}
		})
	}
}
