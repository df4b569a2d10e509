package console

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// Checks are the parts of the health that only the assembly knows.
type Checks struct {
	// Settings lists the configuration, masked.
	Settings func() []Setting
	// LimitHits counts refusals since the start by the configuration key of the limit.
	LimitHits func() map[string]int64
	// Production says that the server runs in the environment of that name.
	Production bool
	// SecretFile says that the secret key is one that the server made itself.
	SecretFile bool
	// PublicURL is the server's own URL or empty.
	PublicURL string
	// CookieNever says that cookies go without the attribute Secure.
	CookieNever bool
	// Redis says that a Redis is configured.
	Redis bool
	// PushAccess says who listens on push sockets; empty when there are none.
	PushAccess string
	// Engine is the Socket.IO engine.
	Engine string
	// DataDir is the folder of files.
	DataDir string
}

// Setting is one key of the configuration as shown to people.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// The states of a check, and of all together.
const (
	healthOK   = "ok"
	healthWarn = "warn"
	healthBad  = "bad"
	healthOff  = "off" // not in use
)

// checkJSON is one check. Value is what was measured, of any kind, or null.
type checkJSON struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Detail words  `json:"detail"`
	Value  any    `json:"value"`
}

// limitJSON is how often a limit was met since the start.
type limitJSON struct {
	Limit string `json:"limit"`
	Hits  int64  `json:"hits"`
}

// healthJSON is the health of this process. State is that of the worst check.
type healthJSON struct {
	Success bool        `json:"success"`
	State   string      `json:"state"`
	Checks  []checkJSON `json:"checks"`
	Limits  []limitJSON `json:"limits"`
	Version Version     `json:"version"`
	Config  []Setting   `json:"config"`
}

// Health answers GET /console/api/health.
func (s *Service) Health(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*askTimeout)
	defer cancel()
	out := healthJSON{Success: true, State: healthOK, Limits: []limitJSON{}, Version: s.config.Setup.Version, Config: s.config.Checks.Settings()}
	for limit, hits := range s.config.Checks.LimitHits() {
		out.Limits = append(out.Limits, limitJSON{limit, hits})
	}
	slices.SortFunc(out.Limits, func(a, b limitJSON) int { return strings.Compare(a.Limit, b.Limit) })
	out.Version.UptimeMS = s.now().Sub(s.config.Setup.Started).Milliseconds()
	out.Checks = append(s.databaseChecks(ctx), s.outboxCheck(), s.redisCheck(), limitsCheck(out.Limits), s.secretCheck(), s.transportCheck(),
		s.replayCheck(), s.pushCheck(), s.diskCheck())
	for _, check := range out.Checks {
		switch {
		case check.State == healthBad:
			out.State = healthBad
		case check.State == healthWarn && out.State == healthOK:
			out.State = healthWarn
		}
	}
	c.JSON(http.StatusOK, out)
}

// NewVersion says what is running since when.
func NewVersion(version, commit string, started time.Time) Version {
	return Version{
		Version: version, Commit: commit, Go: runtime.Version(), StartedAt: models.ToInstant(started), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
}
