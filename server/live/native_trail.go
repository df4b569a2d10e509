package live

import (
	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/socketio"
)

// note adds to the trail what happened to the socket.
func (s *nativeSocket) note(e TrailEntry) {
	e.UserID, e.SID, e.Transport = s.identity.UserID, s.lib.ID(), s.lib.Conn().Transport()
	s.engine.options.Trail.note(e)
}

// noteEntry notes how the socket has come into its rooms at a place, with so many events
// that it had missed.
func (s *nativeSocket) noteEntry(at models.EventCursor, replayed int) {
	p := s.plan
	came := TrailEntry{Kind: TrailConnected, From: p.start, To: at}
	if p.goesOn {
		came.Reason = TrailRecovered
	}
	s.note(came)
	if p.resync != nil {
		s.note(TrailEntry{Kind: TrailResynced, Reason: p.resync.Reason, From: owedFrom(p.resync), To: at})
	}
	s.noteReplay(p.start, at, replayed)
}

// noteReplay notes that so many events between two places were sent again.
func (s *nativeSocket) noteReplay(from, to models.EventCursor, n int) {
	if n > 0 {
		s.note(TrailEntry{Kind: TrailReplayed, From: from, To: to, Events: n})
	}
}

// noteLateResync notes that the socket, which has come in long since, is told to load
// its data again.
func (s *nativeSocket) noteLateResync(p *plan) {
	if s.hasEntered() {
		s.note(TrailEntry{Kind: TrailResynced, Reason: p.resync.Reason, From: owedFrom(p.resync), To: s.plan.slot.began()})
	}
}

// owedFrom is where the replay that is not possible should have begun; zero when that is
// not known.
func owedFrom(told *events.ResyncRequired) models.EventCursor {
	if told.Since == nil {
		return models.EventCursor{}
	}
	place, err := events.ParsePlace(*told.Since)
	if err != nil {
		return models.EventCursor{}
	}
	return place.Cursor
}

// noteConfirmed notes that the client has everything up to the mark.
func (s *nativeSocket) noteConfirmed(mark uint64) {
	if to, known := s.placeAt(mark); known {
		s.note(TrailEntry{Kind: TrailConfirmed, To: to})
	}
}

// noteLeft notes the end, and how far the client had got by then.
func (s *nativeSocket) noteLeft(reason socketio.Reason) {
	e := TrailEntry{Kind: TrailLeft, Reason: string(reason)}
	if s.plan != nil {
		e.To, _ = s.placeAt(s.lib.Conn().Confirmed())
	}
	s.note(e)
}

// placeAt is where the socket stands that has confirmed the mark; false when that is not
// known.
func (s *nativeSocket) placeAt(mark uint64) (models.EventCursor, bool) {
	if s.plan.slot == nil {
		return models.EventCursor{}, false
	}
	place, _, known := s.plan.slot.reached(mark, s.engine.replay.placeOf)
	return place, known
}
