package live

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// nativeAdmin is the namespace of the official Admin UI on the Native engine. It shows
// who is connected, in the UI's own protocol, and never what is sent. While nobody is in
// it, it does nothing and the root namespace knows nothing of it.
type nativeAdmin struct {
	engine  *Native
	config  AdminConfig
	space   *socketio.Namespace
	logins  *adminLogins
	users   userSockets[*adminSocket]
	bound   boundSockets[*adminSocket]
	watch   sync.WaitGroup // the loop that looks
	began   time.Time
	reasons adminReasons

	mu      sync.Mutex // of what follows, and of what is sent to all who look
	looking int
	stop    context.CancelFunc // nil while nobody looks
	picture adminPicture
	totals  Totals // when they were last told
}

func newNativeAdmin(e *Native, c AdminConfig) *nativeAdmin {
	c.check()
	a := &nativeAdmin{engine: e, config: c, space: e.server.Of(AdminNamespace), logins: newAdminLogins(c.Lifetime), began: c.Now()}
	a.space.Use(a.admit)
	a.space.OnConnect(a.connected)
	a.space.OnAny(a.event)
	a.space.OnDisconnect(a.disconnected)
	return a
}

// What a CONNECT is refused with. The page asks for a name and a password at the first.
var (
	errAdminCredentials = &socketio.ConnectError{Message: ErrWrongLogin.Error()}
	errAdminTooMany     = &socketio.ConnectError{Message: ErrTooManyLogins.Error()}
	errAdminFull        = &socketio.ConnectError{Message: "too many admin sockets"}
	errAdminUnavailable = &socketio.ConnectError{Message: "service unavailable"}
)

// admit lets in who has the session of a user who may look, or the name and the password,
// or the id of such a login that goes on.
func (a *nativeAdmin) admit(ctx context.Context, lib *socketio.Socket) error {
	first, ok := lib.Handshake().Value.(*arrival)
	if !ok {
		return errNoArrival
	}
	s := newAdminSocket(a, lib, first)
	if err := a.identify(ctx, s); err != nil {
		if first.refused.Add(1) >= adminAttempts {
			// One more answer would be one more try.
			lib.Conn().Close(engineio.ReasonForcedClose)
		}
		return err
	}
	lib.SetData(s)
	return nil
}

// identify finds out who the socket speaks for. Who gives a name or a password is let in
// by them or not at all.
func (a *nativeAdmin) identify(ctx context.Context, s *adminSocket) error {
	if a.space.Count() >= adminSockets {
		return errAdminFull
	}
	var auth struct{ Username, Password, SessionID string }
	if raw := s.lib.Auth(); raw != nil && json.Unmarshal(raw, &auth) != nil {
		return errAdminCredentials
	}
	now := a.config.Now()
	if auth.Username != "" || auth.Password != "" {
		err := a.config.Login(ctx, s.lib.Conn().RemoteAddr(), auth.Username, auth.Password)
		if err != nil {
			return a.refusal(err)
		}
		s.name = auth.Username
		s.login, s.until = a.logins.begin(now)
		return nil
	}
	if auth.SessionID != "" {
		if until, ok := a.logins.goOn(auth.SessionID, now); ok {
			s.until = until
			return nil
		}
	}
	id := s.first.identity
	if id.Anonymous() || !now.Before(id.ExpiresAt) {
		return errAdminCredentials
	}
	s.identity, s.name, s.changes = id, id.Username, a.engine.changes.Load()
	may, err := a.config.MayLook(ctx, id)
	if err == nil && !may {
		err = ErrWrongLogin
	}
	return a.refusal(err)
}

func (a *nativeAdmin) refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrWrongLogin):
		return errAdminCredentials
	case errors.Is(err, ErrTooManyLogins):
		return errAdminTooMany
	}
	a.config.Log.Warn("admin socket could not be identified", zap.Error(err))
	return errAdminUnavailable
}

// connected runs when the CONNECT reply is queued; the socket's events wait.
func (a *nativeAdmin) connected(lib *socketio.Socket) {
	s, ok := lib.Data().(*adminSocket)
	if !ok {
		lib.Disconnect(false)
		return
	}
	// From here on an end of the session finds it; what came before is caught by another
	// look.
	a.users.add(s.identity.UserID, s)
	a.bound.add(s.identity, s)
	if a.space.Count() > adminSockets || !s.still() {
		s.end(false)
		return
	}
	features := []string{"AGGREGATED_EVENTS", "ALL_EVENTS"}
	if !a.config.ReadOnly {
		features = append(features, "DISCONNECT", "MDISCONNECT")
	}
	if s.login != "" {
		s.tell("session", s.login)
		s.login = ""
	}
	s.tell("config", map[string][]string{"supportedFeatures": features})
	a.enter(s)
}

func (a *nativeAdmin) disconnected(lib *socketio.Socket, reason socketio.Reason) {
	s, ok := lib.Data().(*adminSocket)
	if !ok {
		return
	}
	a.users.remove(s.identity.UserID, s)
	a.bound.remove(s.identity, s)
	a.leave(s)
	a.gone(lib, reason)
	a.config.Log.Debug("admin socket closed", zap.String("sid", lib.ID()), zap.String("reason", string(reason)))
}

// eachSpeaker visits whose sessions let sockets in.
func (a *nativeAdmin) eachSpeaker(visit func(middleware.Identity)) {
	if a != nil {
		a.bound.each(func(s *adminSocket) { visit(s.identity) })
	}
}

// wait returns when nobody looks any more; the sockets are gone by then.
func (a *nativeAdmin) wait() {
	if a != nil {
		a.watch.Wait()
	}
}

// gone is told of the end of each socket, whatever its namespace.
func (a *nativeAdmin) gone(lib *socketio.Socket, reason socketio.Reason) {
	if a != nil {
		a.reasons.note(lib.ID(), string(reason))
	}
}

// endUser ends the sockets that are there by a session of the user.
func (a *nativeAdmin) endUser(userID int64) {
	if a == nil {
		return
	}
	for _, s := range a.users.of(userID) {
		s.end(false)
	}
}

// endRooms ends the sockets that are there by the sessions; with back their clients come
// back by themselves.
func (a *nativeAdmin) endRooms(rooms []string, back bool) {
	if a == nil {
		return
	}
	for _, s := range a.bound.of(rooms) {
		s.end(back)
	}
}
