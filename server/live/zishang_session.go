package live

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/socket.io/v2/socket"
	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

const (
	// recheckTimeout bounds the second look at the identity of a connecting socket.
	recheckTimeout = 5 * time.Second
	// lastAnswer bounds how long a poll outlives its session.
	lastAnswer = 250 * time.Millisecond
)

type sessionKey struct{}

// zishangSession is one Engine.IO session, from its handshake request on.
type zishangSession struct {
	identity middleware.Identity
	changes  int64
	request  *http.Request
	conn     atomic.Pointer[engine.Socket]
	reason   atomic.Pointer[string]
	release  func()      // gives its place back
	ending   atomic.Bool // its last words are on the way, or gone
	// over ends the session's polls; the library forgets one that arrives while
	// it closes the session.
	over context.Context
	stop context.CancelFunc
}

func newZishangSession(id middleware.Identity, changes int64, r *http.Request) *zishangSession {
	z := &zishangSession{identity: id, changes: changes, request: r, release: func() {}}
	z.over, z.stop = context.WithCancel(context.Background())
	return z
}

func (z *zishangSession) attach(ctx context.Context) context.Context {
	return context.WithValue(ctx, sessionKey{}, z)
}

// abandoned gives the place of a handshake back that made no connection.
func (z *zishangSession) abandoned() {
	if z.conn.Load() == nil {
		z.release()
	}
}

// place takes a place for the session or answers that there is none.
func (e *Zishang) place(w http.ResponseWriter, r *http.Request, session *zishangSession) bool {
	if e.options.Places == nil {
		return true
	}
	release, err := e.options.Places.Take(r, session.identity.UserID)
	if err != nil {
		e.options.Counters.HandshakeFailure(FailureFull)
		f := refuseCrowded
		var none *noPlaceError
		if errors.As(err, &none) {
			f = none.refusal()
		}
		f.write(w)
		return false
	}
	session.release = release
	return true
}

func sessionOf(conn engine.Socket) *zishangSession {
	z, _ := conn.Request().Request().Context().Value(sessionKey{}).(*zishangSession)
	return z
}

// end closes the transport without a Socket.IO packet. The first reason given
// is the one reported.
func (z *zishangSession) end(reason string) {
	z.reason.CompareAndSwap(nil, &reason)
	if conn := z.conn.Load(); conn != nil {
		(*conn).Close(true)
	}
}

// opened runs inside the handshake request, after the library has put its own
// listeners on the connection.
func (e *Zishang) opened(conn engine.Socket) {
	session := sessionOf(conn)
	session.conn.Store(&conn)
	e.sessions.Store(conn.Id(), session)
	_ = conn.Once("close", func(...any) {
		e.sessions.Delete(conn.Id())
		session.release()
		time.AfterFunc(lastAnswer, session.stop)
		if t := conn.Transport(); t.Name() == transports.POLLING && t.ReadyState() == "closing" {
			// Nobody polls any more; a write ends the 30 s that it waits for a poll.
			t.Send([]*packet.Packet{{Type: packet.NOOP}})
		}
	})
	if conn.ReadyState() == "closed" {
		// It died before anybody listened, and the library would keep it.
		e.sessions.Delete(conn.Id())
		e.engine.Clients().Delete(conn.Id())
		session.release()
	}
}

// connected runs when the library has queued the CONNECT reply.
func (e *Zishang) connected(lib *socket.Socket) {
	in, ok := lib.Handshake().Auth.(*zishangDecoder)
	session := sessionOf(lib.Conn())
	if !ok || session == nil {
		lib.Conn().Close(true)
		return
	}
	s := newZishangSocket(e, lib, session, in.mail)
	e.alive.Add(1)
	e.rooms.enter(s)
	e.users.add(s.Identity().UserID, s)
	e.bound.add(s.Identity(), s)
	in.owner.Store(s)
	_ = lib.On("disconnect", func(args ...any) {
		reason, _ := args[0].(string)
		s.finish(reason)
	})
	in.mail.start(func() {
		if e.outdated(session) {
			session.end("forced close")
		}
		e.guarded(s, "connected", func() { e.handler.Connected(s) })
		if e.outdated(session) {
			session.end("forced close")
		}
	})
	if lib.Conn().ReadyState() != "open" {
		// The library announced the close before this socket was in its lists.
		s.finish("transport close")
		lib.Disconnect(true)
	}
	if e.draining.Load() {
		session.end("server shutting down")
	}
}

// outdated reports whether a user was dropped or moved, or a session ended, since the session's
// identity was resolved and that identity no longer holds.
func (e *Zishang) outdated(session *zishangSession) bool {
	now := e.changes.Load()
	if session.identity.Anonymous() || now == session.changes {
		return false
	}
	// The handshake request's own context ended with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(session.request.Context()), recheckTimeout)
	defer cancel()
	id, err := e.handler.Authorize(recheck(ctx, session.request))
	if err != nil {
		e.options.Log.Debug("connecting socket could not be resolved again", zap.Error(err))
		return true
	}
	if !sameSpeaker(id, session.identity) {
		return true
	}
	session.changes = now
	return false
}
