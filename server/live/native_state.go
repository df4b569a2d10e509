package live

import (
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/socketio/engineio"
)

// EachSocket implements Engine.
func (e *Native) EachSocket(visit func(SocketState)) {
	for _, lib := range e.root.Sockets() {
		if s, ok := lib.Data().(*nativeSocket); ok {
			visit(s.state())
		}
	}
}

// SocketState implements Engine.
func (e *Native) SocketState(sid string) (SocketState, bool) {
	s := e.socket(sid)
	if s == nil {
		return SocketState{}, false
	}
	state := s.state()
	state.Rooms = s.lib.Rooms()
	return state, true
}

// DropSocket implements Engine.
func (e *Native) DropSocket(sid string, revoke bool) bool {
	s := e.socket(sid)
	if s == nil {
		return false
	}
	if revoke {
		s.lib.Disconnect(true)
	} else {
		s.lib.Conn().Close(engineio.ReasonForcedClose)
	}
	return true
}

// Members implements Engine.
func (e *Native) Members(room string) int { return e.root.To(room).Count() }

// socket is the connected one of the sid, nil for none.
func (e *Native) socket(sid string) *nativeSocket {
	lib := e.root.Socket(sid)
	if lib == nil {
		return nil
	}
	s, _ := lib.Data().(*nativeSocket)
	return s
}

func (s *nativeSocket) state() SocketState {
	conn := s.lib.Conn()
	state := SocketState{SID: s.ID(), Transport: conn.Transport(), Address: conn.RemoteAddr(), Identity: s.identity, Since: s.since}
	state.Identity.Role = *s.role.Load()
	state.Packets, state.Bytes = conn.Backlog()
	if s.plan == nil {
		return state
	}
	// In this order: what is marked in between is not settled then.
	confirmed := conn.Confirmed()
	state.Settled = conn.Marked() == confirmed
	slot := s.plan.slot
	if slot == nil {
		return state
	}
	place, base, known := slot.reached(confirmed, s.engine.replay.placeOf)
	if base > 0 && confirmed > base {
		state.Confirmed = confirmed - 1
	}
	if known {
		state.Reached = place
	}
	if place, _, ok := s.settled(); ok && base > 0 {
		state.Reached = place
	}
	return state
}

// reached is where the slot's socket stands that has confirmed the mark, and the mark
// that it had when it had joined its rooms, 0 before that.
func (s *slot) reached(mark uint64, at func(uint64) (models.EventCursor, bool)) (place models.EventCursor, base uint64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	place, known = s.place(mark, at)
	return place, s.baseMark, known
}
