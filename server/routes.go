package server

import (
	"github.com/gin-gonic/gin"
)

// routes is every public route on one screen.
func (s *Server) routes(r *gin.Engine) error {
	r.HandleMethodNotAllowed = true
	r.Use(s.sessions.Handler())
	return nil
}
