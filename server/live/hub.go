package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// HubConfig is what a Hub needs from the rest of the house.
type HubConfig struct {
	// Resolve tells who a request speaks for: the zero Identity without an error
	// when nobody is signed in, an error when that cannot be known. Required.
	Resolve func(*http.Request) (middleware.Identity, error)
	// Origin reports whether a request with an Origin header may come in: the
	// matcher that CORS uses. It is not asked when the header is missing
	// (contract 1.1). Nil accepts no request that has an Origin.
	Origin func(*http.Request) bool
	// Limits bounds what one client may do; Connections and those beside it are the
	// engine's affair, see Places.
	Limits Limits
	// SessionOver reports whether the session that the identity came from is known to
	// have ended. Nil believes that none has.
	SessionOver func(ctx context.Context, id middleware.Identity) bool
	// MayWatchClient reports whether the identity, which may be anonymous, may
	// join the room of the client with this document number (contract 5.2). Nil
	// lets nobody.
	MayWatchClient func(ctx context.Context, id middleware.Identity, dni string) bool
	// Console reports whether the identity, which may be anonymous and has the role as it
	// is now, may watch through the admin console. Nil lets nobody.
	Console func(middleware.Identity) bool
	// Watched is called when a socket has begun to watch; it must not wait. Nil: nobody
	// is told.
	Watched func()
	// Notify sends an answer that concerns all sockets of a user. Required.
	Notify func(Message) error
	// Presence notes whose sockets come and go. Nil means that nobody asks.
	Presence *Presence
	// Counters receives what the hub counts. Nil means that nobody looks.
	Counters *Counters
	// Log is nil for silence.
	Log *zap.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Hub is the desk's Handler: it decides who comes in, which rooms a socket is
// in and what its events do (contract 1.2 to 1.6). It is safe for concurrent use.
type Hub struct {
	config     HubConfig
	allowances *allowances
	handshakes *handshakes

	sessionSockets sessionSockets
}

// NewHub returns a Hub. It panics when a required function is missing, which is
// a mistake of the program and shows at its start.
func NewHub(c HubConfig) *Hub {
	if c.Resolve == nil || c.Notify == nil {
		panic("live.NewHub: Resolve and Notify are required")
	}
	if c.Origin == nil {
		c.Origin = func(*http.Request) bool { return false }
	}
	if c.SessionOver == nil {
		c.SessionOver = func(context.Context, middleware.Identity) bool { return false }
	}
	if c.MayWatchClient == nil {
		c.MayWatchClient = func(context.Context, middleware.Identity, string) bool { return false }
	}
	if c.Console == nil {
		c.Console = func(middleware.Identity) bool { return false }
	}
	if c.Watched == nil {
		c.Watched = func() {}
	}
	if c.Counters == nil {
		c.Counters = NewCounters()
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Hub{config: c, allowances: newAllowances(c.Limits), handshakes: newHandshakes(c.Limits)}
}

// Counters returns what the hub counts into; engines share it.
func (h *Hub) Counters() *Counters { return h.config.Counters }

// Handshake uses up one of the handshakes that an address has. Without one left it
// returns how long until the next.
func (h *Hub) Handshake(r *http.Request) (wait time.Duration, ok bool) {
	return h.handshakes.take(r, h.config.Now())
}

// Authorize implements Handler.
func (h *Hub) Authorize(r *http.Request) (middleware.Identity, error) {
	if r.Header.Get("Origin") != "" && !h.config.Origin(r) {
		h.config.Counters.HandshakeFailure(FailureOrigin)
		return middleware.Identity{}, ErrForeignOrigin
	}
	if isHandshake(r) && !isRecheck(r) {
		if wait, ok := h.Handshake(r); !ok {
			h.config.Counters.HandshakeFailure(FailureRate)
			return middleware.Identity{}, &tooManyHandshakes{wait}
		}
	}
	id, err := h.config.Resolve(r)
	if err != nil {
		// Letting it in as anonymous would leave a signed-in page open and deaf.
		h.config.Counters.HandshakeFailure(FailureAuth)
		return middleware.Identity{}, fmt.Errorf("resolve session of socket: %w", err)
	}
	return id, nil
}

// Connected implements Handler.
func (h *Hub) Connected(s Socket) {
	id := s.Identity()
	h.config.Counters.Connect(s.Transport())
	h.allowances.enter(s, id.UserID)
	h.sessionSockets.enter(s, id.SessionID)
	h.config.Presence.enter(id.UserID)
	name, payload := h.greeting(id)
	for _, room := range s.Enter(roomsOf(id), name, payload) {
		h.allowances.watched(s, room)
	}
}

// SessionOver implements Handler.
func (h *Hub) SessionOver(ctx context.Context, id middleware.Identity) bool {
	return h.config.SessionOver(ctx, id)
}

// MayRejoin implements Handler.
func (h *Hub) MayRejoin(ctx context.Context, id middleware.Identity, room string) bool {
	dni, isClient := strings.CutPrefix(room, events.RoomClient(""))
	return isClient && roomworthy(dni) && h.config.MayWatchClient(ctx, id, dni)
}

// roomsOf lists the rooms of a new socket in the order of contract 1.3.
func roomsOf(id middleware.Identity) []string {
	if id.Anonymous() {
		return []string{events.RoomPublic}
	}
	return []string{events.RoomRole(id.Role), events.RoomUser(id.UserID), events.RoomAuthenticated, events.RoomPublic}
}

// greeting is what a signed-in socket is told first (contract 1.4); no name for
// others.
func (h *Hub) greeting(id middleware.Identity) (name string, payload json.RawMessage) {
	if id.Anonymous() {
		return "", nil
	}
	e := events.ConnectionEstablishedEvent
	payload, err := e.Encode(events.ConnectionEstablished{
		Message: "Conectado al servidor", User: id.Username, Role: id.Role,
	})
	if err != nil {
		h.config.Log.Error("welcome event not sent", zap.Error(err))
		return "", nil
	}
	return e.Name(), payload
}

// Disconnected implements Handler.
func (h *Hub) Disconnected(s Socket, reason string) {
	h.allowances.exit(s, s.Identity().UserID)
	h.sessionSockets.exit(s)
	h.config.Presence.exit(s.Identity().UserID, reason)
	h.config.Counters.Disconnect(reason)
	h.config.Log.Debug("socket closed", zap.String("sid", s.ID()), zap.String("reason", reason))
}
