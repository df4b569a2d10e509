package e2e

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/models"
)

// silence is how long the proxy of these tests bears it, in the place of 60 s: some
// intervals of quickPings.
const silence = 4 * time.Second

// A client that never sends a byte of its own stays open behind a proxy that cuts what
// is silent, for longer than five minutes would be there, and hears the next request
// (emergencies contract 1.6, 4.3 rule 1, 4.4).
func TestPushSilentClientStays(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, quickPings...)
	net := newIdleProxy(t, e.url, silence)
	s := e.olga.pushAt(net.url() + pushPath + "?id_operador=1")
	control := silentConnection(t, net)
	// What is five minutes of pings every 20 s.
	e.eventually("15 pings", func() error {
		if n := s.pings.Load(); n < 15 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	control()
	if !s.open() {
		t.Fatal("the silent client was closed")
	}
	s.hears(e.request())
	if n := net.idled.Load(); n != 1 {
		t.Errorf("the proxy cut %d connections, want only the one that shows that it cuts", n)
	}
	if got := strings.Join(s.types(), " "); got != "connection nueva_solicitud" {
		t.Errorf("it got %s: no text may be sent to keep it alive", got)
	}
}

// silentConnection shows that the proxy cuts: it has no pings.
func silentConnection(t *testing.T, through *cutProxy) (cut func()) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(through.url(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return func() {
		t.Helper()
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("the proxy does not cut a silent connection: %v", err)
		}
	}
}

// A peer that is there but does not answer pings, and says nothing else, is dropped
// after the missed pongs and not before; one that says anything at all stays
// (emergencies contract 4.3 rule 1).
func TestPushDropsOnlyTheDead(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, "RELEVO_PUSH_PING_INTERVAL=2s")
	mute, talks := e.pushIntruder(e.olga), e.pushIntruder(e.olga)
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = talks.write(frame(0x81, "still here"))
			}
		}
	}()
	e.counts(2)
	if err := mute.gone(); err != nil {
		t.Errorf("a peer that answers no ping: %v", err)
	}
	e.counts(1)
	close(stop)
	<-over
	if err := talks.gone(); err != nil {
		t.Errorf("a peer that has fallen silent: %v", err)
	}
	e.counts(0)
	// "talks" outlived "mute" only by what it said.
	if n := e.sum("relevo_push_disconnects_total{"); n != 2 {
		t.Errorf("%d disconnects counted, want 2", n)
	}
}

// pushIntruder is a connection whose every byte is the test's own: it answers nothing.
func (p *process) pushIntruder(w *person) *intruder {
	p.t.Helper()
	i, err := p.call()
	if err == nil {
		err = i.upgrade(pushPath, w.cookie())
	}
	if err != nil {
		p.t.Fatalf("push intruder: %v", err)
	}
	return i
}

// Whatever a client sends is read and thrown away, up to the limit: text, JSON of older
// builds, garbage, binary, empty frames, a flood of all that. Only {"type":"ping"} is answered
// (emergencies contract 1.5, 4.3 rule 2, 4.4).
func TestPushBearsAnything(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	s := e.olga.push("")
	said := []struct {
		kind websocket.MessageType
		text string
	}{
		{websocket.MessageText, "ping"}, {websocket.MessageText, ""}, {websocket.MessageText, "}{"}, {websocket.MessageText, "null"},
		{websocket.MessageText, `{"type":"init","operador_id":"x"}`}, {websocket.MessageText, `{"type":"test"}`},
		{websocket.MessageText, `{"type":"message","data":{"a":[1]},"timestamp":1700000000000}`},
		{websocket.MessageText, `42["nueva_solicitud",{}]`}, {websocket.MessageText, `{"type":{"type":"ping"}}`},
		{websocket.MessageText, strings.Repeat("[", 60<<10)}, {websocket.MessageText, strings.Repeat("x", 64<<10)},
		{websocket.MessageBinary, "\x00\xff\xfe"}, {websocket.MessageBinary, ""}, {websocket.MessageBinary, `{"type":"init"}`},
		{websocket.MessageBinary, strings.Repeat("\x00", 64<<10)},
	}
	for _, m := range said {
		s.say(m.kind, m.text)
	}
	for range 2000 {
		s.say(websocket.MessageText, `{"type":"init","operador_id":"x"}`)
	}
	s.barrier()
	s.hears(e.request())
	if got := strings.Join(s.types(), " "); got != "connection pong nueva_solicitud" {
		t.Errorf("it got %s", got)
	}
	// One byte more is not borne, and says so.
	s.say(websocket.MessageText, strings.Repeat("x", 64<<10+1))
	if code, err := s.end(); code != websocket.StatusMessageTooBig {
		t.Errorf("65537 bytes end it with %v, want 1009", err)
	}
	again := e.olga.push("")
	again.hears(1)
}

// Both names, with slashes at the end and doubled, whatever the operator's number, with
// and without an Origin: taken at once, never redirected. Anything else is refused before
// it is a socket (emergencies contract 1.1, 1.2, 4.3 rules 4, 5 and 10, 4.4).
func TestPushHandshakes(t *testing.T) {
	t.Parallel()
	const page = "http://127.0.0.1:3000"
	e := openEmergencies(t, models.SQLite, "RELEVO_CORS_ORIGINS="+page)
	request := e.request()
	for _, path := range []string{
		"/ws/emergencias", "/ws/emergencias/", "//ws/emergencias", "//ws//emergencias//", "/ws///emergencias",
		"/ws/operadores-emergencia", "/ws/operadores-emergencia/", "//ws/operadores-emergencia",
	} {
		s := e.olga.pushAt(e.url + path)
		s.hears(request)
		if first := s.all()[0]; first.Type != "connection" || strings.Contains(first.raw, "id_operador") {
			t.Errorf("%s greets with %s", path, first.raw)
		}
	}
	for query, echoed := range map[string]string{
		"?id_operador=7": `"id_operador":7`, "?id_operador=-3": `"id_operador":-3`,
		"?id_operador=abc": "", "?id_operador=": "", "?id_operador": "", "?id_operador=0": "", "?id_operador=1.5": "", "?id_operador=1?id_operador=2": "",
		"?id_operador=99999999999999999999": "", "?id_operador=%zz": "", "?a=b?id_operador=1": "", "?id_operador=7&x=1": `"id_operador":7`, "?": "",
	} {
		s := e.olga.push(query)
		s.hears(request)
		switch first := s.all()[0].raw; {
		case echoed == "" && strings.Contains(first, "id_operador"), !strings.Contains(first, echoed):
			t.Errorf("%s is greeted with %s, want %q in it", query, first, echoed)
		}
	}
	for origin, status := range map[string]int{"": 0, page: 0, e.url: 0, "http://127.0.0.1:3001": 403, "null": 403, "https://evil.example": 403} {
		header := http.Header{"Cookie": {e.olga.cookie()}}
		if origin != "" {
			header.Set("Origin", origin)
		}
		s, err := dialPush(t, "a page of "+origin, e.url+pushPath, header)
		if got := refusal(err); got != status || (err != nil) != (status != 0) {
			t.Errorf("Origin %q: %v, want status %d", origin, err, status)
		}
		if s != nil {
			s.hears(request)
		}
	}
	for _, path := range []string{"/ws", "/ws/", "/ws/emergencia", "/ws/emergencias/1", "/ws/solicitantes/1", "/ws/ambulancias/1"} {
		if _, err := dialPush(t, path, e.url+path, nil); refusal(err) < 400 {
			t.Errorf("%s: %v, want a refusal", path, err)
		}
	}
	if r := e.olga.send("GET", pushPath, nil); r.status < 400 || r.status >= 500 {
		t.Errorf("a plain GET is answered with %d", r.status)
	}
}
