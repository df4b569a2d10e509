package engineio

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/coder/websocket"
	"github.com/relevo/relevo/socketio/internal/ws"
)

// The goroutine that reads is replaced after the first message and whenever the client
// has been quiet; nothing is lost or reordered around it, and none is left behind.
func TestReaderRenewed(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{PingInterval: 20 * time.Millisecond, PingTimeout: 10 * time.Second}})
	w := h.dial("")
	var want []string
	for round := range 4 {
		for range 3 { // more pongs than make a client quiet
			if ping := read(t, w); ping != "2" {
				t.Fatalf("ping %q", ping)
			}
			write(t, w, "3")
		}
		for i := range 50 {
			m := fmt.Sprint(round, i)
			want = append(want, m)
			write(t, w, "4"+m)
		}
	}
	s := h.session(0)
	eventually(t, "all messages", func() bool { return len(s.messages()) >= len(want) })
	if got := s.messages(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	_ = w.Close(websocket.StatusNormalClosure, "")
	s.ended(ReasonTransportClose)
	eventually(t, "held", func() bool { return h.engine.held.Load() == 0 })
}

// When all have left, nothing holds what they were.
func TestMemoryReturns(t *testing.T) {
	h := serve(t, siteOptions{Options: Options{PingInterval: time.Hour}})
	const clients = 50
	var conns []weak.Pointer[Conn]
	var links []weak.Pointer[link]
	for i := range clients {
		nc, _ := h.dialTCP()
		_, _ = nc.Write(clientFrame(ws.Text, "4hello"))
		s := h.session(i)
		eventually(t, "message", func() bool { return len(s.messages()) == 1 })
		conns = append(conns, weak.Make(s.conn))
		links = append(links, weak.Make(s.conn.link))
		_ = nc.Close()
	}
	eventually(t, "left", func() bool { return h.engine.Count() == 0 && h.engine.held.Load() == 0 })
	h.mu.Lock()
	h.sessions = nil
	h.mu.Unlock()
	eventually(t, "memory", func() bool {
		runtime.GC()
		left := 0
		for i := range conns {
			if conns[i].Value() != nil || links[i].Value() != nil {
				left++
			}
		}
		return left <= 1 // this function's stack may name the last one
	})
}
