package live

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// retryAfter is how long a socket waits that could not be looked after.
const retryAfter = time.Second

// PushSpeaker is what is known of who a socket speaks for.
type PushSpeaker struct {
	// SessionID and RememberedID are of its session until now, zero without.
	SessionID, RememberedID int64
	// Visitor opened it at Opened, from Address; empty when unknown. A session speaks for
	// the socket when this visitor began it later than that: what the browser opens
	// afterwards has the session's own cookie.
	Visitor string
	Opened  time.Time
	Address string
}

// ErrSignedInElsewhere is a Speaker's answer for a socket whose visitor has begun a
// session from another address. The socket is closed instead of woken: it is the same
// browser when it comes back with the session's cookie, and a stranger with a copied
// cookie when it does not.
var ErrSignedInElsewhere = errors.New("signed in from another address")

// decide puts a socket into the rooms of who it speaks for now. The caller holds mu.
func (p *Push) decide(s *pushSocket, id middleware.Identity) {
	p.unbind(s)
	s.identity = id
	p.users.add(id.UserID, s)
	p.bound.add(id, s)
	rooms := p.roomsOf(id, s.address)
	if !slices.Equal(rooms, s.rooms) {
		s.attempt++
	}
	s.rooms = rooms
	switch {
	case rooms == nil:
		p.setPhase(s, pushMute)
	case s.phase == pushMute:
		p.setPhase(s, pushCatching)
		p.attend(s)
	}
}

// unbind takes a socket out of what knows whose it is. The caller holds mu.
func (p *Push) unbind(s *pushSocket) {
	p.users.remove(s.identity.UserID, s)
	p.bound.remove(s.identity, s)
}

// setPhase notes what a socket gets. The caller holds mu.
func (p *Push) setPhase(s *pushSocket, phase pushPhase) {
	s.phase = phase
	before := len(p.listening)
	if phase == pushMute {
		s.rooms, s.pending, s.overflow = nil, nil, false
		delete(p.listening, s)
	} else {
		p.listening[s] = struct{}{}
	}
	if (before == 0) != (len(p.listening) == 0) {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

// doubt has it looked up who a socket speaks for. Until then it is what it was. The
// caller holds mu.
func (p *Push) doubt(s *pushSocket) {
	s.doubted = true
	p.attend(s)
}

// attend starts what looks after a socket, unless it runs. The caller holds mu.
func (p *Push) attend(s *pushSocket) {
	if s.attending || s.gone || p.closed {
		return
	}
	s.attending = true
	p.running.Go(func() { s.attend() })
}

// attend does what the socket waits for, until there is nothing left to do.
func (s *pushSocket) attend() {
	p := s.push
	p.mu.Lock()
	defer p.mu.Unlock()
	for !s.gone && p.ctx.Err() == nil {
		var err error
		switch {
		case s.doubted:
			err = s.lookUp()
		case s.phase == pushCatching:
			err = s.catchUp()
		default:
			s.attending = false
			return
		}
		if err == nil {
			continue
		}
		p.config.Log.Debug("push socket waits", zap.Error(err))
		p.mu.Unlock()
		wait(p.ctx, retryAfter)
		p.mu.Lock()
	}
	s.attending = false
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// lookUp finds out who a socket speaks for. The caller holds mu, which is free while the
// database is asked.
func (s *pushSocket) lookUp() error {
	p := s.push
	request, id, changes := s.request, s.identity, p.changes
	who := PushSpeaker{SessionID: id.SessionID, RememberedID: id.RememberedID, Visitor: s.visitor, Opened: s.opened, Address: s.address}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, lookUpTimeout)
	var err error
	if id = (middleware.Identity{}); request != nil {
		id, err = p.config.Resolve(request.WithContext(ctx))
	}
	if err == nil && id.Anonymous() {
		id, err = p.config.Speaker(ctx, who)
	}
	cancel()
	p.mu.Lock()
	if errors.Is(err, ErrSignedInElsewhere) {
		err = nil
		s.line.close(reasonElsewhere)
	}
	if err != nil || s.gone {
		return err
	}
	s.request = nil
	s.doubted = changes != p.changes // something happened meanwhile: once more
	if s.identity.Anonymous() && !id.Anonymous() {
		p.counts.wakes.Add(1)
	}
	p.decide(s, id)
	return nil
}

// catchUp sends what has happened before the socket listened, and what happened while
// that was read. The caller holds mu, which is free meanwhile.
func (s *pushSocket) catchUp() error {
	p := s.push
	if s.overflow {
		s.pending, s.overflow = nil, false
	}
	attempt, since, viewer := s.attempt, s.since, viewerOf(s.identity, s.rooms)
	p.mu.Unlock()
	past, err := p.past(since, viewer)
	p.mu.Lock()
	if err != nil || s.gone || s.phase != pushCatching || s.attempt != attempt || s.overflow {
		return err
	}
	frames := past.frames
	for _, m := range s.pending {
		if m.id == "" || !past.has[m.id] {
			frames = append(frames[:len(frames):len(frames)], m.frame)
		}
	}
	s.pending, s.since = nil, ""
	p.setPhase(s, pushLive)
	p.counts.replay(past.kind)
	if len(frames) > 0 && s.line.send(frames...) {
		s.noteSent(len(frames))
	}
	return nil
}

// past is what a socket gets before what happens.
type past struct {
	frames []pushFrame
	has    map[string]bool // ids of the events among them
	kind   string          // replayOpen, replayLog or replayResync
}

// past reads it: the log since the place that the client names, otherwise the open
// requests.
func (p *Push) past(since string, v events.Viewer) (past, error) {
	ctx, cancel := context.WithTimeout(p.ctx, replayTimeout)
	defer cancel()
	out := past{kind: replayOpen}
	if since != "" {
		var missed []events.Delivery
		whole := false
		if p.config.Since != nil {
			var err error
			if missed, whole, err = p.config.Since(ctx, since, v); err != nil {
				return past{}, err
			}
		}
		if whole {
			return p.missed(missed), nil
		}
		resync, err := p.resync(since)
		if err != nil {
			return past{}, err
		}
		out.kind, out.frames = replayResync, []pushFrame{resync}
	}
	open, err := p.opens.read(ctx)
	if err != nil {
		return past{}, err
	}
	out.frames = append(out.frames, open...)
	return out, nil
}

// missed is what of the log is pushed.
func (p *Push) missed(log []events.Delivery) past {
	out := past{kind: replayLog, has: map[string]bool{}}
	for _, d := range log {
		if p.names[d.Name] {
			out.has[d.ID] = true
			out.frames = append(out.frames, missedMessage(d).frame)
		}
	}
	return out
}

func (p *Push) resync(since string) (pushFrame, error) {
	payload, err := events.ResyncRequiredEvent.Encode(events.ResyncRequired{Reason: events.ResyncWindow, Since: &since})
	if err != nil {
		return pushFrame{}, err
	}
	return newPushFrame(typed(events.ResyncRequiredEvent.Name(), payload)), nil
}
