package server

import (
	"path/filepath"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/api"
	"github.com/relevo/relevo/server/pages"
)

// formEnvelope is what a multipart form may add to the largest file, in bytes.
const formEnvelope = 64 << 10

// routes is every public route on one screen.
func (s *Server) routes(r *gin.Engine) error {
	r.HandleMethodNotAllowed = true
	r.GET("/healthz", gin.WrapF(s.health.ServeLive))
	r.GET("/readyz", gin.WrapF(s.health.ServeReady))
	r.Use(s.metrics.Middleware(append(slices.Clone(pushPaths), s.cfg.Socket.Path+"*any")...))
	r.Use(middleware.OneForwardedFor, middleware.CheckHost())
	r.Any(s.cfg.Socket.Path+"*any", middleware.NoSniff, pages.ClientFiles(s.cfg.Socket.Path, s.cfg.Socket.ClientDir), gin.WrapH(s.engine))
	if s.cfg.Emergencies.Enabled {
		for _, path := range pushPaths {
			r.GET(path, middleware.NoSniff, gin.WrapH(s.push))
		}
	}
	if err := r.SetTrustedProxies(s.cfg.HTTP.TrustedProxies); err != nil {
		return err
	}
	r.RemoteIPHeaders = []string{"X-Forwarded-For"} // as Proxies.ClientAddress
	r.RedirectTrailingSlash = false
	if s.cfg.Emergencies.Enabled {
		r.Use(api.EmergencyErrors)
	}
	r.Use(middleware.RequestID(), middleware.RequestLog(s.log), middleware.Recovery(s.log), middleware.SecurityHeaders(s.cookie),
		middleware.CORS(s.origins), s.noteLimits, s.boundTime, middleware.BodyLimit(s.cfg.Uploads.MaxBytes+formEnvelope))

	// Doors for other services, which have a key and no cookie: no session is read
	// and no CSRF token asked for (docs/doors.md).
	emit := api.NewEmit(s.store, s.cfg.Events.EmitPerSecond)
	r.POST("/api/emit", emit.One)
	r.POST("/api/emit/batch", emit.Batch)

	// The emergencies desk, for programs with a token (docs/emergencies-contract.md).
	auth := api.NewAuth(s.store, s.sessions, s.csrf, s.hasher, api.AuthRule{
		PerMinute: s.cfg.Login.PerMinute, MaxDelay: s.cfg.Login.MaxDelay, Lifetime: s.cfg.Session.Lifetime, RememberLifetime: s.cfg.Session.RememberLifetime,
		Now: s.store.Instant, Attempt: s.metrics.LoginAttempt, Security: s.security, SignedIn: s.wakePush,
	})
	s.auth = auth
	if err := s.emergencyRoutes(r, auth); err != nil {
		return err
	}

	r.Use(s.sessions.Handler(), s.csrf.Handler())
	r.NoRoute(middleware.NotFound)
	r.NoMethod(middleware.NoMethod)

	// Signing in and passwords (contract 3.2).
	r.GET("/api/session", auth.Session)
	r.GET("/login", auth.Form)
	r.POST("/login", auth.Login)
	r.GET("/logout", auth.Logout)
	r.POST("/logout", auth.LogoutJSON)
	r.POST("/change_password", middleware.RequireRole(), auth.ChangePassword)
	r.POST("/reset_password/:id", middleware.RequireRole(), auth.ResetPassword)

	// Where users are signed in, and who did what.
	sessions := api.NewSessions(s.store, s.sessions, s.hub.SocketsOf)
	r.GET("/api/sessions", middleware.RequireRole(), sessions.List)
	r.DELETE("/api/sessions", middleware.RequireRole(), sessions.DeleteAll)
	r.DELETE("/api/sessions/:id", middleware.RequireRole(), sessions.Delete)
	r.GET("/api/audit", middleware.RequireRole(models.Master), api.NewAudit(s.store).List)

	// The event log for pages and pollers, and what describes this interface.
	described, err := newDocuments(s.cfg.Session.CookieName)
	if err != nil {
		return err
	}
	r.GET("/api/events", middleware.RequireRole(), api.NewEvents(s.store, s.tail).List)
	r.GET("/api/openapi.json", described.serveOpen)
	r.GET("/api/asyncapi.json", described.serveAsync)

	// Users (contract 3.3).
	users := api.NewUsers(s.store, s.hasher)
	us := r.Group("/users/api", middleware.RequireRole())
	us.GET("/list", middleware.RequireRole(models.Master), users.List)
	us.POST("/create", middleware.RequireRole(models.Master), users.Create)
	us.PUT("/update/:id", middleware.RequireRole(models.Master), users.Update)
	us.POST("/toggle_status/:id", middleware.RequireRole(models.Master), users.ToggleStatus)
	us.DELETE("/delete/:id", middleware.RequireRole(models.Master), users.Delete)
	us.GET("/by_role/:role", users.ByRole)
	us.GET("/active", users.Active)
	us.GET("/:id", middleware.RequireRole(models.Master), users.Get)

	// Uploads: kept files, for signed-in users only.
	files := api.NewFiles(api.NewLocalFiles(filepath.Join(s.cfg.Data.Dir, "uploads"), s.cfg.HTTP.PublicURL, s.cfg.Uploads.MaxBytes),
		s.cfg.HTTP.PublicURL, s.cfg.Uploads.MaxBytes)
	r.GET("/uploads/:id", middleware.RequireRole(), files.Serve)

	// Clients (contract 3.4).
	clients := api.NewClients(s.store, files)
	cl := r.Group("/clients/api", middleware.RequireRole())
	cl.GET("/list", clients.List)
	cl.GET("/active", clients.Active)
	cl.GET("/search", clients.Search)
	cl.GET("/:id", clients.Get)
	cl.GET("/:id/stats", clients.Stats)
	cl.POST("/create", middleware.RequireRole(models.Master, models.Trader), clients.Create)
	cl.PUT("/update/:id", middleware.RequireRole(models.Master, models.Trader), clients.Update)
	cl.PATCH("/update/:id", middleware.RequireRole(models.Master, models.Trader), clients.Update)
	cl.PATCH("/change_status/:id", middleware.RequireRole(models.Master, models.Operador), clients.ChangeStatus)
	cl.DELETE("/delete/:id", middleware.RequireRole(models.Master), clients.Delete)
	cl.POST("/upload_documents/:id", middleware.RequireRole(models.Master, models.Trader), clients.UploadDocuments)
	cl.POST("/upload_validation_oc/:id", middleware.RequireRole(models.Master, models.Operador), clients.UploadValidationOC)
	cl.GET("/export/csv", middleware.RequireRole(models.Master), clients.ExportCSV)
	cl.GET("/export/xlsx", middleware.RequireRole(models.Master), clients.ExportXLSX)

	// Operations (contract 3.5); update_status and upload_proof as mended by 5.12.
	ops := api.NewOperations(s.store, files)
	o := r.Group("/operations/api", middleware.RequireRole())
	o.GET("/list", ops.List)
	o.GET("/today", ops.Today)
	o.GET("/for_operator", middleware.RequireRole(models.Operador), ops.ForOperator)
	o.GET("/get_active_operators", middleware.RequireRole(models.Master), ops.ActiveOperators)
	o.GET("/check_pending_operations", middleware.RequireRole(models.Operador), ops.CheckPending)
	o.GET("/export_today", ops.ExportToday)
	o.GET("/export_history", ops.ExportHistory)
	o.GET("/:id", ops.Get)
	o.POST("/create", middleware.RequireRole(models.Master, models.Trader), ops.Create)
	o.PUT("/update/:id", middleware.RequireRole(models.Master, models.Trader), ops.Update)
	o.PATCH("/update/:id", middleware.RequireRole(models.Master, models.Trader), ops.Update)
	o.PATCH("/update_status/:id", ops.UpdateStatus)
	o.POST("/send_to_process/:id", middleware.RequireRole(models.Master, models.Trader), ops.SendToProcess)
	o.POST("/return_to_pending/:id", middleware.RequireRole(models.Master, models.Operador), ops.ReturnToPending)
	o.POST("/complete/:id", middleware.RequireRole(models.Master, models.Operador), ops.Complete)
	o.POST("/cancel/:id", middleware.RequireRole(models.Master, models.Trader), ops.Cancel)
	o.POST("/reassign_operator/:id", middleware.RequireRole(models.Master), ops.Reassign)
	o.POST("/mark_notes_read/:id", middleware.RequireRole(models.Master, models.Operador), ops.MarkNotesRead)
	o.POST("/upload_deposit_proof/:id", middleware.RequireRole(models.Master, models.Trader), ops.UploadDepositProof)
	o.POST("/upload_operator_proof/:id", middleware.RequireRole(models.Master, models.Operador), ops.UploadOperatorProof)
	o.POST("/upload_proof/:id", ops.UploadProof)

	// Dashboard (contract 3.6); the alias without prefix silences the other pages (5.21).
	dash, goals, profits := api.NewDashboard(s.store), api.NewGoals(s.store), api.NewProfits(s.store)
	r.GET("/api/dashboard_data", middleware.RequireRole(), dash.Data)
	board := r.Group("/dashboard/api", middleware.RequireRole())
	board.GET("/dashboard_data", dash.Data)
	board.GET("/dashboard/all", dash.All)
	board.GET("/stats/today", dash.Today)
	board.GET("/stats/month", dash.Month)
	master := middleware.RequireRole(models.Master)
	board.GET("/traders", master, goals.Traders)
	board.GET("/goals", master, goals.List)
	board.POST("/goals/save", master, goals.Save)
	board.GET("/profits", master, profits.List)
	board.POST("/profits/save", master, profits.Save)

	s.consoleRoutes(r)

	// Pages and their static files.
	desk, err := pages.New(pages.Options{CSRF: s.csrf.Token, SocketPath: s.cfg.Socket.Path, LiveClient: pages.HasClient(s.cfg.Socket.ClientDir), PublicURL: s.cfg.HTTP.PublicURL})
	if err != nil {
		return err
	}
	auth.LoginPage = desk.Login
	desk.Mount(r)
	return nil
}
