package models

import (
	"context"
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	// limitEvery is how often a limit is noted for one key.
	limitEvery = time.Minute
	// limitKeys bounds how many keys are remembered for that.
	limitKeys = 10_000
	// securityQueue bounds what waits to be written.
	securityQueue = 256
	// securityPerSecond and securityBurst bound what is written at all: an attack
	// from everywhere must not fill the disk.
	securityPerSecond, securityBurst = 10, 600
)

// SecurityLog writes security events: no more than the database is worth, and those
// of limits without keeping anybody waiting. It is safe for concurrent use.
type SecurityLog struct {
	store  *Store
	failed func(error)
	queue  chan NewSecurityEvent

	mu      sync.Mutex
	noted   *lru.LRU[string, time.Time]
	budget  *rate.Limiter
	omitted int64
}

// NewSecurityLog tells failed, which may be nil, of lines that Run could not write.
func NewSecurityLog(store *Store, failed func(error)) *SecurityLog {
	noted, err := lru.NewLRU[string, time.Time](limitKeys, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	if failed == nil {
		failed = func(error) {}
	}
	return &SecurityLog{
		store: store, failed: failed, queue: make(chan NewSecurityEvent, securityQueue), noted: noted,
		budget: rate.NewLimiter(securityPerSecond, securityBurst),
	}
}

// Record writes one line before it returns. Beyond 600 lines at once and 10 a
// second none is written; the next one that is says how many were left out.
func (l *SecurityLog) Record(ctx context.Context, e NewSecurityEvent) error {
	if !l.admit() {
		return nil
	}
	return l.write(ctx, e)
}

// Limit notes that the limit of this name refused the key, e.g. an address, at most
// once a minute for both; e tells who it was, its kind and details are set here. It
// does not wait: Run writes the line, and without Run, or when 256 lines wait
// already, there is none.
func (l *SecurityLog) Limit(limit, key string, e NewSecurityEvent) {
	if !l.first(limit + " " + key) {
		return
	}
	e.Kind, e.Details = LimitHit, "Límite "+limit
	if !l.admit() {
		return
	}
	select {
	case l.queue <- e:
	default:
		l.leaveOut(1)
	}
}

// first reports whether the key was not noted within the last minute, and notes it.
func (l *SecurityLog) first(key string) bool {
	now := l.store.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, known := l.noted.Get(key); known && now.Sub(at) < limitEvery {
		return false
	}
	l.noted.Add(key, now)
	return true
}

// admit takes one line of the budget, or counts it as left out.
func (l *SecurityLog) admit() bool {
	now := l.store.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.budget.AllowN(now, 1) {
		return true
	}
	l.omitted++
	return false
}

// leftOut returns how many lines were left out and begins anew.
func (l *SecurityLog) leftOut() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.omitted
	l.omitted = 0
	return n
}

func (l *SecurityLog) leaveOut(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.omitted += n
}

// Run writes what Limit noted until ctx ends, then what waits still, and returns.
func (l *SecurityLog) Run(ctx context.Context) {
	for {
		select {
		case e := <-l.queue:
			l.drain(e)
		case <-ctx.Done():
			l.drain()
			return
		}
	}
}

// drain writes the lines and all that wait, and tells of a failure.
func (l *SecurityLog) drain(lines ...NewSecurityEvent) {
	for len(l.queue) > 0 {
		lines = append(lines, <-l.queue)
	}
	if len(lines) == 0 {
		return
	}
	if err := l.write(context.Background(), lines...); err != nil {
		l.failed(err)
	}
}

// write puts lines into one transaction, the first of them telling of those left out
// before. Lines that could not be written count as left out.
func (l *SecurityLog) write(ctx context.Context, lines ...NewSecurityEvent) error {
	omitted := l.leftOut()
	if omitted > 0 {
		lines[0].Details = fmt.Sprintf("%s (antes se omitieron %d líneas)", lines[0].Details, omitted)
	}
	err := l.store.Tx(ctx, func(tx *Tx) error {
		for _, e := range lines {
			if err := tx.RecordSecurity(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.leaveOut(omitted + int64(len(lines)))
	}
	return err
}
