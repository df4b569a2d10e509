package live

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// SpeakerSockets are sockets that speak for sessions; every Engine has such, and so has a
// Push. The methods are described there.
type SpeakerSockets interface {
	EachSpeaker(visit func(middleware.Identity))
	EndRooms(rooms []string, e Ending)
	DropUser(userID int64, revoke bool)
}

// SessionWatchConfig is what a SessionWatch needs. All but Log are required.
type SessionWatchConfig struct {
	Engine SpeakerSockets
	// States looks sessions and remembered logins up by id.
	States func(ctx context.Context, sessions, remembered []int64) (models.SessionStates, error)
	// Now is the clock of the sessions' ends.
	Now func() time.Time
	// Interval is how often the sessions of open sockets are looked up.
	Interval time.Duration
	// Log is nil for silence.
	Log *zap.Logger
}

// Bounds of a watch.
const (
	expiryStep = 250 * time.Millisecond // how exactly sessions end
	lookUpTime = 5 * time.Second        // for the database
	roleGrace  = 2 * time.Second        // for the event of a change of role to come
)

// SessionWatch ends the sockets of sessions whose time is over, and those of sessions
// of which nobody said that they have ended: the net below the events of the log.
type SessionWatch struct {
	config SessionWatchConfig

	// The loop's own.
	failing bool
	roles   map[int64]string // users whose role is not that of their sockets, and the role that they have
}

// NewSessionWatch returns a SessionWatch. It panics when a required part is missing,
// which is a mistake of the program and shows at its start.
func NewSessionWatch(c SessionWatchConfig) *SessionWatch {
	if c.Engine == nil || c.States == nil || c.Now == nil || c.Interval <= 0 {
		panic("live.NewSessionWatch: the configuration is not complete")
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return &SessionWatch{config: c}
}

// Run watches until ctx ends.
func (w *SessionWatch) Run(ctx context.Context) {
	expiry := time.NewTicker(expiryStep)
	defer expiry.Stop()
	check := time.NewTimer(w.config.Interval)
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			w.Expire()
		case <-check.C:
			w.check(ctx)
			next := w.config.Interval
			if len(w.roles) > 0 {
				next = min(next, roleGrace)
			}
			check.Reset(next)
		}
	}
}

// Expire ends the sockets of sessions whose time is over now; Run does it all the time.
// What has a remembered login comes back by it.
func (w *SessionWatch) Expire() {
	now := w.config.Now()
	var over, renewed []string
	w.config.Engine.EachSpeaker(func(id middleware.Identity) {
		switch {
		case now.Before(id.ExpiresAt):
		case id.SessionID != 0 && id.RememberedID != 0:
			renewed = append(renewed, events.RoomSession(id.SessionID))
		default:
			over = append(over, sessionRooms(id)...)
		}
	})
	if len(renewed) > 0 {
		w.config.Engine.EndRooms(renewed, Ending{Back: true})
	}
	w.end(over, events.EndExpired)
}

// check ends the sockets of sessions that are gone. Sockets of a user who has another
// role come back to get it, when they have had the time to hear of it and did not.
func (w *SessionWatch) check(ctx context.Context) {
	var speakers []middleware.Identity
	w.config.Engine.EachSpeaker(func(id middleware.Identity) { speakers = append(speakers, id) })
	if len(speakers) == 0 {
		w.roles = nil
		return
	}
	var sessions, remembered []int64
	for _, id := range speakers {
		if id.SessionID != 0 {
			sessions = append(sessions, id.SessionID)
		} else {
			remembered = append(remembered, id.RememberedID)
		}
	}
	limited, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	states, err := w.config.States(limited, distinct(sessions), distinct(remembered))
	if err != nil {
		if ctx.Err() == nil && !w.failing {
			w.config.Log.Warn("sessions of open sockets not looked up", zap.Error(err))
		}
		w.failing = true
		return
	}
	w.failing = false
	var gone []string
	roles := map[int64]string{}
	for _, id := range speakers {
		role, alive := roleOf(states, id)
		switch {
		case !alive && id.SessionID != 0:
			gone = append(gone, events.RoomSession(id.SessionID))
		case !alive:
			gone = append(gone, events.RoomRemembered(id.RememberedID))
		case role != id.Role:
			roles[id.UserID] = role
		}
	}
	w.end(gone, events.EndRevoked)
	for user, role := range roles {
		if w.roles[user] == role {
			w.config.Engine.DropUser(user, false)
			delete(roles, user)
		}
	}
	w.roles = roles
}

func (w *SessionWatch) end(rooms []string, reason string) {
	if len(rooms) == 0 {
		return
	}
	name, payload, err := events.SessionEndedEvent(reason)
	if err != nil {
		w.config.Log.Error("end of a session not told", zap.Error(err))
	}
	w.config.Engine.EndRooms(rooms, Ending{Name: name, Payload: payload})
}

// roleOf is the role that the identity's user has now; false when what it came from
// is not alive.
func roleOf(states models.SessionStates, id middleware.Identity) (role string, alive bool) {
	if id.SessionID != 0 {
		role, alive = states.Sessions[id.SessionID]
	} else {
		role, alive = states.Remembered[id.RememberedID]
	}
	return role, alive
}

// SessionRole is the role that the identity's user has now; empty when what it came from is
// not alive.
func SessionRole(states models.SessionStates, id middleware.Identity) string {
	role, _ := roleOf(states, id)
	return role
}

// SessionGone reports whether what the identity came from is not alive.
func SessionGone(states models.SessionStates, id middleware.Identity) bool {
	_, alive := roleOf(states, id)
	return !alive
}

func distinct(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}
