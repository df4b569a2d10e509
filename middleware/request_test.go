package middleware

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/relevo/relevo/models"
)

// A fault of ours is a 500 in the error form; cause, stack and request id are in the
// log only. A fault of the client is no error line.
func TestFaultsAreLoggedNotTold(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	core, seen := observer.New(zapcore.DebugLevel)
	log := zap.New(core)
	r := gin.New()
	r.Use(RequestID(), RequestLog(log), Recovery(log), BodyLimit(10))
	r.GET("/panic", func(*gin.Context) { panic("secret of the house") })
	r.GET("/cause", func(c *gin.Context) { Refuse(c, errors.New("SELECT secret")) })
	r.GET("/client", func(c *gin.Context) { Refuse(c, models.Errorf(models.Invalid, "no")) })
	r.GET("/locked", func(c *gin.Context) { Refuse(c, models.Errorf(models.Unavailable, "ocupado")) })
	for path, want := range map[string]struct {
		status int
		level  zapcore.Level
		cause  string
	}{
		"/panic": {500, zapcore.ErrorLevel, "interno"}, "/cause": {500, zapcore.ErrorLevel, "SELECT secret"},
		"/client": {400, zapcore.InfoLevel, "no"}, "/locked": {503, zapcore.ErrorLevel, "ocupado"},
	} {
		seen.TakeAll()
		w := httptest.NewRecorder()
		req := httptest.NewRequest(http.MethodGet, path+"?password=typed", nil)
		req.Header.Set("X-Request-ID", "id-1")
		r.ServeHTTP(w, req)
		if body := w.Body.String(); w.Code != want.status || strings.Contains(body, "secret") || strings.Contains(body, "goroutine") || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
		lines := seen.TakeAll()
		last := lines[len(lines)-1]
		fields := last.ContextMap()
		cause, _ := fields["cause"].(string)
		if last.Level != want.level || fields["request_id"] != "id-1" || fields["path"] != path || !strings.Contains(cause, want.cause) {
			t.Errorf("%s: %s %v", path, last.Level, fields)
		}
		if path == "/panic" && (len(lines) != 2 || !strings.Contains(lines[0].ContextMap()["stack"].(string), "request_test.go")) {
			t.Errorf("the stack is not in the log: %v", lines)
		}
	}
}
