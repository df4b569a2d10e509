package console

import (
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
)

// maxBody bounds what an action is asked with, in bytes.
const maxBody = 64 << 10

// longestQuery bounds the text of a search, in bytes.
const longestQuery = 100

// textQuery reads a parameter of a search; "" without it.
func textQuery(c *gin.Context, key string) (string, error) {
	text := c.Query(key)
	if len(text) > longestQuery {
		return "", middleware.FieldError(key, "admite hasta "+strconv.Itoa(longestQuery)+" caracteres")
	}
	return text, nil
}
