package live

import (
	"net/http"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// EndRooms implements Engine. A socket of the sessions that is still connecting is
// resolved again and, as it is nobody's any more, closed.
func (e *Native) EndRooms(rooms []string, ending Ending) {
	e.changes.Add(1)
	for _, s := range e.bound.of(rooms) {
		s.end(ending)
	}
	e.admin.endRooms(rooms, ending.Back)
}

// EachSpeaker implements Engine.
func (e *Native) EachSpeaker(visit func(middleware.Identity)) {
	e.bound.each(func(s *nativeSocket) {
		id := s.identity
		id.Role = *s.role.Load()
		visit(id)
	})
	e.admin.eachSpeaker(visit)
}

// end takes the socket out and sends it the ending.
func (s *nativeSocket) end(ending Ending) {
	s.ending.Lock()
	defer s.ending.Unlock()
	s.over = true
	if err := s.lib.Dismiss(!ending.Back, ending.Name, ending.Payload); err != nil {
		s.engine.options.Log.Error("last event of a session not sent", zap.Error(err))
	}
}

// isOver reports whether the last words are queued, or gone.
func (s *nativeSocket) isOver() bool {
	s.ending.Lock()
	defer s.ending.Unlock()
	return s.over
}

// sameClient lets in only who speaks for the user of the handshake. The session may
// be another: it changes when a remembered login restores it. What is asked of a
// session that is over frees the Engine.IO session, once its last words are fetched.
func (e *Native) sameClient(handshake any, r *http.Request) bool {
	first, ok := handshake.(*arrival)
	if !ok {
		return false
	}
	s, owner, speaker := first.socket.Load(), first.identity.UserID, arrivalOf(r).identity
	over := s != nil && s.isOver()
	if !over && (owner == 0 || owner == speaker.UserID) {
		return true
	}
	if !over && s != nil && speaker.Anonymous() && e.handler.SessionOver(r.Context(), first.identity) {
		// Heard of here first.
		if over = true; !heardSoon(r.Context(), s.isOver) {
			s.end(Ending{Back: true})
		}
	}
	if over {
		if r.Method == http.MethodGet && !s.lib.Conn().Drained() {
			return true
		}
		s.lib.Conn().Forget()
		return false
	}
	e.options.Counters.HandshakeFailure(FailureAuth)
	return false
}
