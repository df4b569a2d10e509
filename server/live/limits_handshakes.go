package live

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
)

// maxRemembered bounds how many addresses and users are remembered. Beyond it the
// one that was quiet for longest is forgotten.
const maxRemembered = 10_000

// handshakes bounds how often an address may connect. It is safe for concurrent use.
type handshakes struct {
	limits Limits

	mu   sync.Mutex
	keys *lru.LRU[string, *rate.Limiter]
}

func newHandshakes(l Limits) *handshakes {
	return &handshakes{limits: l, keys: remembered[string]()}
}

func remembered[K comparable]() *lru.LRU[K, *rate.Limiter] {
	keys, err := lru.NewLRU[K, *rate.Limiter](maxRemembered, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return keys
}

// take uses up one handshake of the client. Without one left it returns how long
// until the next.
func (h *handshakes) take(r *http.Request, now time.Time) (wait time.Duration, ok bool) {
	if h.limits.HandshakesPerSecond <= 0 {
		return 0, true
	}
	address := h.limits.address(r)
	if wait = h.reserve(middleware.AddressKey(address), now); wait > 0 {
		h.limits.exceeded(Excess{Limit: LimitHandshakes, Address: address, Agent: r.UserAgent()})
	}
	return wait, wait == 0
}

func (h *handshakes) reserve(key string, now time.Time) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	limiter, known := h.keys.Get(key)
	if !known {
		limiter = rate.NewLimiter(rate.Limit(h.limits.HandshakesPerSecond), max(h.limits.HandshakeBurst, 1))
		h.keys.Add(key, limiter)
	}
	r := limiter.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// isHandshake reports whether a request may begin a transport: it names no session
// in the one way that every engine reads. What only one of them would understand is
// counted rather than believed.
func isHandshake(r *http.Request) bool {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		value, named := strings.CutPrefix(pair, "sid=")
		if !named {
			continue
		}
		sid, err := url.QueryUnescape(value)
		return err != nil || sid == "" || strings.Contains(value, ";")
	}
	return true
}

// tooManyHandshakes is the error of a client that connects too often.
type tooManyHandshakes struct{ wait time.Duration }

func (e *tooManyHandshakes) Error() string {
	return fmt.Sprintf("%v: the next one in %v", ErrTooManyHandshakes, e.wait)
}

func (e *tooManyHandshakes) Unwrap() error { return ErrTooManyHandshakes }
