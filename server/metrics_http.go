package server

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Middleware measures the requests of every route but the given ones, which are
// those whose requests last as long as a socket does.
func (m *Metrics) Middleware(except ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		route := c.FullPath()
		if slices.Contains(except, route) {
			return
		}
		if route == "" {
			route = "unmatched"
		}
		began := time.Now()
		c.Next()
		m.requests.WithLabelValues(methodLabel(c.Request.Method), route, strconv.Itoa(c.Writer.Status())).
			Observe(time.Since(began).Seconds())
	}
}

// methodLabel keeps a stranger from making a series per invented method.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}
