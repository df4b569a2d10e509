package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// ChangePassword answers POST /change_password (contract 3.2). The other sessions
// and remembered logins of the user end; this one lives on under a new token
// (contract 5.15). Attempts count like sign-ins, because the old password is asked.
func (a *Auth) ChangePassword(c *gin.Context) {
	var in struct {
		Old text `json:"old_password"`
		New text `json:"new_password"`
	}
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	if in.Old == "" || in.New == "" {
		middleware.Refuse(c, models.Errorf(models.Invalid, "Debe indicar la contraseña actual y la nueva"))
		return
	}
	if err := models.CheckPassword(string(in.New)); err != nil {
		middleware.Refuse(c, err)
		return
	}
	ctx, id := c.Request.Context(), middleware.IdentityOf(c)
	// Of its own: who guesses at the account from outside must not keep its user from this.
	key := "change " + strconv.FormatInt(id.UserID, 10)
	if wait := a.limits.take(key, a.rule.Now()); wait > 0 {
		a.noteRefusal(c, models.PasswordFailed, id.Username, id.UserID, &limitedError{LimitLogins, wait, key})
		middleware.NoteLimit(c, LimitLogins, wait)
		middleware.Refuse(c, models.Errorf(models.RateLimited, flashLimited))
		return
	}
	user, err := a.store.UserByID(ctx, id.UserID)
	if err == nil {
		var ok bool
		if ok, err = a.hasher.Verify(ctx, user.PasswordHash, string(in.Old)); err == nil && !ok {
			err = models.Errorf(models.Invalid, "La contraseña actual es incorrecta")
			a.noteFailure(c, models.PasswordFailed, id.Username, id.UserID, err)
		}
	}
	var hash string
	if err == nil {
		hash, err = a.hasher.Hash(ctx, string(in.New))
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	a.storePassword(c, user, hash, "CHANGE_PASSWORD", "Contraseña actualizada", events.EndPasswordChanged)
}

// ResetPassword answers POST /reset_password/<id> (contract 3.2): 403 also for a
// password that is too weak, as the system replaced does.
func (a *Auth) ResetPassword(c *gin.Context) {
	target, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	if middleware.IdentityOf(c).Role != models.Master {
		middleware.Refuse(c, models.Errorf(models.Forbidden, "No tiene permiso para esta acción"))
		return
	}
	var in struct {
		New text `json:"new_password"`
	}
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	if in.New == "" {
		middleware.Refuse(c, models.Errorf(models.Invalid, "Debe indicar la nueva contraseña"))
		return
	}
	user, err := a.store.UserByID(c.Request.Context(), target)
	if err == nil {
		if weak := models.CheckPassword(string(in.New)); weak != nil {
			err = models.Errorf(models.Forbidden, "%s", models.MessageOf(weak))
		}
	}
	var hash string
	if err == nil {
		hash, err = a.hasher.Hash(c.Request.Context(), string(in.New))
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	a.storePassword(c, user, hash, "RESET_PASSWORD", "Contraseña restablecida", events.EndPasswordReset)
}

// storePassword replaces the hash in one transaction and answers. Of the user's
// sessions only that of this request lives on, if it is one of them; the sockets of
// the others hear why they ended.
func (a *Auth) storePassword(c *gin.Context, user models.User, hash, action, message, ended string) {
	id, by := middleware.IdentityOf(c), middleware.ActorOf(c)
	var keep int64
	if id.UserID == user.ID {
		keep = id.SessionID
	}
	var token, remember string
	var until time.Time
	err := a.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		err := tx.SetPassword(user.ID, user.PasswordHash, hash, keep)
		if err == nil && keep != 0 {
			token, err = tx.RotateSession(keep)
		}
		if err == nil && keep != 0 && id.RememberedID != 0 {
			var row models.RememberedLogin
			remember, row, err = tx.RenewRemembered(id.RememberedID)
			until = row.Expires()
		}
		if err == nil {
			err = events.EmitSessionEnded(tx, ended)
		}
		if err != nil {
			return err
		}
		return tx.Audit(by, action, "User", user.ID, message+": "+user.Username)
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	if keep != 0 {
		a.sessions.Write(c, token, remember, until)
	}
	answer(c, http.StatusOK, gin.H{"message": message})
}
