package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// maxOpen bounds the open requests that a socket gets, the newest of them.
const maxOpen = 500

// newPush makes the push sockets of the emergencies desk and what watches their
// sessions.
func (s *Server) newPush() (*live.Push, error) {
	c := &s.cfg.Push
	log := s.log.Named("push")
	networks, err := middleware.ParseNetworks(c.Networks)
	if err != nil {
		return nil, fmt.Errorf("push.networks: %w", err)
	}
	if c.Access == string(live.PushOpen) {
		log.Warn("push.access is open: whoever reaches the port hears of every emergency, with names, documents and places")
	}
	p := live.NewPush(live.PushConfig{
		Resolve:      s.sessions.Resolve,
		Speaker:      s.pushSpeaker,
		Origin:       s.origins.Allowed,
		Visitor:      s.sessions.GiveVisitor,
		Handshake:    s.hub.Handshake,
		Address:      s.cookie.Proxies.ClientAddress,
		Places:       s.places,
		Access:       live.PushAccess(c.Access),
		Networks:     networks,
		Roles:        c.Roles,
		Open:         s.openRequests,
		Since:        s.missedSince,
		PingInterval: c.PingInterval,
		Missed:       c.MissedPongs,
		MaxMessage:   c.MaxMessage,
		Log:          log,
		Now:          s.store.Instant,
	})
	s.metrics.WatchPush(p)
	return p, nil
}

// openRequests are the messages of the requests that wait for an operator.
func (s *Server) openRequests(ctx context.Context) ([]json.RawMessage, error) {
	open, err := s.store.OpenRequests(ctx, s.store.Instant().Add(-s.cfg.Emergencies.OpenFor), maxOpen)
	if err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(open))
	for i, request := range open {
		if out[i], err = events.EncodeRequestOpened(request, s.cfg.Calls.URL, request.RequestedAt.Time()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// visitorSkew is how far the clocks of two nodes may differ for a session that begins
// after a socket was opened.
const visitorSkew = 5 * time.Second

// pushSpeaker finds who a push socket speaks for: its session, what that was remembered
// by, or the session that its browser has begun since.
func (s *Server) pushSpeaker(ctx context.Context, who live.PushSpeaker) (middleware.Identity, error) {
	now := s.store.Instant()
	if who.SessionID != 0 {
		row, err := s.store.LiveSession(ctx, who.SessionID, now)
		if models.CodeOf(err) != models.NotFound {
			return middleware.IdentityFor(row), err
		}
	}
	if who.RememberedID != 0 {
		row, err := s.store.LiveRemembered(ctx, who.RememberedID, now)
		if models.CodeOf(err) != models.NotFound {
			return middleware.IdentityOfRemembered(row), err
		}
	}
	if who.Visitor == "" {
		return middleware.Identity{}, nil
	}
	row, err := s.store.SessionOfVisitor(ctx, who.Visitor, who.Opened.Add(-visitorSkew), now)
	switch {
	case models.CodeOf(err) == models.NotFound:
		return middleware.Identity{}, nil
	case err != nil:
		return middleware.Identity{}, err
	case row.IPAddress == nil || middleware.AddressKey(*row.IPAddress) != middleware.AddressKey(who.Address):
		return middleware.Identity{}, live.ErrSignedInElsewhere
	}
	return middleware.IdentityFor(row), nil
}

// wakePush has the push sockets found that a browser opened before it began the session.
func (s *Server) wakePush(row models.Session) {
	if row.VisitorHash != nil {
		s.push.Wake(*row.VisitorHash)
	}
}

// watchPush ends what push sockets hear when their sessions end, and wakes those whose
// browser has signed in at another node, until ctx ends.
func (s *Server) watchPush(ctx context.Context) {
	s.push.Run(ctx, s.cfg.Session.CheckInterval, func(ctx context.Context, visitors []string) ([]string, error) {
		return s.store.VisitorsSignedIn(ctx, visitors, s.store.Instant())
	})
}

// pushConnections is the number of open push sockets.
func (s *Server) pushConnections() int {
	listening, mute := s.push.Count()
	return listening + mute
}

// pushPaths are where push sockets are served (emergencies contract 1.1).
var pushPaths = []string{"/ws/emergencias", "/ws/operadores-emergencia"}

// straightPush returns the request with the plain path when its path is that of push
// sockets but for doubled slashes or one at the end: a handshake cannot be redirected
// (emergencies contract 4.3).
func straightPush(r *http.Request) *http.Request {
	if !strings.HasSuffix(r.URL.Path, "/") && !strings.Contains(r.URL.Path, "//") || len(r.URL.Path) > 256 {
		return r
	}
	parts := strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' })
	path := "/" + strings.Join(parts, "/")
	for _, known := range pushPaths {
		if path == known {
			straight, at := *r, *r.URL
			at.Path, at.RawPath = path, ""
			straight.URL = &at
			return &straight
		}
	}
	return r
}
