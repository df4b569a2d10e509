package api

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// noteRefusal records an attempt that was refused for what was typed, or for being
// one too many. user is 0 when the login names nobody.
func (a *Auth) noteRefusal(c *gin.Context, kind, login string, user int64, err error) {
	var limited *limitedError
	code := models.CodeOf(err)
	switch {
	case errors.As(err, &limited):
		if a.rule.Security != nil {
			a.rule.Security.Limit(limited.limit, limited.key, models.NewSecurityEvent{
				UserID: user, Login: login, Address: c.ClientIP(), UserAgent: c.Request.UserAgent(),
			})
		}
	case code == models.Unauthorized, code == models.Forbidden:
		a.noteFailure(c, kind, login, user, err)
	}
}

// noteFailure records a failed attempt. That it could not be recorded stands in the
// request log and changes no answer.
func (a *Auth) noteFailure(c *gin.Context, kind, login string, user int64, why error) {
	if a.rule.Security == nil {
		return
	}
	err := a.rule.Security.Record(c.Request.Context(), models.NewSecurityEvent{
		Kind: kind, UserID: user, Login: login, Address: c.ClientIP(), UserAgent: c.Request.UserAgent(), Details: models.MessageOf(why),
	})
	if err != nil {
		_ = c.Error(err)
	}
}
