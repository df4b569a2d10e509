package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// Case 11, CVE-2026-33151 and others: announced attachments that never come, or
// are too large together, hold nothing for long; those of clients that left are
// let go.
func TestAttachmentsHeld(t *testing.T) {
	a := serve(t, socketio.Options{AttachmentTimeout: 200 * time.Millisecond, MaxBinaryBytes: 1 << 20})
	bystander := a.join()
	base := heap()
	ten := `4510-["message"`
	for i := range 10 {
		ten += fmt.Sprintf(`,{"_placeholder":true,"num":%d}`, i)
	}
	ten += "]"
	part := frame{binary: true, data: strings.Repeat("\x00", 100_000)}
	for range 30 {
		w := a.join()
		w.send(ten)
		for range 9 {
			w.write(part)
		}
		w.close()
	}
	waits := a.join()
	waits.send(ten)
	waits.write(part)
	waits.gone()
	tooMuch := a.join()
	tooMuch.send(ten)
	for range 9 {
		tooMuch.write(frame{binary: true, data: strings.Repeat("\x00", 200_000)})
	}
	tooMuch.gone()
	a.barrier(bystander)
	eventually(t, "memory came back", func() bool { return heap() < base+4<<20 })
	if n := a.noted("message"); n != 0 {
		t.Errorf("%d incomplete events were handled", n)
	}
}

// CVE-2026-56811: namespaces of one connection are bounded, and so are those
// that clients make.
func TestNamespaceFlood(t *testing.T) {
	a := serve(t, socketio.Options{MaxNamespaces: 5, MaxDynamic: 20})
	bystander := a.join()
	for round := range 10 {
		w := dial(t, a.websocket())
		for i := range 100 {
			w.send(fmt.Sprintf("40/dynamic-%d,", round*100+i))
		}
		w.gone()
	}
	var wires []*wire
	for i := range 10 {
		w := dial(t, a.websocket())
		for k := range 4 {
			w.send(fmt.Sprintf("40/dynamic-%d,", i*4+k))
		}
		wires = append(wires, w)
	}
	eventually(t, "some refused", func() bool {
		n := 0
		for _, w := range wires {
			for _, f := range w.left() {
				if strings.HasPrefix(f.data, "44/dynamic-") {
					n++
				}
			}
		}
		return n == 20
	})
	a.barrier(bystander)
	// Names that never existed leave nothing behind.
	base := heap()
	w := dial(t, a.websocket())
	for i := range 20_000 {
		w.send(fmt.Sprintf("40/no-such-%d,", i))
	}
	_ = w.wait("answers or the end", func() bool { return len(w.in) >= 20_000 })
	w.close()
	w.in = nil
	if now := heap(); now > base+8<<20 {
		t.Errorf("heap %d, was %d", now, base)
	}
	a.barrier(bystander)
}

// Case 12: JSON that is meant to hurt.
func TestHostileJSON(t *testing.T) {
	a := serve(t, socketio.Options{Engine: engineio.Options{MaxPayload: 12 << 20}})
	bystander := a.join()
	for name, packet := range map[string]string{
		"100,000 nested arrays":  `42["message",` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`,
		"100,000 nested objects": `42["message",` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + `]`,
		"never closed":           `42["message",` + strings.Repeat("[", 1_000_000),
		"a million arguments":    `42["message"` + strings.Repeat(",1", 1_000_000) + `]`,
		"auth nested":            `40` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"ack nested":             `431` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"invalid UTF-8":          "42[\"message\",\"\xc3\x28\"]",
	} {
		w := dial(t, a.websocket())
		if name != "auth nested" {
			a.enter(w, "/", "")
		}
		w.send(packet)
		if err := w.wait(name, func() bool { return false }); err == nil {
			t.Errorf("%s: still open", name)
		}
	}
	w := a.join()
	for name, args := range map[string]string{
		"10 MB string":       `"` + strings.Repeat("a", 10<<20) + `"`,
		"duplicate keys":     `{"a":1,"a":2}`,
		"lone surrogates":    `"\ud800","\udfff\ud800"`,
		"prototype":          `{"__proto__":{"x":1},"constructor":{"prototype":{}}}`,
		"beyond 2^53":        `9007199254740993,1e400,-1e-400,0.1e1`,
		"control characters": `"\u0000\u001f"`,
	} {
		w.send(`42["message",` + args + `]`)
		if f := w.next(); f.data != `42["message-back",`+args+`]` {
			t.Errorf("%s came back as %v", name, f)
		}
	}
	a.barrier(bystander)
}

// Handlers of one client that block stop that client only.
func TestBlockedHandler(t *testing.T) {
	release := make(chan struct{})
	a := serve(t, socketio.Options{MaxInbox: 10}, func(a *app) {
		a.io.Of("/").On("block", func(*socketio.Event) { <-release })
	})
	bystander, w := a.join(), a.join()
	base := heap()
	r := rawWebSocket(t, a.websocket())
	r.write(clientFrame(0x81, []byte("40")))
	eventually(t, "joined", func() bool { return a.io.Of("/").Count() == 3 })
	flood := bytes.Repeat(clientFrame(0x81, []byte(`42["block","`+strings.Repeat("x", 1000)+`"]`)), 100)
	_ = r.conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	written := 0
	for range 1000 { // 100 MB, which must not be taken
		n, err := r.conn.Write(flood)
		written += n
		if err != nil {
			break
		}
	}
	if written > 50<<20 {
		t.Errorf("%d bytes were read", written)
	}
	w.send(`42["block"]`, `42["message","after"]`)
	a.barrier(bystander)
	if now := heap(); now > base+8<<20 {
		t.Errorf("heap %d, was %d", now, base)
	}
	close(release)
	w.expectText(`42["message-back","after"]`)
	r.reset()
}

// A handler that panics loses its packet and nothing else.
func TestPanics(t *testing.T) {
	var mu sync.Mutex
	panics := 0
	a := serve(t, socketio.Options{OnPanic: func(*socketio.Socket, any, []byte) { mu.Lock(); panics++; mu.Unlock() }}, func(a *app) {
		ns := a.io.Of("/")
		ns.On("panic", func(*socketio.Event) { panic("in a handler") })
		ns.On("nil", func(e *socketio.Event) { _ = e.Args[7][0] })
		ns.OnDisconnect(func(*socketio.Socket, socketio.Reason) { panic("in a disconnect handler") })
		a.io.Of("/custom").OnConnect(func(*socketio.Socket) { panic("in a connect handler") })
	})
	w := a.join()
	w.send(`42["panic"]`, `427["panic"]`, `42["nil"]`, `42["message",1]`)
	w.expectText(`42["message-back",1]`)
	a.enter(w, "/custom", "")
	w.send(`42/custom,["message",2]`)
	w.expectText(`42/custom,["message-back",2]`)
	w.close()
	eventually(t, "all panics told", func() bool { mu.Lock(); defer mu.Unlock(); return panics == 5 })
	a.barrier(a.join())
}

// Connections in all and of one address are bounded.
func TestConnectionBounds(t *testing.T) {
	h := engine(t, engineio.Options{MaxConns: 10, MaxConnsPerAddress: -1})
	for range 10 {
		dial(t, h.websocket())
	}
	if _, resp, err := dialRaw(t, h.websocket(), nil); err == nil || resp == nil || resp.StatusCode != 503 {
		t.Errorf("one too many: %v %v", resp, err)
	}
	h = engine(t, engineio.Options{MaxConnsPerAddress: 3})
	for range 2 {
		dial(t, h.websocket())
	}
	w := dial(t, h.websocket())
	if a := request(t, httpClient(t), "GET", h.polling(), nil, nil); a.status != 429 {
		t.Errorf("one too many of an address: %+v", a)
	}
	w.close()
	eventually(t, "room again", func() bool { return request(t, httpClient(t), "GET", h.polling(), nil, nil).status == 200 })
}
