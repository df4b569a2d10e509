package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
)

// respond answers with what was found or made, in its wire form, or with what went wrong.
func respond[Found, Wire any](c *gin.Context, status int, found Found, err error, wire func(Found) Wire) {
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(status, wire(found))
}

// serveByID answers with what the path parameter id names.
func serveByID[Found, Wire any](c *gin.Context, find func(context.Context, int64) (Found, error), wire func(Found) Wire) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	found, err := find(c.Request.Context(), id)
	respond(c, http.StatusOK, found, err, wire)
}

// mapped gives lists their wire form, which is never nil.
func mapped[Item, Wire any](wire func(Item) Wire) func([]Item) []Wire {
	return func(list []Item) []Wire {
		out := make([]Wire, 0, len(list))
		for _, item := range list {
			out = append(out, wire(item))
		}
		return out
	}
}
