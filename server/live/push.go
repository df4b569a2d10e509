package live

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// PushAccess is who may listen on a push socket (emergencies contract 4.2).
type PushAccess string

// The modes of push.access.
const (
	// PushSession: who has a session with a role of PushConfig.Roles.
	PushSession PushAccess = "session"
	// PushNetwork: besides, who comes from one of PushConfig.Networks.
	PushNetwork PushAccess = "network"
	// PushOpen: everybody.
	PushOpen PushAccess = "open"
)

// PushConfig is what a Push needs from the rest of the house. Resolve, Speaker and Open
// are required.
type PushConfig struct {
	// Resolve tells who a handshake speaks for: the zero Identity without an error when
	// nobody is signed in, an error when that cannot be known now.
	Resolve func(*http.Request) (middleware.Identity, error)
	// Speaker tells who a socket speaks for later, from what it stood for and from the
	// visitor who opened it.
	Speaker func(context.Context, PushSpeaker) (middleware.Identity, error)
	// Origin is asked for a request with an Origin header. Nil accepts none.
	Origin func(*http.Request) bool
	// Visitor is the browser of a handshake as sign-ins will name it; it may put a
	// cookie into the answer. "" is a client that cannot be woken. Nil: all are such.
	Visitor func(http.ResponseWriter, *http.Request) string
	// Handshake counts a handshake of an address. Nil: there may be any number.
	Handshake func(*http.Request) (wait time.Duration, ok bool)
	// Address names the client of a handshake. Required with Networks.
	Address func(*http.Request) string
	// Places is asked for each connection. Nil: there is always one.
	Places *Places

	// Access, Networks and Roles say who listens.
	Access   PushAccess
	Networks middleware.Networks
	Roles    []string

	// Open reads the open requests as messages, oldest first.
	Open func(context.Context) ([]json.RawMessage, error)
	// Since reads what a viewer has missed since a place, as events of the log that this
	// process has delivered already. whole is false when that is not to be had. Nil: it
	// never is.
	Since func(ctx context.Context, place string, v events.Viewer) (missed []events.Delivery, whole bool, err error)

	// PingInterval is the time between two pings (20 s), Missed how many in a row may
	// stay without an answer (2), MaxMessage the longest message that is read (64 KiB),
	// WriteTimeout the time without progress of a write (10 s).
	PingInterval time.Duration
	Missed       int
	MaxMessage   int64
	WriteTimeout time.Duration

	// Log is nil for silence, Now the clock, nil for time.Now.
	Log *zap.Logger
	Now func() time.Time
}

// Push is the server of push sockets: plain WebSockets over which the emergencies desk
// only listens. A socket lives as long as its client: it is mute while it may not
// listen, and is never closed for that (emergencies contract 4.3). It is safe for
// concurrent use.
type Push struct {
	config  PushConfig
	server  *pushServer
	names   map[string]bool // of the events that are pushed
	opens   *openReads
	counts  PushCounters
	changed chan struct{}

	draining atomic.Bool
	ctx      context.Context // of what goes on beside the sockets
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu        sync.Mutex
	sockets   map[*pushSocket]struct{}
	listening map[*pushSocket]struct{} // those that are not mute
	users     userSockets[*pushSocket]
	bound     boundSockets[*pushSocket]
	visitors  map[string]map[*pushSocket]struct{}
	// changes counts what is told of sessions and users. Who was looked up before the
	// latest change is looked up again.
	changes int64
	closed  bool // nothing begins any more
}

// NewPush returns a Push. It panics when a required function is missing, which is a
// mistake of the program and shows at its start.
func NewPush(c PushConfig) *Push {
	c = c.withDefaults()
	p := &Push{
		config: c, names: map[string]bool{}, changed: make(chan struct{}, 1),
		sockets: map[*pushSocket]struct{}{}, listening: map[*pushSocket]struct{}{}, visitors: map[string]map[*pushSocket]struct{}{},
	}
	for _, row := range events.All() {
		p.names[row.Name] = p.names[row.Name] || row.Push
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.opens = newOpenReads(p.ctx, &p.running, c.Open)
	p.server = newPushServer(p)
	return p
}

func (c PushConfig) withDefaults() PushConfig {
	if c.Resolve == nil || c.Speaker == nil || c.Open == nil || len(c.Networks) > 0 && c.Address == nil {
		panic("live.NewPush: the configuration is not complete")
	}
	if c.Origin == nil {
		c.Origin = func(*http.Request) bool { return false }
	}
	if c.Visitor == nil {
		c.Visitor = func(http.ResponseWriter, *http.Request) string { return "" }
	}
	if c.Handshake == nil {
		c.Handshake = func(*http.Request) (time.Duration, bool) { return 0, true }
	}
	if c.Address == nil {
		c.Address = Limits{}.address
	}
	if c.PingInterval <= 0 {
		c.PingInterval = 20 * time.Second
	}
	if c.Missed <= 0 {
		c.Missed = 2
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = 64 << 10
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Send delivers an event of the table that is pushed to the sockets of its rooms; every
// other event is none of its business. It never blocks on a peer.
func (p *Push) Send(m Message) error {
	if !p.names[m.Name] || len(m.Rooms) == 0 {
		return nil
	}
	message, err := newPushMessage(m)
	if err != nil {
		return err
	}
	batch := p.server.batch()
	p.mu.Lock()
	for s := range p.listening {
		if s.hears(m) {
			s.take(batch, message)
		}
	}
	p.mu.Unlock()
	batch.flush()
	return nil
}

// Listeners is the number of sockets that are not mute.
func (p *Push) Listeners() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.listening)
}

// ListenersChanged gets a value after the first socket begins to listen and after the
// last one ends. It has one reader, which asks Listeners.
func (p *Push) ListenersChanged() <-chan struct{} { return p.changed }

// Count is the number of sockets of this process that listen, and that are mute.
func (p *Push) Count() (listening, mute int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.listening), len(p.sockets) - len(p.listening)
}

// Drain closes all sockets with 1001, refuses new ones, and returns when all are gone or
// ctx ends.
func (p *Push) Drain(ctx context.Context) error {
	p.draining.Store(true)
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	err := p.server.drain(ctx)
	p.running.Wait()
	return err
}
