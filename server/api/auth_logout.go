package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Logout answers GET /logout with a redirect to the login (contract 3.2).
func (a *Auth) Logout(c *gin.Context) {
	if !a.signOut(c) {
		return
	}
	c.Redirect(http.StatusFound, "/login")
}

// LogoutJSON answers POST /logout. It is no error to be signed out already.
func (a *Auth) LogoutJSON(c *gin.Context) {
	if !a.signOut(c) {
		return
	}
	answer(c, http.StatusOK, gin.H{"message": "Sesión cerrada"})
}

// signOut ends the session and the remembered login behind it. It answers and
// reports false when the store could not do it.
func (a *Auth) signOut(c *gin.Context) bool {
	id, by := middleware.IdentityOf(c), middleware.ActorOf(c)
	if id.Anonymous() {
		a.sessions.Clear(c)
		return true
	}
	err := a.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		if err := tx.EndSession(id.SessionID); err != nil {
			return err
		}
		if token, err := c.Cookie(middleware.RememberCookie); err == nil && token != "" {
			if err := tx.EndRemembered(token); err != nil {
				return err
			}
		}
		if err := events.EmitSessionEnded(tx, events.EndLogout); err != nil {
			return err
		}
		if err := tx.SetLastLogout(id.UserID); err != nil {
			return err
		}
		return tx.Audit(by, "LOGOUT", "User", id.UserID, "Cierre de sesión")
	})
	if err != nil {
		middleware.Refuse(c, err)
		return false
	}
	a.sessions.Clear(c)
	return true
}
