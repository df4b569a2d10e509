package server

import (
	"context"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live"
)

// engines are the values of socket.engine.
var engines = map[string]func(live.Handler, live.Options) live.Engine{
	"native":     func(h live.Handler, o live.Options) live.Engine { return live.NewNative(h, o) },
	"zishang520": func(h live.Handler, o live.Options) live.Engine { return live.NewZishang(h, o) },
}

// newEngine makes the Socket.IO engine and the hub that decides for it.
func (s *Server) newEngine() live.Engine {
	counters, limits := live.NewCounters(), s.socketLimits()
	s.places = live.NewPlaces(limits)
	s.presence = s.newPresence()
	if s.cfg.Console.Enabled {
		s.trail = live.NewTrail(s.cfg.Console.Trail, s.store.Instant)
	}
	s.hub = live.NewHub(live.HubConfig{
		Resolve:        s.sessions.Resolve,
		Origin:         s.origins.Allowed,
		Limits:         limits,
		SessionOver:    s.sessionOver,
		MayWatchClient: mayWatchClient,
		Notify:         func(m live.Message) error { return s.engine.Send(m) },
		Presence:       s.presence,
		Console:        s.mayWatchConsole,
		Watched:        s.consoleWatched,
		Counters:       counters,
		Log:            s.log.Named("live"),
		Now:            s.store.Instant,
	})
	o := live.Options{
		PingInterval:   s.cfg.Socket.PingInterval,
		PingTimeout:    s.cfg.Socket.PingTimeout,
		MaxPayload:     s.cfg.Socket.MaxPayload,
		ConnectTimeout: s.cfg.Socket.ConnectTimeout,
		ConfirmAfter:   s.cfg.Socket.ConfirmAfter,
		Admin:          s.adminUI(limits),
		Places:         s.places,
		Trail:          s.trail,
		Now:            s.store.Instant,
		Counters:       counters,
		Log:            s.log.Named("socket"),
	}
	if s.replay = s.newReplay(); s.replay != nil {
		o.Replay = s.replay
	}
	engine := engines[s.cfg.Socket.Engine](s.hub, o)
	s.metrics.Watch(engine, counters.Totals, s.guard.Counts)
	var replays func() live.ReplayCounts
	if s.replay != nil {
		replays = s.replay.Counts
	}
	s.metrics.WatchEvents(s.store, s.tail, replays)
	return engine
}

// newReplay makes what sends to sockets the events that they missed; nil when
// events are not kept or the engine cannot.
func (s *Server) newReplay() *live.Replay {
	if s.cfg.Events.Log == "off" || s.cfg.Socket.Engine != "native" {
		return nil
	}
	return live.NewReplay(live.ReplayConfig{
		Store:     s.store,
		Tail:      s.tail,
		Secret:    s.cfg.SecretKey,
		Node:      s.node,
		Max:       s.cfg.Events.ReplayMax,
		Window:    s.cfg.Events.Retention,
		Confirmed: s.confirmed,
		Log:       s.log.Named("replay"),
	})
}

// mayWatchClient lets the staff watch any client, because every role may read
// every client (contract 3.4), and nobody else: a document number is no proof of
// who asks (contract 5.2).
func mayWatchClient(_ context.Context, id middleware.Identity, _ string) bool {
	return !id.Anonymous()
}

// sessionOver asks the clock and the database; what that cannot tell counts as alive.
func (s *Server) sessionOver(ctx context.Context, id middleware.Identity) bool {
	if !s.store.Instant().Before(id.ExpiresAt) {
		return true
	}
	states, err := s.store.SessionStates(ctx, []int64{id.SessionID}, []int64{id.RememberedID})
	return err == nil && live.SessionGone(states, id)
}
