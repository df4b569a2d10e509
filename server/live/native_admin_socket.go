package live

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// adminSocket is one socket of the Admin UI's namespace.
type adminSocket struct {
	admin    *nativeAdmin
	lib      *socketio.Socket
	first    *arrival
	identity middleware.Identity // whose session let it in; zero for a login
	changes  int64               // of the engine, when the session was looked up
	name     string              // empty for a login that goes on
	login    string              // id of a login that began here, until it is told
	until    time.Time           // the end of the login; zero for a session
	looks    bool                // guarded by admin.mu
	acts     *rate.Limiter
	events   *rate.Limiter
	excess   int // events beyond the limit; of the socket's worker
}

func newAdminSocket(a *nativeAdmin, lib *socketio.Socket, first *arrival) *adminSocket {
	l := a.config.Limits
	return &adminSocket{
		admin: a, lib: lib, first: first,
		acts:   rate.NewLimiter(perMinute(adminActs), adminActs),
		events: rate.NewLimiter(rate.Limit(l.EventsPerSecond), l.EventBurst),
	}
}

// still reports whether the session that let it in does so still, when anything happened
// to sessions meanwhile.
func (s *adminSocket) still() bool {
	a := s.admin
	if s.identity.Anonymous() || a.engine.changes.Load() == s.changes {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	may, err := a.config.MayLook(ctx, s.identity)
	if err != nil {
		a.config.Log.Debug("admin socket could not be identified again", zap.Error(err))
	}
	return may && err == nil
}

// end takes the socket out; nothing that waits is sent any more when the connection is
// its alone. With back the client comes back by itself.
func (s *adminSocket) end(back bool) {
	switch {
	case s.first.socket.Load() != nil:
		s.lib.Disconnect(false)
	default:
		// Without an event there is nothing to encode.
		_ = s.lib.Dismiss(!back, "")
	}
}

// tell sends one event to this socket.
func (s *adminSocket) tell(name string, args ...any) {
	raw, err := encodeArgs(args)
	if err == nil {
		// A client that went away needs no word of it.
		_ = s.lib.EmitRaw(name, raw...)
		return
	}
	s.admin.config.Log.Error("admin event not sent", zap.String("event", name), zap.Error(err))
}

func encodeArgs(args []any) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, 0, len(args))
	for _, arg := range args {
		raw, err := json.Marshal(arg)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

// floods counts an event that the socket sent and reports whether it is one too many.
// Who goes on is closed.
func (s *adminSocket) floods() bool {
	a := s.admin
	if s.events.AllowN(a.config.Now(), 1) {
		return false
	}
	a.config.Limits.exceeded(Excess{Limit: LimitEvents, Address: s.lib.Conn().RemoteAddr(), UserID: s.identity.UserID})
	if s.excess++; s.excess >= strikesAllowed*a.config.Limits.EventBurst {
		s.lib.Conn().Close(engineio.Reason(reasonFlood))
	}
	return true
}
