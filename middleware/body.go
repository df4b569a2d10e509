package middleware

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// What is still read of a body that was refused. A client that is cut off while it
// sends may lose the answer that waits for it: its kernel drops it with the reset. Of
// a small rest net/http takes care.
const (
	lingerFrom  = 256 << 10
	lingerBytes = 64 << 20
	lingerTime  = 10 * time.Second
)

// BodyLimit answers 413 to a body above max bytes: at once when it says its length,
// else when a handler has read as much. Whatever a request was refused for, what the
// client sends on is thrown away for a while, so that it comes to read the answer.
func BodyLimit(max int64) gin.HandlerFunc {
	return func(c *gin.Context) {
		body := c.Request.Body
		if c.Request.ContentLength > max {
			c.Header("Connection", "close")
			Refuse(c, models.Errorf(models.TooLarge, "El contenido supera el tamaño permitido"))
		} else {
			c.Request.Body = http.MaxBytesReader(c.Writer, body, max)
			c.Next()
		}
		length := c.Request.ContentLength
		if c.Writer.Status() >= http.StatusBadRequest && (length < 0 || length > lingerFrom) {
			linger(c, body)
		}
	}
}

func linger(c *gin.Context, body io.Reader) {
	if body == nil || c.GetHeader("Expect") != "" {
		return // nothing comes: the client waited for the answer
	}
	c.Writer.Flush()
	control := http.NewResponseController(c.Writer)
	if control.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return // a writer of a test
	}
	_, _ = io.CopyN(io.Discard, body, lingerBytes)
}
