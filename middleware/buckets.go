package middleware

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// maxBuckets bounds how many keys are remembered. Beyond it the one that was quiet
// for longest is forgotten, which gives a fresh allowance to who can use as many
// keys.
const maxBuckets = 10_000

// Buckets allow each key, such as an address, a number of uses a second and some at
// once. They are safe for concurrent use.
type Buckets[K comparable] struct {
	limit rate.Limit
	burst int

	mu   sync.Mutex
	keys *lru.LRU[K, *rate.Limiter]
}

// NewBuckets allows limit uses a second of each key, burst of them at once.
func NewBuckets[K comparable](limit rate.Limit, burst int) *Buckets[K] {
	keys, err := lru.NewLRU[K, *rate.Limiter](maxBuckets, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Buckets[K]{limit: limit, burst: burst, keys: keys}
}

// Take uses up n of the key's. Without them left it takes none and returns how long
// until they are.
func (b *Buckets[K]) Take(key K, n int, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	limiter, known := b.keys.Get(key)
	if !known {
		limiter = rate.NewLimiter(b.limit, b.burst)
		b.keys.Add(key, limiter)
	}
	r := limiter.ReserveN(now, n)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
