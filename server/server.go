package server

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/api"
	"github.com/relevo/relevo/server/console"
	"github.com/relevo/relevo/server/live"
)

// Server is the assembled application, without its listeners.
type Server struct {
	cfg      *Config
	log      *zap.Logger
	store    *models.Store
	sessions *middleware.Sessions
	cookie   middleware.CookieRule
	origins  *middleware.Origins
	csrf     *middleware.CSRF
	hasher   *models.Hasher
	auth     *api.Auth // made with the routes
	security *models.SecurityLog
	seen     *models.Sightings
	guard    *events.Guard
	health   *Health
	metrics  *Metrics
	engine   live.Engine
	hub      *live.Hub
	places   *live.Places
	push     *live.Push
	watches  []*live.SessionWatch
	tail     *events.Tail
	herald   *events.Herald
	replay   *live.Replay // nil when nothing is replayed
	presence *live.Presence
	trail    *live.Trail      // nil without a console
	console  *console.Service // nil when it is off
	ending   *ending
	node     string // id of this run
	handler  http.Handler
}

// New assembles the application on an open, migrated store.
func New(cfg *Config, store *models.Store, log *zap.Logger) (*Server, error) {
	s := &Server{cfg: cfg, log: log, store: store, node: models.NewToken()[:22], health: NewHealth(store), metrics: NewMetrics(ReadBuildInfo())}
	proxies, err := middleware.NewProxies(cfg.HTTP.TrustedProxies)
	if err != nil {
		return nil, err
	}
	s.cookie = middleware.CookieRule{
		Name: cfg.Session.CookieName, Secure: cfg.Session.CookieSecure, Proxies: proxies, Now: store.Instant,
		PublicHTTPS: strings.HasPrefix(cfg.HTTP.PublicURL, "https://"), HostPrefix: !cfg.Session.CompatNames,
	}
	s.sessions = middleware.NewSessions(store, middleware.SessionRule{
		Cookie: s.cookie, Lifetime: cfg.Session.Lifetime,
		Reused: func(tx *models.Tx) error { return events.EmitSessionEnded(tx, events.EndRevoked) },
	})
	s.origins = middleware.NewOrigins(cfg.CORS.Origins, cfg.HTTP.PublicURL).Behind(proxies)
	s.csrf = middleware.NewCSRF(cfg.SecretKey, s.cookie, s.origins, middleware.CSRFRule{
		Public:  []string{"/login"},
		NoToken: []string{"/clients/api/upload_validation_oc/:id", "/operations/api/upload_proof/:id"},
	})
	s.security = models.NewSecurityLog(store, func(err error) { log.Warn("security events not recorded", zap.Error(err)) })
	s.seen = models.NewSightings(store, func(err error) { log.Warn("last use of sessions not recorded", zap.Error(err)) })
	s.sessions.OnSeen(s.seen.Note)
	s.hasher = models.NewHasher(cfg.Login.MaxHashes)
	s.guard = events.NewGuard(s.send, log)
	s.ending = newEnding(log)
	if err := s.newDelivery(); err != nil {
		return nil, err
	}
	s.engine = s.newEngine()
	if s.push, err = s.newPush(); err != nil {
		return nil, err
	}
	for _, sockets := range []live.SpeakerSockets{s.engine, s.push} {
		s.watches = append(s.watches, live.NewSessionWatch(live.SessionWatchConfig{
			Engine: sockets, States: store.SessionStates, Now: store.Instant, Interval: cfg.Session.CheckInterval,
			Log: log.Named("sessions"),
		}))
	}
	if s.console, err = s.newConsole(s.hub.Counters().Totals); err != nil {
		return nil, err
	}
	store.OnCommit(s.Deliver)
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	if err := s.routes(router); err != nil {
		return nil, err
	}
	s.handler = router
	return s, nil
}

// ServeHTTP serves the public interface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, straightPush(r))
}
