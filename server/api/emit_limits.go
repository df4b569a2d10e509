package api

import (
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// keyLimits allows a number of events a second per service key, and at once as
// many as two seconds allow or one batch holds. It is safe for concurrent use.
type keyLimits struct {
	mu        sync.Mutex
	perSecond int
	keys      *lru.LRU[int64, *rate.Limiter]
}

func newKeyLimits(perSecond int) *keyLimits {
	keys, err := lru.NewLRU[int64, *rate.Limiter](maxLimiters, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &keyLimits{perSecond: perSecond, keys: keys}
}

// take uses up n events of the key. Without them left it takes none and returns
// how long until they are.
func (l *keyLimits) take(key int64, n int, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, known := l.keys.Get(key)
	if !known {
		limiter = rate.NewLimiter(rate.Limit(l.perSecond), max(2*l.perSecond, maxEmitBatch))
		l.keys.Add(key, limiter)
	}
	r := limiter.ReserveN(now, n)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// admit takes n events, or refuses.
func (e *Emit) admit(c *gin.Context, key models.ServiceKey, n int) error {
	if wait, ok := e.limits.take(key.ID, n, e.store.Instant()); !ok {
		middleware.NoteLimit(c, "events.emit_per_second", wait)
		return models.Errorf(models.RateLimited, "Demasiados eventos. Intente más tarde")
	}
	return nil
}
