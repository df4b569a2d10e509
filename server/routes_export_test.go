package server

import "github.com/gin-gonic/gin"

// Routes lists the public routes, as "GET /clients/api/:id".
func (s *Server) Routes() []string {
	var out []string
	for _, r := range s.handler.(*gin.Engine).Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}
