package middleware

import (
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

const requestIDKey = "relevo.request_id"

// RequestIDOf is the id under which the log knows this request.
func RequestIDOf(c *gin.Context) string { return c.GetString(requestIDKey) }

// RequestID gives each request an id: the X-Request-ID that came with it when that
// is harmless, else a new one. The answer carries it.
func RequestID() gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader("X-Request-ID")
		if !saneID(id) {
			id = models.NewToken()[:22]
		}
		c.Set(requestIDKey, id)
		c.Header("X-Request-ID", id)
		c.Request = c.Request.WithContext(models.WithTrace(c.Request.Context(), id))
	}
}

// saneID keeps what could forge a log line or fill it out of the log.
func saneID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == ""
}

// RequestLog writes one line per request when it is answered: info, and error with
// the cause for answers of 500 and above. What a client did wrong stays at info.
// Queries are not logged: they may hold what people typed.
func RequestLog(log *zap.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		fields := []zap.Field{
			zap.String("request_id", RequestIDOf(c)), zap.String("method", c.Request.Method), zap.String("path", c.Request.URL.Path),
			zap.Int("status", c.Writer.Status()), zap.Duration("duration", time.Since(start)), zap.Int("bytes", max(c.Writer.Size(), 0)),
			zap.String("remote_ip", c.ClientIP()),
		}
		if id := IdentityOf(c); !id.Anonymous() {
			fields = append(fields, zap.Int64("user_id", id.UserID), zap.String("role", id.Role))
		}
		if err := c.Errors.Last(); err != nil {
			fields = append(fields, zap.NamedError("cause", err.Err))
		}
		// Who went away before the answer caused whatever failed then.
		if c.Writer.Status() >= http.StatusInternalServerError && c.Request.Context().Err() == nil {
			log.Error("request failed", fields...)
			return
		}
		log.Info("request", fields...)
	}
}

// Recovery turns a panic into a 500 in the JSON error form; the stack goes to the
// log only. http.ErrAbortHandler passes: it is how a handler drops a connection.
func Recovery(log *zap.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			log.Error("panic in a handler", zap.String("request_id", RequestIDOf(c)), zap.Any("panic", v), zap.ByteString("stack", debug.Stack()))
			if c.Writer.Written() {
				c.Abort()
				return
			}
			Refuse(c, models.Errorf(models.Internal, "Error interno del servidor"))
		}()
		c.Next()
	}
}

// NotFound answers an unknown address, as JSON for everybody (contract 3.1).
func NotFound(c *gin.Context) {
	Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
}

// NoMethod answers a known address with a method that it has not.
func NoMethod(c *gin.Context) { Refuse(c, errNoMethod) }
