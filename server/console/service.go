// Package console is the admin console: its REST interface below /console/api/, its
// embedded page, and what it tells live to those who watch, in the room console. While
// nobody watches it counts the times of events and confirmations, and looks at the open
// sockets and the backlog every ten seconds.
package console

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// Tail is what of the tail of the event log is asked; *events.Tail is one.
type Tail interface {
	Position() (ordinal uint64, cursor models.EventCursor)
	At(ordinal uint64) (events.Delivery, bool)
}

// Config is what a Service needs of the assembly. Everything but Trail, Replays,
// Push, PushUsers, Drain and Log is required.
type Config struct {
	Store  *models.Store
	Tail   Tail
	Engine live.Engine
	// Trail is what is known of sockets that came and went; nil: nothing.
	Trail *live.Trail
	// Totals, Guard and Replays are totals since the start; Replays is nil when nothing
	// is replayed, and then nothing is confirmed either.
	Totals  func() live.Totals
	Guard   func() events.GuardCounts
	Replays func() live.ReplayCounts
	// Push counts push sockets; nil when there are none.
	Push func() (listening, mute int)
	// PushUsers visits the users of open push sockets; nil when there are none.
	PushUsers func(visit func(user int64))
	// CSRF gives the token for a page.
	CSRF func(*gin.Context) string
	// Setup is what does not change while the process runs.
	Setup Setup
	// Checks are the parts of the health that only the assembly knows.
	Checks Checks
	// Drain ends the process in order; it returns at once and may be called again. Nil
	// when nothing runs that could be ended.
	Drain func()
	// Log is nil for silence.
	Log *zap.Logger
}

// Setup is what does not change while the process runs.
type Setup struct {
	Node    string
	Version Version
	Started time.Time
	// Readers are roles that may look and do nothing. A Master may do both.
	Readers []models.Role
	// PerMinute is how many actions a minute one user has.
	PerMinute int
	// Retention is how long events are kept; zero when they are not.
	Retention time.Duration
	// SocketPath is the path of the Socket.IO endpoint, PublicURL the server's own URL or
	// empty.
	SocketPath, PublicURL string
	// Emergencies says that the desk of emergencies is served, OpenFor how long a
	// request waits there.
	Emergencies bool
	OpenFor     time.Duration
	// AdminUI says that the namespace of the official Admin UI is served.
	AdminUI bool
}

// Version says what is running.
type Version struct {
	Version   string         `json:"version"`
	Commit    string         `json:"commit"`
	Go        string         `json:"go"`
	StartedAt models.Instant `json:"started_at"`
	UptimeMS  int64          `json:"uptime_ms"`
	OS        string         `json:"os"`
	Arch      string         `json:"arch"`
}

// Service is the console of one process. It is safe for concurrent use; Run must be
// running for anything to be told live.
type Service struct {
	config Config
	access access
	page   *page
	log    *zap.Logger
	class  map[string]events.Class
	limits *middleware.Buckets[int64]

	history          history
	write, confirmed quantiles
	feed             feed
	watching         atomic.Bool
	base             atomic.Pointer[tick] // at the last point of the history
	watched          chan struct{}

	// The loop's own.
	ticks []tick
	nodes nodes
}

// New returns a Service. An error is a fault of the build.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	page, err := newPage(dist, c.Setup.PublicURL)
	if err != nil {
		return nil, err
	}
	s := &Service{
		config: c, access: access{c.Setup.Readers}, page: page, log: c.Log, class: map[string]events.Class{},
		limits:  newActionLimits(c.Setup.PerMinute),
		watched: make(chan struct{}, 1),
	}
	for _, row := range events.All() {
		s.class[row.Name] = row.Class
	}
	return s, nil
}

// Rhythm of what is told live.
const (
	feedEvery   = 250 * time.Millisecond
	nowEvery    = 4 // of feedEvery
	rateTicks   = 5 // over how many ticks of now rates are
	askTimeout  = time.Second
	consoleRoom = events.RoomConsole
)

// Watched is told that a socket began to watch.
func (s *Service) Watched() {
	s.watching.Store(true)
	select {
	case s.watched <- struct{}{}:
	default:
	}
}

// Run tells those who watch, and keeps the history, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	step := time.NewTicker(historyStep)
	defer step.Stop()
	s.sample(s.now())
	var feed *time.Ticker
	var flush <-chan time.Time
	stop := func() {
		if feed != nil {
			feed.Stop()
		}
		feed, flush = nil, nil
	}
	defer stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-step.C:
			s.sample(s.now())
		case <-s.watched:
			if feed == nil {
				feed = time.NewTicker(feedEvery)
				flush, n = feed.C, 0
			}
			s.tellNow(s.now())
		case <-flush:
			if s.config.Engine.Members(consoleRoom) == 0 {
				s.unwatch()
				if !s.watching.Load() {
					stop()
				}
				continue
			}
			s.tellFeed()
			if n++; n%nowEvery == 0 {
				s.tellNow(s.now())
			}
		}
	}
}

// unwatch stops the feed when nobody began to watch meanwhile.
func (s *Service) unwatch() {
	s.watching.Store(false)
	s.feed.take()
	s.ticks = nil
	if s.config.Engine.Members(consoleRoom) > 0 {
		s.watching.Store(true)
	}
}

// send tells those who watch.
func (s *Service) send(name string, payload []byte, err error, latest bool) {
	if err == nil {
		err = s.config.Engine.Send(live.Message{Rooms: []string{consoleRoom}, Name: name, Payload: payload, Latest: latest})
	}
	if err != nil {
		s.log.Error("console not told", zap.String("event", name), zap.Error(err))
	}
}

// Written measures one durable event, from its recording to the sockets.
func (s *Service) Written(took time.Duration) { s.write.observe(s.now(), took) }

// Confirmed measures one confirmation of a client.
func (s *Service) Confirmed(took time.Duration) { s.confirmed.observe(s.now(), took) }

func (s *Service) now() time.Time { return s.config.Store.Instant() }

// instant is a time for JSON, nil for the zero time.
func instant(t time.Time) *models.Instant {
	if t.IsZero() {
		return nil
	}
	at := models.ToInstant(t)
	return &at
}

// round keeps two decimals.
func round(x float64) float64 { return math.Round(x*100) / 100 }
