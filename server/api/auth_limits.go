package api

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// maxLimiters bounds how many addresses and accounts are remembered. Beyond it the
// one that tried longest ago is forgotten, and an attacker who fills it has used
// as many addresses.
const maxLimiters = 10_000

// loginLimits allows a number of sign-in attempts a minute per key. It is safe for
// concurrent use.
type loginLimits struct {
	mu        sync.Mutex
	perMinute int
	keys      *lru.LRU[string, *rate.Limiter]
}

func newLoginLimits(perMinute int) *loginLimits {
	keys, err := lru.NewLRU[string, *rate.Limiter](maxLimiters, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &loginLimits{perMinute: perMinute, keys: keys}
}

// take uses up one attempt of the key. Without one left it returns how long until
// the next.
func (l *loginLimits) take(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, known := l.keys.Get(key)
	if !known {
		limiter = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.keys.Add(key, limiter)
	}
	r := limiter.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// addressKey is the address that a limit counts: of IPv6 the network of one
// subscriber, who has more addresses than anybody could remember.
func addressKey(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "ip " + ip
	}
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return "ip " + p.String()
		}
	}
	return "ip " + addr.String()
}
