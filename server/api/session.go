package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
)

// Session answers GET /api/session: who this browser speaks for, and the CSRF
// token that its scripts have to send. It is for scripts without a page of ours.
func (a *Auth) Session(c *gin.Context) {
	body := gin.H{"authenticated": false, "user": nil, "csrf_token": a.csrf.Token(c)}
	if id := middleware.IdentityOf(c); !id.Anonymous() {
		user, err := a.store.UserByID(c.Request.Context(), id.UserID)
		if err != nil {
			middleware.Refuse(c, err)
			return
		}
		body["authenticated"], body["user"] = true, userDict(user)
	}
	c.JSON(http.StatusOK, body)
}
