package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Create answers POST /users/api/create.
func (u *Users) Create(c *gin.Context) {
	var in struct {
		Username text  `json:"username"`
		Email    text  `json:"email"`
		Password text  `json:"password"`
		DNI      text  `json:"dni"`
		Role     *text `json:"role"`
	}
	in.Role = new(text)
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	user := models.NewUser{Username: in.Username.trim(), Email: in.Email.trim(), DNI: in.DNI.trim(), Role: models.Trader}
	switch {
	case user.Username == "" || user.Email == "" || in.Password == "" || user.DNI == "":
		middleware.Refuse(c, models.Errorf(models.Invalid, "Todos los campos son obligatorios"))
		return
	case in.Role == nil:
		middleware.Refuse(c, models.Errorf(models.Invalid, "El rol no es válido"))
		return
	case in.Role.trim() != "":
		user.Role = in.Role.trim()
	}
	by := middleware.ActorOf(c)
	// Before the hash: a rule that is broken shall not cost one.
	err := user.Check()
	if err == nil {
		err = models.CheckPassword(string(in.Password))
	}
	if err == nil {
		user.PasswordHash, err = u.hasher.Hash(c.Request.Context(), string(in.Password))
	}
	var created models.User
	if err == nil {
		err = u.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
			var err error
			if created, err = tx.CreateUser(user); err != nil {
				return err
			}
			if err := tx.Audit(by, "CREATE_USER", "User", created.ID, "Usuario creado: "+created.Username+" ("+created.Role+")"); err != nil {
				return err
			}
			return events.EmitUser(tx, events.UserWasCreated, created, by.Username)
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusCreated, gin.H{"message": "Usuario creado exitosamente", "user": userDict(created)})
}

// Update answers PUT /users/api/update/<id>: empty fields stay as they are.
func (u *Users) Update(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	var in struct {
		Email  text `json:"email"`
		DNI    text `json:"dni"`
		Role   text `json:"role"`
		Status text `json:"status"`
	}
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	change := models.UserChange{Email: in.Email.given(), DNI: in.DNI.given(), Role: in.Role.given(), Status: in.Status.given()}
	u.change(c, id, change, "UPDATE_USER", "Usuario actualizado", events.UserWasUpdated)
}

// ToggleStatus answers POST /users/api/toggle_status/<id>.
func (u *Users) ToggleStatus(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	if id == middleware.IdentityOf(c).UserID {
		middleware.Refuse(c, models.Errorf(models.Invalid, "No puede cambiar su propio estado"))
		return
	}
	u.change(c, id, models.UserChange{ToggleStatus: true}, "TOGGLE_USER_STATUS", "Estado actualizado", events.UserWasUpdated)
}

// Delete answers DELETE /users/api/delete/<id>: the user stays as inactive.
func (u *Users) Delete(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	if id == middleware.IdentityOf(c).UserID {
		middleware.Refuse(c, models.Errorf(models.Invalid, "No puede eliminar su propio usuario"))
		return
	}
	inactive := models.Inactive
	u.change(c, id, models.UserChange{Status: &inactive}, "DELETE_USER", "Usuario eliminado", events.UserWasDeleted)
}

// change runs one change of a user in one transaction and answers. An unknown user
// is 400 here (contract 3.3).
func (u *Users) change(c *gin.Context, id int64, change models.UserChange, action, message string, kind events.UserKind) {
	by := middleware.ActorOf(c)
	var before, after models.User
	err := u.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		var err error
		if before, after, err = tx.UpdateUser(id, change); err != nil {
			return err
		}
		// A desk without a Master could not be mended from its pages (contract 5.16).
		if id == by.UserID && (before.Role != after.Role || models.LosesSessions(before, after)) {
			return models.Errorf(models.Invalid, "No puede cambiar su propio rol ni desactivarse")
		}
		if err := tx.Audit(by, action, "User", id, message+": "+after.Username+changes(before, after)); err != nil {
			return err
		}
		return events.EmitUserChange(tx, kind, before, after, by.Username)
	})
	if models.CodeOf(err) == models.NotFound {
		err = &models.Error{Code: models.Invalid, Message: models.MessageOf(err), Err: err}
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"message": message, "user": userDict(after)})
}

// changes is what the audit line says of a change: which fields, and the values of
// those that are no personal data.
func changes(before, after models.User) string {
	var parts []string
	if before.Email != after.Email {
		parts = append(parts, "correo")
	}
	if before.DNI != after.DNI {
		parts = append(parts, "DNI")
	}
	if before.Role != after.Role {
		parts = append(parts, "rol "+before.Role+" a "+after.Role)
	}
	if before.Status != after.Status {
		parts = append(parts, "estado "+before.Status+" a "+after.Status)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
