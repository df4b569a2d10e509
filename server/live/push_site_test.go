package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// pushSite is a Push under test, with what the database would say.
type pushSite struct {
	t    *testing.T
	push *Push
	url  string
	logs *observer.ObservedLogs

	mu      sync.Mutex
	down    bool                           // the database
	open    []string                       // the open requests
	reading func()                         // called in each reading of them
	signed  map[string]middleware.Identity // sessions by visitor
	away    map[string]bool                // visitors that are at another address
	log     []events.Delivery
	reads   int
}

func newPushSite(t *testing.T, change ...func(*PushConfig)) *pushSite {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	p := &pushSite{t: t, logs: logs, signed: map[string]middleware.Identity{}, away: map[string]bool{}}
	c := PushConfig{
		Resolve: p.resolve, Speaker: p.speaker, Open: p.openRequests, Since: p.since,
		Origin:  func(r *http.Request) bool { return r.Header.Get("Origin") == ownOrigin },
		Visitor: func(_ http.ResponseWriter, r *http.Request) string { return r.Header.Get("X-Visitor") },
		Access:  PushSession, Roles: []string{models.Operador, models.Master}, Log: zap.New(core),
	}
	for _, f := range change {
		f(&c)
	}
	p.push = NewPush(c)
	server := httptest.NewServer(p.push)
	p.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
		defer cancel()
		if err := p.push.Drain(ctx); err != nil {
			t.Error(err)
		}
		if listening, mute := p.push.Count(); listening+mute != 0 {
			t.Errorf("%d and %d sockets are left", listening, mute)
		}
		server.Close()
	})
	return p
}

var errPushDown = errors.New("the database is down")

func (p *pushSite) setDown(down bool) { p.mu.Lock(); p.down = down; p.mu.Unlock() }

// resolve believes a header "id role session".
func (p *pushSite) resolve(r *http.Request) (middleware.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return middleware.Identity{}, errPushDown
	}
	var id middleware.Identity
	_, _ = fmt.Sscan(r.Header.Get("X-User"), &id.UserID, &id.Role, &id.SessionID, &id.RememberedID)
	return id, nil
}

func (p *pushSite) speaker(_ context.Context, who PushSpeaker) (middleware.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return middleware.Identity{}, errPushDown
	}
	if p.away[who.Visitor] {
		return middleware.Identity{}, ErrSignedInElsewhere
	}
	return p.signed[who.Visitor], nil
}

// signIn begins a session of a visitor at this process.
func (p *pushSite) signIn(visitor string, id middleware.Identity) {
	p.mu.Lock()
	p.signed[visitor] = id
	p.mu.Unlock()
	p.push.Wake(visitor)
}

func (p *pushSite) openRequests(context.Context) ([]json.RawMessage, error) {
	p.mu.Lock()
	reading := p.reading
	p.reads++
	down := p.down
	var out []json.RawMessage
	for _, body := range p.open {
		out = append(out, json.RawMessage(body))
	}
	p.mu.Unlock()
	if reading != nil {
		reading()
	}
	if down {
		return nil, errPushDown
	}
	return out, nil
}

func (p *pushSite) since(_ context.Context, place string, v events.Viewer) ([]events.Delivery, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, d := range p.log {
		if d.ID != place {
			continue
		}
		var out []events.Delivery
		for _, d := range p.log[i+1:] {
			if v.Sees(d.Seq, d.EventRecord) {
				out = append(out, d)
			}
		}
		return out, true, nil
	}
	return nil, false, nil
}

// request is a message of the table.
func request(id int) string { return fmt.Sprintf(`{"type":"nueva_solicitud","data":{"id":%d}}`, id) }

var deskRooms = []string{events.RoomRole(models.Operador), events.RoomRole(models.Master), events.RoomEmergencies}

// announce commits a request and delivers it; ordinal 0 is one that is not of the log.
func (p *pushSite) announce(id int, ordinal uint64) {
	p.t.Helper()
	m := Message{Rooms: deskRooms, Name: "nueva_solicitud", Payload: json.RawMessage(request(id)), Mark: ordinal}
	if ordinal > 0 {
		m.Offset = eventID(ordinal) + "_cursor"
	}
	p.send(m)
}

func eventID(ordinal uint64) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", ordinal) }

func (p *pushSite) send(m Message) {
	p.t.Helper()
	if err := p.push.Send(m); err != nil {
		p.t.Fatal(err)
	}
}

// listener is a client; it is greeted already.
type listener struct {
	t    *testing.T
	conn *websocket.Conn
}

func (p *pushSite) dial(header http.Header, query string) *listener {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, p.url+"/ws/emergencias"+query, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		p.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	p.t.Cleanup(func() { _ = conn.CloseNow() })
	l := &listener{p.t, conn}
	if got := l.next(); !strings.HasPrefix(got, `{"type":"connection","message":"`) {
		p.t.Fatalf("greeted with %s", got)
	}
	return l
}

// speaking is the header of a session: "id role session" and, as needed, a remembered
// login.
func speaking(who string) http.Header { return http.Header{"X-User": {who}} }

func visiting(visitor string) http.Header { return http.Header{"X-Visitor": {visitor}} }

func (l *listener) next() string {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
	defer cancel()
	_, data, err := l.conn.Read(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(data)
}

func (l *listener) wants(messages ...string) {
	l.t.Helper()
	for _, want := range messages {
		if got := l.next(); got != want {
			l.t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func (l *listener) say(kind websocket.MessageType, text string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
	defer cancel()
	if err := l.conn.Write(ctx, kind, []byte(text)); err != nil {
		l.t.Fatal(err)
	}
}

// quiet asserts that nothing has been sent since: the answer to a ping comes next.
func (l *listener) quiet() {
	l.t.Helper()
	l.say(websocket.MessageText, `{"type":"ping"}`)
	l.wants(`{"type":"pong"}`)
}

// listens waits until so many sockets listen and have caught up.
func (p *pushSite) listens(n int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%d listeners", n), func() bool {
		p.push.mu.Lock()
		defer p.push.mu.Unlock()
		live := 0
		for s := range p.push.listening {
			if s.phase == pushLive {
				live++
			}
		}
		return live == n && len(p.push.listening) == n
	})
}

func (p *pushSite) refused(header http.Header, want int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, p.url+"/ws/emergencias", &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		_ = conn.CloseNow()
		p.t.Fatal("accepted")
	}
	if resp == nil || resp.StatusCode != want {
		p.t.Errorf("%v %v, want %d", resp, err, want)
	}
}

func (p *pushSite) ended(reason string) *observer.LoggedEntry {
	p.t.Helper()
	var found *observer.LoggedEntry
	eventually(p.t, "log line "+reason, func() bool {
		for _, e := range p.logs.FilterMessage("push socket closed").All() {
			if e.ContextMap()["reason"] == reason {
				found = &e
				return true
			}
		}
		return false
	})
	return found
}
