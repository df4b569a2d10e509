package server

import (
	"path/filepath"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/api"
)

// routes is every public route on one screen.
func (s *Server) routes(r *gin.Engine) error {
	r.HandleMethodNotAllowed = true
	r.Use(s.sessions.Handler())

	// Uploads: kept files, for signed-in users only.
	files := api.NewFiles(api.NewLocalFiles(filepath.Join(s.cfg.Data.Dir, "uploads"), s.cfg.HTTP.PublicURL, s.cfg.Uploads.MaxBytes),
		s.cfg.HTTP.PublicURL, s.cfg.Uploads.MaxBytes)
	r.GET("/uploads/:id", middleware.RequireRole(), files.Serve)
	return nil
}
