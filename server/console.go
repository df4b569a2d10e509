package server

import (
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/console"
	"github.com/relevo/relevo/server/live"
)

// newConsole makes the admin console; nil when it is off.
func (s *Server) newConsole(totals func() live.Totals) (*console.Service, error) {
	if !s.cfg.Console.Enabled {
		return nil, nil
	}
	started, build := s.store.Instant(), ReadBuildInfo()
	c := console.Config{
		Store: s.store, Tail: s.tail, Engine: s.engine, Trail: s.trail, Totals: totals, Guard: s.guard.Counts,
		CSRF: s.csrf.Token, Drain: s.ending.tell, Log: s.log.Named("console"), Checks: s.consoleChecks(),
		Setup: console.Setup{
			Node: s.node, Version: console.NewVersion(build.Version, build.Commit, started), Started: started,
			Readers: s.cfg.Console.Readers, PerMinute: s.cfg.Console.ActionsPerMinute, Retention: s.cfg.Events.Retention,
			SocketPath: s.cfg.Socket.Path, PublicURL: s.cfg.HTTP.PublicURL,
			Emergencies: s.cfg.Emergencies.Enabled, OpenFor: s.cfg.Emergencies.OpenFor, AdminUI: s.cfg.AdminUI.Enabled,
		},
	}
	if s.cfg.Events.Log == "off" {
		c.Setup.Retention = 0
	}
	if s.replay != nil {
		c.Replays = s.replay.Counts
	}
	if s.cfg.Emergencies.Enabled {
		c.Push = s.push.Count
		c.PushUsers = func(visit func(int64)) {
			s.push.EachSpeaker(func(id middleware.Identity) { visit(id.UserID) })
		}
	}
	return console.New(c)
}

// consoleChecks are the parts of the health that the configuration tells.
func (s *Server) consoleChecks() console.Checks {
	c := console.Checks{
		Settings: s.maskedSettings, LimitHits: s.metrics.LimitHits,
		Production: s.cfg.Environment == "production", SecretFile: strings.HasPrefix(s.cfg.origins["secret_key"], "file "),
		PublicURL: s.cfg.HTTP.PublicURL, CookieNever: s.cfg.Session.CookieSecure == "never", Redis: s.cfg.Redis.URL != "",
		Engine: s.cfg.Socket.Engine, DataDir: filepath.Clean(s.cfg.Data.Dir),
	}
	if s.cfg.Emergencies.Enabled {
		c.PushAccess = s.cfg.Push.Access
	}
	return c
}

// maskedSettings is the configuration as `relevo config show` tells it.
func (s *Server) maskedSettings() []console.Setting {
	var out []console.Setting
	for _, setting := range s.cfg.Settings() {
		out = append(out, console.Setting{Key: setting.Key, Value: setting.Value, Origin: setting.Origin})
	}
	return out
}

// mayWatchConsole reports whether a socket may hear what the console is told.
func (s *Server) mayWatchConsole(id middleware.Identity) bool {
	return s.console != nil && s.console.May(id)
}

// consoleWatched is told that a socket began to watch.
func (s *Server) consoleWatched() {
	if s.console != nil {
		s.console.Watched()
	}
}

// written measures one durable event, from its recording to the sockets.
func (s *Server) written(took time.Duration) {
	s.metrics.EventWritten(took)
	if s.console != nil {
		s.console.Written(took)
	}
}

// confirmed measures one confirmation of a client.
func (s *Server) confirmed(took time.Duration) {
	s.metrics.EventConfirmed(took)
	if s.console != nil {
		s.console.Confirmed(took)
	}
}

// ending is how the process is told from within to end in order.
type ending struct {
	once sync.Once
	told chan struct{}
	log  *zap.Logger
}

func newEnding(log *zap.Logger) *ending { return &ending{told: make(chan struct{}), log: log} }

// tell returns at once; only the first call does something.
func (e *ending) tell() {
	e.once.Do(func() {
		e.log.Info("told to end by the console")
		close(e.told)
	})
}
