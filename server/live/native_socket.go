package live

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/socketio"
)

// nativeSocket is a Socket of the Native engine.
type nativeSocket struct {
	engine   *Native
	lib      *socketio.Socket
	identity middleware.Identity
	since    time.Time // it came
	role     atomic.Pointer[string]
	plan     *plan // nil without a Replay
	ending   sync.Mutex
	over     bool          // its session has ended; guarded by ending
	entered  chan struct{} // closed when it has joined its rooms
	hurried  atomic.Bool   // the first confirmation after a replay was written at once
}

func newNativeSocket(e *Native, lib *socketio.Socket, id middleware.Identity) *nativeSocket {
	s := &nativeSocket{engine: e, lib: lib, identity: id, since: e.options.Now(), entered: make(chan struct{})}
	s.role.Store(&id.Role)
	return s
}

// ID implements Socket.
func (s *nativeSocket) ID() string { return s.lib.ID() }

// Identity implements Socket.
func (s *nativeSocket) Identity() middleware.Identity { return s.identity }

// Transport implements Socket.
func (s *nativeSocket) Transport() string { return s.lib.Conn().Transport() }

// Role implements Socket.
func (s *nativeSocket) Role() string { return roleAmong(s.lib.Rooms()) }

// Join implements Socket.
func (s *nativeSocket) Join(rooms ...string) {
	s.lib.Join(rooms...)
	if s.plan == nil || s.plan.slot == nil {
		return
	}
	for _, room := range rooms {
		if strings.HasPrefix(room, events.RoomClient("")) {
			s.plan.slot.watch(room)
			s.engine.replay.keeper.flushSoon()
		}
	}
}

// Leave implements Socket.
func (s *nativeSocket) Leave(rooms ...string) { s.lib.Leave(rooms...) }

// Close implements Socket.
func (s *nativeSocket) Close(reason string) { s.lib.Conn().CloseAfterFlush(socketio.Reason(reason)) }

// Emit implements Socket.
func (s *nativeSocket) Emit(name string, payload json.RawMessage) {
	if err := s.lib.EmitRaw(name, payload); err != nil && !errors.Is(err, socketio.ErrNotConnected) && !errors.Is(err, socketio.ErrNotSent) {
		s.engine.options.Log.Error("event for one socket not sent", zap.Error(err))
	}
}
