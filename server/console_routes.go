package server

import "github.com/gin-gonic/gin"

// consoleRoutes are those of the admin console, when it is on: server/console/routes.go.
func (s *Server) consoleRoutes(r gin.IRouter) {
	if s.console != nil {
		s.console.Mount(r)
	}
}
