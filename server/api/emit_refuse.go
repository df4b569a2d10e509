package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// bearer is the token of the Authorization header; "" without one.
func bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// refuseEmit is the error form of contract 3.1 and, for what a publication has
// wrong, the path of the fault and its index in the batch. There is no
// session_expired: no session is concerned.
func refuseEmit(c *gin.Context, err error) {
	_ = c.Error(err)
	message := models.MessageOf(err)
	body := gin.H{"success": false}
	var inBatch *events.BatchFault
	if errors.As(err, &inBatch) {
		body["index"] = inBatch.Index
		message = fmt.Sprintf("events[%d]: %s", inBatch.Index, message)
	}
	var fault *events.Fault
	if errors.As(err, &fault) && fault.Path != "" {
		body["path"] = fault.Path
	}
	body["message"], body["error"] = message, message
	switch models.CodeOf(err) {
	case models.Unauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="relevo"`)
	case models.Unavailable:
		c.Header("Retry-After", "1")
	case models.TooLarge:
		c.Header("Connection", "close") // the rest of the body is not read
	}
	c.AbortWithStatusJSON(middleware.StatusOf(err), body)
}
