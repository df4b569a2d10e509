package middleware

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// CORS lets scripts of allowed origins read answers, with cookies: the Origin is
// echoed, never a star. A preflight of a foreign origin is refused; its other
// requests are answered without leave to read.
func CORS(origins *Origins) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Add("Vary", "Origin")
		origin := c.GetHeader("Origin")
		preflight := c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != ""
		if origin == "" {
			return
		}
		if !origins.Allowed(c.Request) {
			if preflight {
				Refuse(c, models.Errorf(models.Forbidden, "Origen no permitido"))
			}
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if !preflight {
			h.Set("Access-Control-Expose-Headers", "X-Request-ID, Retry-After, Content-Disposition")
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-CSRFToken, X-CSRF-Token, X-Requested-With, X-Request-ID")
		h.Set("Access-Control-Max-Age", "600")
		c.AbortWithStatus(http.StatusNoContent)
	}
}
