package live

import (
	"net/http"
	"time"

	"github.com/zishang520/engine.io-go-parser/packet"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"
	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// EndRooms implements Engine. What the library has taken over to write still leaves.
func (e *Zishang) EndRooms(rooms []string, ending Ending) {
	e.changes.Add(1)
	for _, s := range e.bound.of(rooms) {
		// From here on nothing more is sent to it, however long closing takes.
		e.rooms.exit(s)
		s.end(ending)
	}
}

// EachSpeaker implements Engine.
func (e *Zishang) EachSpeaker(visit func(middleware.Identity)) {
	e.bound.each(func(s *zishangSocket) {
		id := s.Identity()
		id.Role = *s.role.Load()
		visit(id)
	})
}

// end sends the last packets and closes the transport once they are written.
func (s *zishangSocket) end(ending Ending) {
	if s.revoked.Swap(true) {
		return
	}
	var last []string
	if ending.Name != "" {
		frame, err := eventFrame(ending.Name, ending.Payload)
		if err != nil {
			s.engine.options.Log.Error("last event of a session not sent", zap.Error(err))
		} else {
			last = append(last, string(frame))
		}
	}
	reason := "forced close"
	if !ending.Back {
		last, reason = append(last, "1"), "server namespace disconnect"
	}
	s.session.reason.CompareAndSwap(nil, &reason)
	s.session.ending.Store(true)
	conn := s.lib.Conn()
	if len(last) == 0 {
		go conn.Close(true)
		return
	}
	// The library may run a send callback late when another write is under way.
	timer := time.AfterFunc(closeGrace, func() { conn.Close(true) })
	for i, frame := range last {
		var sent func(transports.Transport)
		if i == len(last)-1 {
			sent = func(transports.Transport) {
				timer.Stop()
				go conn.Close(true)
			}
		}
		conn.Send(types.NewStringBufferString(frame), &packet.Options{}, sent)
	}
}

// revoke sends DISCONNECT, which forbids the client to come back by itself.
func (s *zishangSocket) revoke() { s.end(Ending{}) }

// otherSpeaker refuses a request of somebody else than the session's user. A session
// that has ended is unknown to all but the poll that fetches its last words.
func (e *Zishang) otherSpeaker(r *http.Request, session *zishangSession, speaker middleware.Identity) (refusal, bool) {
	owner, over := session.identity.UserID, session.ending.Load()
	if !over && (owner == 0 || owner == speaker.UserID) {
		return refusal{}, false
	}
	if !over && speaker.Anonymous() && e.handler.SessionOver(r.Context(), session.identity) {
		if over = heardSoon(r.Context(), session.ending.Load); !over {
			session.ending.Store(true)
			go session.end("forced close")
			return refuseUnknownSID, true
		}
	}
	if over {
		return refuseUnknownSID, r.Method != http.MethodGet
	}
	e.options.Counters.HandshakeFailure(FailureAuth)
	return refusalFor(ErrOtherSpeaker), true
}
