package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap/zapcore"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

const (
	operator = "7 Operador 70"
	master   = "1 Master 10"
	trader   = "3 Trader 30"
)

// The greeting, then the open requests oldest first, then what happens, once and in
// order; a mute socket gets the greeting alone. Emergencies contract 1.3, 4.2 d, 4.3.
func TestPushOrder(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1), request(2)}
	staff := []*listener{p.dial(speaking(operator), ""), p.dial(speaking(master), "?id_operador=7"), p.dial(speaking(operator), "?id_operador=abc&x=y")}
	mute := []*listener{p.dial(nil, ""), p.dial(speaking(trader), "?id_operador=7")}
	p.listens(3)
	for i := 3; i < 6; i++ {
		p.announce(i, uint64(i))
	}
	p.send(Message{Rooms: []string{events.RoomRole(models.Trader)}, Name: "nueva_solicitud", Payload: json.RawMessage(request(0))})
	p.send(Message{Rooms: deskRooms, Name: "nueva_operacion", Payload: json.RawMessage(`{}`)})
	p.send(Message{Rooms: deskRooms, Except: []string{events.RoomAuthenticated}, Name: "nueva_solicitud", Payload: json.RawMessage(request(0))})
	p.send(Message{Name: "nueva_solicitud", Payload: json.RawMessage(request(0))})
	for _, l := range staff {
		l.wants(request(1), request(2))
		for i := 3; i < 6; i++ {
			l.wants(fmt.Sprintf(`{"type":"nueva_solicitud","data":{"id":%d},"_event_id":"%s"}`, i, eventID(uint64(i))))
		}
		l.quiet()
	}
	for _, l := range mute {
		l.quiet()
	}
	if listening, muted := p.push.Count(); listening != 3 || muted != 2 || p.push.Listeners() != 3 {
		t.Errorf("%d listen, %d are mute", listening, muted)
	}
	if err := p.push.Send(Message{Rooms: deskRooms, Name: "nueva_solicitud", Payload: json.RawMessage(`{`)}); err == nil {
		t.Error("what is not JSON was sent")
	}
}

// The number that a client gives for itself is told back and nothing else.
func TestPushGreeting(t *testing.T) {
	for id, want := range map[int64]string{
		0:  `{"type":"connection","message":"Conectado al canal de emergencias"}`,
		-3: `{"type":"connection","message":"Conectado al canal de emergencias","id_operador":-3}`,
	} {
		if got := string(greeting(id)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What happens while the open requests are read is sent after them; nothing is lost
// however long that takes, not even when it is more than is kept.
func TestPushPending(t *testing.T) {
	for name, burst := range map[string]int{"a few": 3, "more than is kept": maxPending + 10} {
		t.Run(name, func(t *testing.T) {
			p := newPushSite(t)
			p.open = []string{request(1)}
			held, goOn := make(chan struct{}, 10), make(chan struct{})
			p.reading = func() { held <- struct{}{}; <-goOn }
			l := p.dial(speaking(operator), "")
			<-held
			p.mu.Lock()
			for i := range burst {
				p.open = append(p.open, request(100+i))
			}
			p.mu.Unlock()
			for i := range burst {
				p.announce(100+i, 0)
			}
			close(goOn)
			p.listens(1)
			p.announce(9999, 0)
			seen := map[string]bool{}
			for got := ""; got != request(9999); seen[got] = true {
				got = l.next()
			}
			for i := range burst {
				if !seen[request(100+i)] {
					t.Fatalf("request %d is lost", 100+i)
				}
			}
			if !seen[request(1)] {
				t.Error("the open request is lost")
			}
		})
	}
}

// A client that names the last event it has gets what it missed, once, in the order of
// the log; with a place that is not known it is told so and gets the open requests.
func TestPushSince(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1)}
	for i := range uint64(4) {
		name := "nueva_solicitud"
		if i == 2 {
			name = "nueva_operacion" // not of this channel
		}
		p.log = append(p.log, events.Delivery{LoggedEvent: models.LoggedEvent{Seq: int64(i + 1), EventRecord: models.EventRecord{
			ID: eventID(i), Name: name, Rooms: deskRooms, Payload: json.RawMessage(request(int(i))),
		}}})
	}
	l := p.dial(speaking(operator), "?since="+eventID(0))
	for _, i := range []int{1, 3} {
		l.wants(fmt.Sprintf(`{"type":"nueva_solicitud","data":{"id":%d},"_event_id":"%s"}`, i, eventID(uint64(i))))
	}
	l.quiet()
	for _, place := range []string{"unknown", strings.Repeat("x", 2000)} {
		l := p.dial(speaking(operator), "?since="+place)
		if got := l.next(); !strings.HasPrefix(got, `{"type":"resync_required","reason":"`) {
			t.Errorf("got %s", got)
		}
		l.wants(request(1))
		l.quiet()
	}
	p.dial(nil, "?since="+eventID(0)).quiet()
	if got := p.push.Totals().Replays; got[replayLog] != 1 || got[replayResync] != 2 || got[replayOpen] != 0 {
		t.Error(got)
	}
}

// Nothing that a client sends matters, and nothing of it closes the socket.
func TestPushInput(t *testing.T) {
	p := newPushSite(t)
	l := p.dial(speaking(operator), "")
	for _, text := range []string{"", "junk", `{"type":"init","operador_id":"x"}`, `{"type":"ping"`, `[1]`, `null`, "ping", `{"type":"pingg"}`, strings.Repeat("a", 64<<10)} {
		l.say(websocket.MessageText, text)
		l.say(websocket.MessageBinary, text)
	}
	l.say(websocket.MessageBinary, `{"type":"ping"}`)
	l.quiet()
	p.announce(1, 0)
	l.wants(request(1))
	for range 100 {
		l.say(websocket.MessageText, `{ "type" : "ping" }`)
	}
	p.announce(2, 0)
	answers := 0
	for got := l.next(); got != request(2); got = l.next() {
		answers++
	}
	if answers > 3*answersPerSecond {
		t.Errorf("%d answers", answers)
	}
}

// Silence is health: a client that only answers pings stays for as many intervals as it
// likes, and each connection makes one line in the log, at its end.
func TestPushSilence(t *testing.T) {
	p := newPushSite(t, func(c *PushConfig) { c.PingInterval = 100 * time.Millisecond })
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	l := p.dial(speaking(operator), "")
	heard := make(chan string, 10)
	go func() {
		for {
			_, data, err := l.conn.Read(ctx) // answers pings
			if err != nil {
				return
			}
			heard <- string(data)
		}
	}()
	time.Sleep(3 * time.Second)
	p.announce(1, 0)
	if got := <-heard; got != request(1) {
		t.Error(got)
	}
	if n := p.logs.FilterLevelExact(zapcore.InfoLevel).Len(); n != 0 {
		t.Errorf("%d lines while it is open", n)
	}
	stop()
	_ = l.conn.CloseNow()
	line := p.ended("transport close")
	if m := line.ContextMap(); m["sent"] != int64(2) || m["state"] != "listening" || m["address"] != "127.0.0.1" || m["seconds"].(float64) < 2 {
		t.Error(m)
	}
	if n := p.logs.FilterLevelExact(zapcore.InfoLevel).Len(); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// A socket that takes nothing is dropped alone; the others get everything at once.
func TestPushSlowConsumer(t *testing.T) {
	p := newPushSite(t, func(c *PushConfig) { c.WriteTimeout = time.Second })
	stalled := p.dial(speaking(operator), "")
	healthy := p.dial(speaking(master), "")
	p.listens(2)
	body := json.RawMessage(`"` + strings.Repeat("x", 64<<10) + `"`)
	for deadline := time.Now().Add(20 * time.Second); p.push.Listeners() == 2; {
		if time.Now().After(deadline) {
			t.Fatal("it is not dropped")
		}
		p.send(Message{Rooms: deskRooms, Name: "nueva_solicitud", Payload: body})
		if got := healthy.next(); len(got) != len(body) {
			t.Fatal(got)
		}
	}
	p.ended("slow consumer")
	_ = stalled.conn.CloseNow()
	p.announce(1, 0)
	healthy.wants(request(1))
}

// The database is away: sockets are let in and greeted, and get the open requests when
// it is back.
func TestPushWithoutDatabase(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1)}
	p.setDown(true)
	l, nobody := p.dial(speaking(operator), ""), p.dial(nil, "")
	l.quiet()
	p.setDown(false)
	l.wants(request(1))
	p.listens(1)
	nobody.quiet()
}

// A thousand sockets that come back at once share a few readings of the open requests.
func TestPushHerd(t *testing.T) {
	const sockets = 200
	p := newPushSite(t)
	p.open = []string{request(1)}
	release := make(chan struct{})
	p.reading = func() { <-release }
	clients := make([]*listener, sockets)
	for i := range clients {
		clients[i] = p.dial(speaking(operator), "")
	}
	close(release)
	for _, l := range clients {
		l.wants(request(1))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reads > 3 {
		t.Errorf("%d readings", p.reads)
	}
}

// A drain says 1001 to everybody; who comes later is refused and not closed.
func TestPushDrain(t *testing.T) {
	p := newPushSite(t)
	l, mute := p.dial(speaking(operator), ""), p.dial(nil, "")
	p.listens(1)
	done := make(chan error, 1)
	go func() { done <- p.push.Drain(context.Background()) }()
	for _, l := range []*listener{l, mute} {
		if _, _, err := l.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Error(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	p.refused(nil, http.StatusServiceUnavailable)
}
