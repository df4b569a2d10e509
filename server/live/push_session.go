package live

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// MoveUser gives the user's sockets the role whose room they join: they go on, wake or
// fall mute by it. Without one they are without a role, and mute.
func (p *Push) MoveUser(userID int64, leave, join []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	for _, s := range p.users.of(userID) {
		id := s.identity
		if role, ok := newRole(leave, join, id.Role); ok {
			id.Role = role
			p.decide(s, id)
		}
	}
}

// EndRooms tells the sockets of the sessions that the rooms name that these are over,
// and takes from them what only the session gave; they stay open. With Ending.Back
// nothing is said: the browser has another session, or will have.
func (p *Push) EndRooms(rooms []string, e Ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	for _, s := range p.bound.of(rooms) {
		id := s.identity
		if e.Back && id.RememberedID != 0 && !slices.Contains(rooms, events.RoomRemembered(id.RememberedID)) {
			// The remembered login stands in for the session.
			id.SessionID, id.ExpiresAt = 0, p.config.Now().Add(rememberedGrace)
			p.decide(s, id)
			p.doubt(s)
			continue
		}
		if !e.Back && e.Name != "" && s.phase != pushMute {
			s.say(typed(e.Name, e.Payload))
		}
		p.decide(s, middleware.Identity{})
		if e.Back {
			p.doubt(s)
		}
	}
}

// rememberedGrace is how long a remembered login is believed that is looked up.
const rememberedGrace = time.Hour

// DropUser has the user's sockets looked up again, which stay open; with revoke they are
// nobody's before that.
func (p *Push) DropUser(userID int64, revoke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	for _, s := range p.users.of(userID) {
		if revoke {
			p.decide(s, middleware.Identity{})
		} else {
			p.doubt(s)
		}
	}
}

// EachSpeaker visits who each socket of a session speaks for, in no order. visit must
// not call the Push.
func (p *Push) EachSpeaker(visit func(middleware.Identity)) {
	p.bound.each(func(s *pushSocket) { visit(s.identity) })
}

// reasonElsewhere ends a socket whose visitor signed in from another address: see
// ErrSignedInElsewhere.
const reasonElsewhere = "signed in elsewhere"

// Wake has those sockets looked up that a visitor has opened and that speak for nobody:
// it has begun a session. What the database says of it then counts, because the session
// may be over again.
func (p *Push) Wake(visitor string) { p.doubtVisitors([]string{visitor}) }

// Run looks, every interval until ctx ends, for the sessions of visitors whose sockets
// nobody has woken: they signed in at another process. signedIn returns those among the
// visitors who have begun a session.
func (p *Push) Run(ctx context.Context, every time.Duration, signedIn func(ctx context.Context, visitors []string) ([]string, error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting := p.anonymousVisitors()
		if len(waiting) == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, lookUpTimeout)
		found, err := signedIn(limited, waiting)
		cancel()
		if err != nil && ctx.Err() == nil && !failing {
			p.config.Log.Warn("visitors of mute push sockets not looked up", zap.Error(err))
		}
		failing = err != nil
		if len(found) > 0 {
			p.doubtVisitors(found)
		}
	}
}

// anonymousVisitors are those who have a socket that speaks for nobody.
func (p *Push) anonymousVisitors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for visitor, sockets := range p.visitors {
		for s := range sockets {
			if s.identity.Anonymous() {
				out = append(out, visitor)
				break
			}
		}
	}
	return out
}

func (p *Push) doubtVisitors(visitors []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes++
	for _, visitor := range visitors {
		for s := range p.visitors[visitor] {
			if s.identity.Anonymous() {
				p.doubt(s)
			}
		}
	}
}
