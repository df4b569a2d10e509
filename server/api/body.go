// Package api is the desk's REST interface, one file per resource. Handlers read
// the request, run one transaction and answer; rules live in models.
package api

import "github.com/gin-gonic/gin"

// maxBody bounds a JSON body, in bytes (contract 3.1).
const maxBody = 10 << 20

// answer sends a success object.
func answer(c *gin.Context, status int, body gin.H) {
	body["success"] = true
	c.JSON(status, body)
}
