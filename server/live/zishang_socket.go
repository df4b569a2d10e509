package live

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// closeGrace bounds how long a connection outlives its socket.
const closeGrace = 5 * time.Second

// zishangSocket is a Socket of the Zishang engine.
type zishangSocket struct {
	engine  *Zishang
	lib     *socket.Socket
	session *zishangSession
	mail    *mailbox
	since   time.Time // it connected
	role    atomic.Pointer[string]
	revoked atomic.Bool
	once    sync.Once
}

func newZishangSocket(e *Zishang, lib *socket.Socket, session *zishangSession, mail *mailbox) *zishangSocket {
	s := &zishangSocket{engine: e, lib: lib, session: session, mail: mail, since: e.options.Now()}
	s.role.Store(&session.identity.Role)
	return s
}

// ID implements Socket.
func (s *zishangSocket) ID() string { return string(s.lib.Id()) }

// Identity implements Socket.
func (s *zishangSocket) Identity() middleware.Identity { return s.session.identity }

// Transport implements Socket.
func (s *zishangSocket) Transport() string { return s.lib.Conn().Transport().Name() }

// Enter implements Socket. This engine replays nothing.
func (s *zishangSocket) Enter(rooms []string, greeting string, payload json.RawMessage) []string {
	s.Join(rooms...)
	if greeting != "" {
		s.Emit(greeting, payload)
	}
	s.note(TrailEntry{Kind: TrailConnected})
	return nil
}

// Role implements Socket.
func (s *zishangSocket) Role() string { return roleAmong(s.engine.rooms.of(s)) }

// Join implements Socket.
func (s *zishangSocket) Join(rooms ...string) { s.engine.rooms.move(s, nil, rooms) }

// Leave implements Socket.
func (s *zishangSocket) Leave(rooms ...string) { s.engine.rooms.move(s, rooms, nil) }

// Emit implements Socket.
func (s *zishangSocket) Emit(name string, payload json.RawMessage) {
	frame, err := eventFrame(name, payload)
	if err != nil {
		s.engine.options.Log.Error("event for one socket not sent", zap.Error(err))
		return
	}
	s.write(frame)
}

// Close implements Socket.
func (s *zishangSocket) Close(reason string) {
	s.session.reason.CompareAndSwap(nil, &reason)
	conn := s.lib.Conn()
	time.AfterFunc(closeGrace, func() { conn.Close(true) })
	conn.Close(false)
}

// write queues one Socket.IO packet; the library writes it from a goroutine of
// its own. The frame's bytes are shared and only read.
func (s *zishangSocket) write(frame []byte) {
	if s.revoked.Load() {
		return
	}
	s.lib.Conn().Write(types.NewStringBuffer(frame), &packet.Options{}, nil)
}

func (s *zishangSocket) acknowledge(id uint64) {
	s.write(append(strconv.AppendUint([]byte{'3'}, id, 10), '[', ']'))
}

// event hands one inbound event to the Handler, in the socket's mailbox.
func (s *zishangSocket) event(e inboundEvent) {
	s.engine.guarded(s, "event", func() {
		if s.engine.handler.Event(s, e.name, e.args) && e.ack != nil {
			s.acknowledge(*e.ack)
		}
	})
}

// finish runs once, whichever of the library's ways a socket came to its end.
func (s *zishangSocket) finish(reason string) {
	s.once.Do(func() {
		if given := s.session.reason.Load(); given != nil {
			reason = *given
		}
		s.engine.rooms.exit(s)
		s.engine.users.remove(s.Identity().UserID, s)
		s.engine.bound.remove(s.Identity(), s)
		s.mail.finish(func() {
			defer s.engine.alive.Add(-1)
			s.note(TrailEntry{Kind: TrailLeft, Reason: reason})
			s.engine.guarded(s, "disconnected", func() { s.engine.handler.Disconnected(s, reason) })
		})
		// There is no second namespace for which to keep the connection; but the
		// client closes it by itself, and is likely to be at it.
		if conn := s.lib.Conn(); conn.ReadyState() == "open" {
			time.AfterFunc(closeGrace, func() { conn.Close(true) })
		}
	})
}
