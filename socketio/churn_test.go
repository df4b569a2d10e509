package socketio_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// 2,000 clients connect, join, emit, hear others and leave in every way, while the server broadcasts, moves and
// disconnects. Each that leaves on purpose has got its acks; afterwards nothing is left.
func TestChurn(t *testing.T) {
	const clients, lanes = 2000, 40
	srv, url := serve(t, socketio.Options{Engine: engineio.Options{MaxConnsPerAddress: -1}})
	ns := srv.Of("/")
	var connected, gone atomic.Int64
	ns.OnConnect(func(s *socketio.Socket) {
		connected.Add(1)
		s.OnDisconnect(func(socketio.Reason) { gone.Add(1) })
		s.On("join", func(e *socketio.Event) {
			var room string
			_ = e.Bind(&room)
			s.Join(room, "all")
			_ = s.To(room).Emit("joined", s.ID())
			_ = e.Ack()
		})
	})
	before := runtime.NumGoroutine()
	stop := make(chan struct{})
	var background sync.WaitGroup
	background.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			room := fmt.Sprint("room", i%7)
			_ = ns.To("all", room).Except("muted").Emit("tick", i)
			ns.To(room).Leave("all")
			if i%50 == 0 {
				if found := ns.To(room).Sockets(); len(found) > 0 {
					found[0].Disconnect(i%100 == 0)
				}
			}
			_, _ = ns.To(room).FetchSockets(context.Background())
			runtime.Gosched()
		}
	})
	var running sync.WaitGroup
	for lane := range lanes {
		running.Go(func() {
			for i := lane; i < clients; i += lanes {
				churn(t, url, i)
			}
		})
	}
	running.Wait()
	close(stop)
	background.Wait()
	until(t, "all are gone", func() bool {
		return srv.Count() == 0 && ns.Count() == 0 && len(ns.Rooms()) == 0 && connected.Load() == gone.Load()
	})
	if connected.Load() != clients {
		t.Errorf("%d connected", connected.Load())
	}
	// The web server's idle connections and the parked workers remain.
	until(t, "goroutines have ended", func() bool { return runtime.NumGoroutine() <= before+4*runtime.GOMAXPROCS(0)+8 })
}

// churn is the life of one client, which the server may end at any time.
func churn(t *testing.T, url string, i int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Errorf("client %d: %v", i, err)
		return
	}
	defer ws.CloseNow()
	say := func(text string) { _ = ws.Write(ctx, websocket.MessageText, []byte(text)) }
	acked := 0
	for asked := 0; acked < 3; {
		_, data, err := ws.Read(ctx)
		if err != nil {
			if ctx.Err() != nil {
				t.Errorf("client %d waits: %v", i, err)
			}
			return
		}
		switch text := string(data); {
		case text[0] == '0':
			say("40")
		case text == "2":
			say("3")
		case text == "41":
			return
		case text[:2] == "43":
			acked++
			if asked == acked {
				say(fmt.Sprintf(`42%d["join","room%d"]`, asked, (i+asked)%7))
				asked++
			}
		case text[:2] == "40":
			say(fmt.Sprintf(`42%d["join","room%d"]`, asked, i%7))
			asked++
		}
	}
	if i%3 == 0 {
		say("41")
	}
	if i%3 == 1 {
		_ = ws.Close(websocket.StatusNormalClosure, "")
	}
}
