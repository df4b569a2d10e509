package api

import (
	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// LimitEmit is the configuration key of the limit on what a service key publishes.
const LimitEmit = "events.emit_per_second"

// newKeyLimits allows a number of events a second per service key, and at once as
// many as two seconds allow or one batch holds.
func newKeyLimits(perSecond int) *middleware.Buckets[int64] {
	return middleware.NewBuckets[int64](rate.Limit(perSecond), max(2*perSecond, maxEmitBatch))
}

// admit takes n events, or refuses.
func (e *Emit) admit(c *gin.Context, key models.ServiceKey, n int) error {
	if wait := e.limits.Take(key.ID, n, e.store.Instant()); wait > 0 {
		middleware.NoteLimit(c, LimitEmit, wait)
		return models.Errorf(models.RateLimited, "Demasiados eventos. Intente más tarde")
	}
	return nil
}
