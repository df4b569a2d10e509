package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// notAuthenticated is the detail of a request without a token, word for word
// (emergencies contract 2).
const notAuthenticated = "Not authenticated"

// detailJSON is the error form of the emergencies desk: the existing clients show
// message or error and never detail, other programs read detail (emergencies contract 2).
type detailJSON struct {
	// Detail is a text, or for 422 a list of detailFault.
	Detail  any    `json:"detail"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

// detailFault is one thing that a request has wrong.
type detailFault struct {
	Type string `json:"type"`
	// Loc leads to it: body, path or query, then keys.
	Loc   []string `json:"loc"`
	Msg   string   `json:"msg"`
	Input any      `json:"input"`
}

// detailFaults are all that a request has wrong, for 422. It is an error.
type detailFaults []detailFault

// Error implements error; it names what is wrong and repeats nothing that was typed.
func (f detailFaults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = strings.Join(fault.Loc, ".") + " " + fault.Type
	}
	return "invalid request: " + strings.Join(parts, ", ")
}

// message is the text for people.
func (f detailFaults) message() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fault.Msg
		if len(fault.Loc) > 1 {
			parts[i] = "El campo " + strings.Join(fault.Loc[1:], ".") + " " + fault.Msg
		}
	}
	return strings.Join(parts, ". ")
}

// errMissingToken marks the refusal of a request without a token: 403 where any other
// lack of rights is 401 or has a text of its own (emergencies contract 2).
var errMissingToken = errors.New("no bearer token")

// refuseDetail is middleware.Refuse in the form of the emergencies desk. The cause is
// for the log and never shown.
func refuseDetail(c *gin.Context, err error) {
	_ = c.Error(err)
	var faults detailFaults
	if errors.As(err, &faults) {
		text := faults.message()
		c.AbortWithStatusJSON(http.StatusUnprocessableEntity, detailJSON{faults, text, text})
		return
	}
	text := models.MessageOf(err)
	body := detailJSON{text, text, text}
	switch models.CodeOf(err) {
	case models.Unauthorized:
		c.Header("WWW-Authenticate", "Bearer")
	case models.Unavailable:
		if c.Writer.Header().Get("Retry-After") == "" {
			c.Header("Retry-After", "1")
		}
	case models.TooLarge:
		c.Header("Connection", "close") // the rest of the body is not read
	}
	status := middleware.StatusOf(err)
	switch {
	case errors.Is(err, errMissingToken):
		body.Detail = notAuthenticated
	case c.FullPath() == "" && status < http.StatusInternalServerError:
		body.Detail = http.StatusText(status) // of no route of ours, as the old system's framework said it
	}
	c.AbortWithStatusJSON(status, body)
}
