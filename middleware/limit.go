package middleware

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

const limitKey = "relevo.limit"

// NoteLimit notes which limit, by its configuration key, the request met, for the
// metric; and, with a wait above zero, tells the client when to come again, in whole
// seconds rounded up. The caller answers.
func NoteLimit(c *gin.Context, limit string, wait time.Duration) {
	c.Set(limitKey, limit)
	if wait > 0 {
		c.Header("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}

// LimitOf is the limit that the request met, "" for none.
func LimitOf(c *gin.Context) string { return c.GetString(limitKey) }
