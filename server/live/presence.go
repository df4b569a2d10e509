package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// PresenceStore keeps who is at the desk; *models.Store is one.
type PresenceStore interface {
	Tx(ctx context.Context, fn func(*models.Tx) error) error
	Instant() time.Time
}

// PresenceConfig is what a Presence needs. All but Log are required.
type PresenceConfig struct {
	Store PresenceStore
	// Node is the id of this run.
	Node string
	// Lease is how long the users of this run count as present after it was seen last.
	Lease time.Duration
	// Log is nil for silence.
	Log *zap.Logger
}

// Bounds of a Presence.
const (
	presenceGather  = 100 * time.Millisecond // comings and goings that are written together
	presenceTimeout = 5 * time.Second        // of one transaction
	presenceRetry   = 500 * time.Millisecond
	presenceBeat    = 100 * time.Millisecond // between two renewals at least, however short the lease
)

// reasonShutdown is the reason of sockets that the server itself leaves, in both engines.
const reasonShutdown = "server shutting down"

// Presence writes which users have a socket on this process (contract 5.28). A user
// with several sockets is one. Sockets never wait for it: one goroutine, Run, writes
// what has changed, and keeps what could not be written until it can. It is safe for
// concurrent use; a nil Presence takes no notes.
type Presence struct {
	config PresenceConfig
	wake   chan struct{}

	mu      sync.Mutex
	users   map[int64]*presentUser
	changed map[int64]struct{} // whose rows may say something else

	failures atomic.Int64

	// Run's own.
	due, failing, begun bool
	swept               time.Time
}

// presentUser is a user with sockets, or whose last one is not written off yet.
type presentUser struct {
	sockets int
	at      time.Time // when sockets left or reached zero
	stored  int       // sockets of the row, -1 when there may be none
}

// written reports whether the row says what is. A leaving is always written, for its
// time; then nothing is kept of the user.
func (u *presentUser) written() bool { return u.sockets > 0 && u.sockets == u.stored }

// NewPresence returns a Presence. It panics when a required part is missing, which
// is a mistake of the program and shows at its start.
func NewPresence(c PresenceConfig) *Presence {
	if c.Store == nil || c.Node == "" || c.Lease <= 0 {
		panic("live.NewPresence: the configuration is not complete")
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return &Presence{
		config: c, wake: make(chan struct{}, 1), users: map[int64]*presentUser{}, changed: map[int64]struct{}{}, due: true,
	}
}

// enter notes a socket of the user; user zero is nobody.
func (p *Presence) enter(user int64) {
	if p == nil || user == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.users[user]
	if u == nil {
		u = &presentUser{stored: -1}
		p.users[user] = u
	}
	u.sockets++
	p.changed[user] = struct{}{}
	if u.sockets == 1 {
		u.at = p.config.Store.Instant()
		p.ring()
	}
}

// exit notes the end of a socket that entered. When the server ends, its users do
// not leave: they come back to the next one, and the lease ends for those who do not.
func (p *Presence) exit(user int64, reason string) {
	if p == nil || user == 0 || reason == reasonShutdown {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.users[user]
	if u == nil || u.sockets == 0 {
		return
	}
	u.sockets--
	p.changed[user] = struct{}{}
	// The number alone is not worth a transaction: it goes with the next one.
	if u.sockets == 0 {
		u.at = p.config.Store.Instant()
		p.ring()
	}
}

func (p *Presence) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// PresenceCounts is the state of a Presence.
type PresenceCounts struct {
	// Users have a socket on this process.
	Users int
	// Unwritten users have come or gone, or have another number of sockets, and the
	// store does not know yet.
	Unwritten int
	// Failures counts transactions that failed since the start.
	Failures int64
}

// Counts returns the state as it is now.
func (p *Presence) Counts() PresenceCounts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := PresenceCounts{Failures: p.failures.Load()}
	for _, u := range p.users {
		if !u.written() {
			c.Unwritten++
		}
		if u.sockets > 0 {
			c.Users++
		}
	}
	return c
}
