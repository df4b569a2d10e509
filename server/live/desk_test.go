package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

const (
	ownOrigin = "https://desk.example"
	other     = "https://elsewhere.example"
)

// deskWatches is how many client rooms a socket may ask for at once.
const deskWatches = 10

// desk is one server under test.
type desk struct {
	t        *testing.T
	url      string
	engine   Engine
	hub      *Hub
	counters *Counters
	places   *Places
	logs     *observer.ObservedLogs
	mayWatch func(id middleware.Identity, dni string) bool
	onEvent  func(s Socket, name string)
	onAuth   func(r *http.Request, id *middleware.Identity) error
	isOver   func(id middleware.Identity) bool
	console  func(id middleware.Identity) bool
	watched  atomic.Int64

	mu     sync.Mutex
	limits Limits
	// standing stops the clock of the hub.
	standing bool
	over     map[string]int // refusals, by limit

	seen  []string // inbound events and ends, as the Handler saw them
	watch map[string]bool
}

// Event notes and forwards to the hub.
func (d *desk) Event(s Socket, name string, args []json.RawMessage) bool {
	if d.onEvent != nil {
		d.onEvent(s, name)
	}
	d.mu.Lock()
	if len(args) > 0 {
		d.seen = append(d.seen, name+" "+string(args[0]))
	} else {
		d.seen = append(d.seen, name)
	}
	d.mu.Unlock()
	return d.hub.Event(s, name, args)
}

func (d *desk) Authorize(r *http.Request) (middleware.Identity, error) { return d.hub.Authorize(r) }
func (d *desk) SessionOver(ctx context.Context, id middleware.Identity) bool {
	return d.hub.SessionOver(ctx, id)
}
func (d *desk) Connected(s Socket) { d.hub.Connected(s) }
func (d *desk) MayRejoin(ctx context.Context, id middleware.Identity, room string) bool {
	return d.hub.MayRejoin(ctx, id, room)
}
func (d *desk) Disconnected(s Socket, reason string) {
	d.hub.Disconnected(s, reason)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, "gone "+reason)
}

func (d *desk) saw() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.seen...)
}

// resolve reads who speaks from the header X-User: "<id> <role>".
func (d *desk) resolve(r *http.Request) (middleware.Identity, error) {
	if r.Header.Get("X-Broken") != "" {
		return middleware.Identity{}, errors.New("database is down")
	}
	var id middleware.Identity
	if user := r.Header.Get("X-User"); user != "" {
		number, role, _ := strings.Cut(user, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return id, err
		}
		id = middleware.Identity{UserID: n, Role: role, Username: "user" + number}
	}
	if d.onAuth != nil {
		if err := d.onAuth(r, &id); err != nil {
			return middleware.Identity{}, err
		}
	}
	return id, nil
}

func newDesk(t *testing.T, open opener, change ...func(*desk, *Options)) *desk {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	d := &desk{t: t, logs: logs, counters: NewCounters(), watch: make(map[string]bool), over: make(map[string]int)}
	o := Options{Counters: d.counters, Log: zap.New(core)}
	d.limits = Limits{ClientRooms: 32, ClientRoomsPerMinute: deskWatches, RefreshesPerMinute: 60}
	for _, c := range change {
		c(d, &o)
	}
	d.limits.Exceeded = func(e Excess) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.over[e.Limit]++
	}
	o.Places = NewPlaces(d.limits)
	d.places = o.Places
	d.hub = NewHub(HubConfig{
		Resolve: d.resolve,
		Origin:  func(r *http.Request) bool { return r.Header.Get("Origin") == ownOrigin },
		MayWatchClient: func(_ context.Context, id middleware.Identity, dni string) bool {
			return d.mayWatch != nil && d.mayWatch(id, dni)
		},
		Limits: d.limits,
		Now: func() time.Time {
			if d.standing {
				return time.Unix(1_700_000_000, 0)
			}
			return time.Now()
		},
		Console: d.console, Watched: func() { d.watched.Add(1) },
		SessionOver: func(_ context.Context, id middleware.Identity) bool { return d.isOver != nil && d.isOver(id) },

		Notify:   func(m Message) error { return d.engine.Send(m) },
		Counters: d.counters, Log: o.Log,
	})
	d.engine = open(t, d, o)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", d.engine)
	server := httptest.NewServer(mux)
	d.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
		defer cancel()
		if err := d.engine.Drain(ctx); err != nil {
			t.Errorf("drain at the end: %v", err)
		}
		if err := server.Config.Shutdown(ctx); err != nil {
			t.Errorf("shutdown at the end: %v", err)
		}
		server.Close()
	})
	return d
}

func user(id int, role string) http.Header {
	return http.Header{"X-User": {fmt.Sprintf("%d %s", id, role)}}
}

// connect joins over the transport; no header means anonymous.
func (d *desk) connect(transport string, header http.Header) *livetest.Client {
	d.t.Helper()
	c, err := livetest.Connect(d.t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: header})
	if err != nil {
		d.t.Fatalf("connect: %v", err)
	}
	d.t.Cleanup(c.Close)
	return c
}

// greeted is connect for a signed-in user, past the welcome event.
func (d *desk) greeted(transport string, id int, role string) *livetest.Client {
	d.t.Helper()
	c := d.connect(transport, user(id, role))
	if _, err := c.WaitEvent(d.t.Context(), events.ConnectionEstablishedEvent.Name()); err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) send(m Message) {
	d.t.Helper()
	if m.Name == "" {
		m.Name = "tick"
	}
	if m.Payload == nil {
		m.Payload = json.RawMessage(`{}`)
	}
	if err := d.engine.Send(m); err != nil {
		d.t.Fatal(err)
	}
}

func barrier(t *testing.T, clients ...*livetest.Client) {
	t.Helper()
	for _, c := range clients {
		if err := c.Barrier(t.Context()); err != nil {
			t.Fatalf("barrier: %v", err)
		}
	}
}

// count is how often the named event has come.
func count(c *livetest.Client, name string) int {
	n := 0
	for _, got := range c.Names() {
		if got == name {
			n++
		}
	}
	return n
}

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(livetest.Patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, livetest.Patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// loud fails for log lines above debug.
func (d *desk) loud() {
	d.t.Helper()
	for _, l := range d.logs.All() {
		if l.Level > zapcore.DebugLevel {
			d.t.Errorf("log line above debug: %s %s %v", l.Level, l.Message, l.ContextMap())
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	return len(entries)
}

var transportsUnderTest = []string{"websocket", "polling"}
