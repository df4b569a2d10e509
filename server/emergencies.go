package server

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/relevo/relevo/server/api"
)

// emergencyRoutes mounts the REST interface of the emergencies desk (emergencies contract
// 2), which reads tokens and no cookies: no session is looked up and no CSRF token asked
// for, except that signing in ends the session that the browser had.
func (s *Server) emergencyRoutes(r *gin.Engine, auth *api.Auth) error {
	c := &s.cfg.Emergencies
	if !c.Enabled {
		return nil
	}
	// The existing clients resolve a path against the server that they asked, which a
	// proxy cannot spoil.
	info, err := api.EmergencySocketInfo(cmp.Or(c.WebSocketURL, pushPaths[0]), s.pushConnections)
	if err != nil {
		return err
	}
	r.GET("/atender-emergencias/websocket-info", s.nameVisitor, info)

	calls, err := s.calls()
	if err != nil {
		return err
	}
	e, err := api.NewEmergencies(s.store, auth, api.EmergencyRule{
		Secret: s.cfg.SecretKey, TokenLifetime: c.TokenLifetime, AnonymousRequests: c.AnonymousRequests, UntypedOperators: c.UntypedOperators,
		RequestsPerMinute: c.RequestsPerMinute, Calls: calls, Seen: s.seen.Note,
		Trouble: func(_ context.Context, doing string, err error) {
			s.log.Warn("trouble with the call service", zap.String("doing", doing), zap.Error(err))
		},
	})
	if err != nil {
		return err
	}
	r.POST("/auth/login", s.csrf.FromHere, s.sessions.Handler(), e.Login)
	r.POST("/auth/verify", e.Verify)

	asking := e.Asking()
	r.POST("/emergencias/solicitar-ambulancia", asking, e.Ask)
	r.POST("/solicitudes/solicitar-ambulancia", asking, e.Ask)
	own := e.StaffAnd(api.Requesters)
	r.POST("/solicitudes", own, e.Create) // the answer tells who the requester is: never without a token
	r.GET("/solicitudes/solicitante/:id", own, e.RequestsOf)
	r.GET("/emergencias/por-solicitante/:id", own, e.ByRequester)

	staff := r.Group("", e.StaffAnd())
	staff.GET("/solicitudes", e.Requests)
	staff.GET("/solicitudes/:id", e.Request)
	staff.POST("/valorar-emergencia", e.Evaluate)
	staff.POST("/evaluar-emergencia", e.Evaluate) // its name for two days (emergencies contract 2.3)
	staff.POST("/despachar-ambulancia", e.Dispatch)
	staff.GET("/emergencias", e.List)
	staff.POST("/emergencias", e.CreateEmergency)
	staff.GET("/emergencias/:id", e.Get)
	staff.PUT("/emergencias/:id", e.Change)
	staff.DELETE("/emergencias/:id", e.Delete)
	staff.GET("/emergencias/por-estado/:estado", e.ByStatus)
	staff.GET("/emergencias/por-operador/:id", e.ByOperator)
	staff.GET("/emergencias/por-solicitud/:id", e.ByRequest)
	staff.PUT("/salas", e.Join)
	staff.GET("/salas/activas", e.ActiveRooms)

	crew := r.Group("", e.StaffAnd(api.Crews))
	crew.GET("/ambulancias", e.Ambulances)
	crew.GET("/ambulancias/:id", e.Ambulance)
	crew.GET("/operadores-ambulancia/:id", e.Crew)
	r.PUT("/ambulancias/:id/ubicacion", e.Require(api.Crews), e.Move)

	admin := r.Group("", e.Require(api.Administrators))
	admin.POST("/ambulancias", e.CreateAmbulance)
	admin.PUT("/ambulancias/:id", e.UpdateAmbulance)
	admin.POST("/solicitantes", e.CreateRequester)
	admin.POST("/operadores-ambulancia", e.CreateCrew)
	return nil
}

// nameVisitor lets a browser have the cookie that wakes its push sockets before it opens
// them: a page that signs in while its handshake is under way, or opens two sockets at
// once, is still one browser.
func (s *Server) nameVisitor(c *gin.Context) { s.sessions.GiveVisitor(c.Writer, c.Request) }

// calls is the call service of the configuration; nil without one.
func (s *Server) calls() (api.Calls, error) {
	c := s.cfg.Calls
	if c.URL == "" && c.APIKey == "" && c.APISecret == "" {
		return nil, nil
	}
	if c.URL == "" || c.APIKey == "" || c.APISecret == "" {
		return nil, &ConfigError{fmt.Errorf("calls.url, calls.api_key and calls.api_secret: expected all three, or none for a desk without calls")}
	}
	service, err := api.NewLiveKit(c.URL, c.APIKey, c.APISecret, s.store.Instant)
	if err != nil {
		return nil, err
	}
	return service, nil
}
