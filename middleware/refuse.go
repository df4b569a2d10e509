package middleware

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// statuses is the one map from error codes to HTTP.
var statuses = map[models.Code]int{
	models.Invalid:       http.StatusBadRequest,
	models.Unauthorized:  http.StatusUnauthorized,
	models.Forbidden:     http.StatusForbidden,
	models.NotFound:      http.StatusNotFound,
	models.Conflict:      http.StatusConflict,
	models.Gone:          http.StatusGone,
	models.TooLarge:      http.StatusRequestEntityTooLarge,
	models.Unsupported:   http.StatusUnsupportedMediaType,
	models.Unprocessable: http.StatusUnprocessableEntity,
	models.RateLimited:   http.StatusTooManyRequests,
	models.Unavailable:   http.StatusServiceUnavailable,
	models.Internal:      http.StatusInternalServerError,
}

// errNoMethod refuses a method that an address has not. No rule of models ever does, so
// that it has no code of its own.
var errNoMethod = &models.Error{Code: models.Invalid, Message: "Método no permitido"}

// StatusOf is the HTTP status of an error.
func StatusOf(err error) int {
	if errors.Is(err, errNoMethod) {
		return http.StatusMethodNotAllowed
	}
	return statuses[models.CodeOf(err)]
}

// Refuse ends the request with the JSON error form: both message and error, which
// every client understands (contract 3.1). The cause is kept for the request log
// and never shown.
func Refuse(c *gin.Context, err error) {
	if form, ok := c.Value(refuseKey).(func(*gin.Context, error)); ok {
		form(c, err)
		return
	}
	_ = c.Error(err)
	message := models.MessageOf(err)
	body := gin.H{"success": false, "message": message, "error": message}
	if models.CodeOf(err) == models.Unauthorized {
		body["session_expired"] = true
	}
	c.AbortWithStatusJSON(StatusOf(err), body)
}

const refuseKey = "relevo.refuse"

// RefuseAs makes Refuse answer the rest of the request in a form of its own, which has
// to note the cause with gin's Error as Refuse does.
func RefuseAs(form func(*gin.Context, error)) gin.HandlerFunc {
	return func(c *gin.Context) { c.Set(refuseKey, form) }
}
