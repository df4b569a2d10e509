package live

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// confirmed is told that a client has everything up to the mark.
func (e *Native) confirmed(lib *socketio.Socket, mark uint64) {
	s, ok := lib.Data().(*nativeSocket)
	if !ok {
		return
	}
	if s.plan.slot != nil {
		s.plan.slot.confirm(mark)
		if s.plan.returns && s.hurried.CompareAndSwap(false, true) {
			e.replay.keeper.flushSoon()
		}
	}
	s.noteConfirmed(mark)
	if d, ok := e.replay.config.Tail.At(mark - 1); ok {
		e.replay.config.Confirmed(e.replay.config.Store.Instant().Sub(d.At))
	}
}

// Enter implements Socket.
func (s *nativeSocket) Enter(rooms []string, greeting string, payload json.RawMessage) []string {
	defer close(s.entered)
	var greet []missedEvent
	if greeting != "" {
		greet = append(greet, missedEvent{name: greeting, payload: payload})
	}
	if s.plan == nil {
		s.lib.JoinWith(rooms, func() ([]socketio.LoggedPacket, uint64) { return s.packets(greet), 0 })
		s.note(TrailEntry{Kind: TrailConnected})
		return nil
	}
	s.enter(append(rooms, s.plan.rooms...), greet)
	return s.plan.rooms
}

// enter joins the rooms; the greeting and what the socket is owed come first.
func (s *nativeSocket) enter(rooms []string, greet []missedEvent) {
	r, p := s.engine.replay, s.plan
	var instead []missedEvent
	if p.resync != nil {
		instead = s.resync(p, resyncOffset+s.lib.ID())
	}
	before := s.packets(append(greet, instead...))
	missed := s.packets(p.missed)
	var sent int
	var base models.EventCursor
	var mark uint64
	s.lib.JoinWith(rooms, func() ([]socketio.LoggedPacket, uint64) {
		between, reached, place, whole := r.between(p)
		base, mark = place, reached
		if !whole || p.stale {
			// The client comes back, to a new plan.
			p.stale = true
			return nil, 0
		}
		late := s.packets(between)
		if p.returns || p.resync != nil {
			sent = len(missed) + len(late)
		}
		if len(instead)+len(missed)+len(late) == 0 {
			s.lib.Conn().SetMark(mark)
			return before, 0
		}
		return append(append(before, missed...), late...), mark
	})
	if p.stale || mark == 0 {
		return
	}
	r.replayed.Add(int64(sent))
	if p.slot != nil {
		p.slot.join(base, mark, s.lib.Conn().Confirmed())
	}
	s.noteEntry(base, sent)
	p.missed = nil
}

// resync is what a socket gets whose replay is not possible.
func (s *nativeSocket) resync(p *plan, offset string) []missedEvent {
	s.engine.replay.expired.Add(1)
	s.noteLateResync(p)
	out, err := resyncEvents(p, offset)
	if err != nil {
		s.engine.options.Log.Error("request to load again not sent", zap.Error(err))
	}
	return out
}

// packets encodes events for one socket.
func (s *nativeSocket) packets(missed []missedEvent) []socketio.LoggedPacket {
	out := make([]socketio.LoggedPacket, 0, len(missed))
	for _, m := range missed {
		out = append(out, socketio.LoggedPacket{Payload: m.packet(), Offset: m.offset})
	}
	return out
}

// leaveSlot ends the slot of a socket that is gone.
func (s *nativeSocket) leaveSlot(reason socketio.Reason) {
	if s.plan == nil || s.plan.slot == nil {
		return
	}
	r, conn := s.engine.replay, s.lib.Conn()
	now := r.config.Store.Instant()
	farewell := conn.Farewell()
	s.plan.slot.confirm(conn.Confirmed())
	r.keeper.end(s.plan.slot, &slotEnding{
		drop: farewell == engineio.FarewellAway || reason == socketio.ReasonClientDisconnect || reason == socketio.ReasonServerDisconnect,
		// A client may also say goodbye that was told to go.
		polite: farewell == engineio.FarewellPolite,
		at:     now, heard: now.Add(-conn.Silence()),
	})
}

// connected implements slotSocket.
func (s *nativeSocket) connected() bool { return s.lib.Connected() }

// settled implements slotSocket.
func (s *nativeSocket) settled() (place models.EventCursor, mark uint64, ok bool) {
	ordinal := s.engine.sent.Load()
	if ordinal == 0 || !s.hasEntered() {
		return place, 0, false
	}
	conn := s.lib.Conn()
	if conn.Marked() != conn.Confirmed() || !s.lib.Connected() {
		return place, 0, false
	}
	mark = markOf(ordinal)
	place, ok = s.engine.replay.placeOf(mark)
	return place, mark, ok
}

const (
	// owedTimeout bounds the reading of what is sent late.
	owedTimeout = 10 * time.Second
	// entryTimeout bounds the wait for a socket whose slot has begun and that has not
	// joined its rooms yet.
	entryTimeout = 5 * time.Second
)

// hasEntered reports whether the socket has joined its rooms, and so was given what it
// is owed.
func (s *nativeSocket) hasEntered() bool {
	select {
	case <-s.entered:
		return true
	default:
		return false
	}
}

// awaitEntry waits until something can be sent late; false when that makes no sense any
// more. The keeper knows a slot before the socket has its plan.
func (s *nativeSocket) awaitEntry() bool {
	entry := time.NewTimer(entryTimeout)
	defer entry.Stop()
	select {
	case <-s.entered:
	case <-entry.C:
		return false // it went away; the slot that owes is there for who comes in its stead
	}
	// A stale one's client comes back, to a new plan.
	return !s.plan.stale && s.lib.Connected()
}

// sendResync implements slotSocket.
func (s *nativeSocket) sendResync(reason string) {
	if !s.awaitEntry() {
		return
	}
	p := &plan{viewer: s.plan.viewer}
	p.refuse(reason, offer{})
	s.sendLate(s.resync(p, ""))
}

// sendOwed implements slotSocket.
func (s *nativeSocket) sendOwed(owed models.EventCursor) {
	if !s.awaitEntry() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), owedTimeout)
	defer cancel()
	viewer := s.plan.viewer
	viewer.Role = *s.role.Load()
	r := s.engine.replay
	missed, err := r.owed(ctx, viewer, owed, s.plan.slot.began())
	if err != nil {
		p := &plan{viewer: viewer, start: owed}
		p.refuse(reasonOf(err), offer{})
		missed = s.resync(p, "")
	} else {
		r.replayed.Add(int64(len(missed)))
		s.noteReplay(owed, s.plan.slot.began(), len(missed))
	}
	s.sendLate(missed)
}

// sendLate sends what has no offset, because the client of the socket may not have all
// that came before.
func (s *nativeSocket) sendLate(missed []missedEvent) {
	if len(missed) == 0 {
		return
	}
	packets := s.packets(missed)
	s.lib.JoinWith(nil, func() ([]socketio.LoggedPacket, uint64) { return packets, 0 })
}
