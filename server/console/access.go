package console

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// access says who may look and who may act: a Master both, readers only look.
type access struct{ readers []models.Role }

func (a access) lookers() []models.Role {
	out := []models.Role{models.Master}
	for _, role := range a.readers {
		if !slices.Contains(out, role) {
			out = append(out, role)
		}
	}
	return out
}

// May reports whether the identity may see the console.
func (s *Service) May(id middleware.Identity) bool {
	return !id.Anonymous() && slices.Contains(s.access.lookers(), id.Role)
}

// mayAct reports whether the identity may do something there.
func mayAct(id middleware.Identity) bool { return id.Role == models.Master }

// look lets pass who may see the console.
func (s *Service) look() gin.HandlerFunc { return middleware.RequireRole(s.access.lookers()...) }

// act lets pass who may act.
func (s *Service) act() gin.HandlerFunc { return middleware.RequireRole(models.Master) }
