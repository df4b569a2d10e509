package server

import (
	"path/filepath"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/api"
)

// routes is every public route on one screen.
func (s *Server) routes(r *gin.Engine) error {
	r.HandleMethodNotAllowed = true
	r.GET("/healthz", gin.WrapF(s.health.ServeLive))
	r.GET("/readyz", gin.WrapF(s.health.ServeReady))
	r.Use(s.metrics.Middleware(s.cfg.Socket.Path + "*any"))
	r.Any(s.cfg.Socket.Path+"*any", gin.WrapH(s.engine))
	r.Use(s.sessions.Handler())

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
	return nil
}
