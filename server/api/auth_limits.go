package api

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
)

// maxLoginPairs bounds how many addresses at accounts are remembered. Beyond it the
// one that was quiet for longest is forgotten.
const maxLoginPairs = 10_000

const (
	// firstDelay is what an address waits after login.per_minute wrong passwords for
	// one account; each further one doubles it.
	firstDelay = 2 * time.Second
	// turnEvery is how long a newcomer waits at most to try an account that others
	// guess at, when nobody is before it.
	turnEvery = 2 * time.Second
	// failuresForgotten is how long after its delay the failures of an address count.
	failuresForgotten = time.Hour
)

// The limits on sign-ins by their configuration keys.
const (
	LimitLogins      = "login.per_minute"
	LimitLoginDelay  = "login.max_delay"
	LimitLoginHashes = "login.max_hashes"
)

// loginLimits decides who may try a password. An address has a number of attempts a
// minute. An account has as many from everywhere together, and besides one every two
// seconds for an address that has not failed at it, so that who guesses keeps nobody
// else out. An address that goes on guessing at an account waits longer each time. It is
// safe for concurrent use.
type loginLimits struct {
	perMinute int
	maxDelay  time.Duration
	attempts  *middleware.Buckets[string] // of addresses and of accounts
	turns     *middleware.Buckets[string] // of accounts

	mu    sync.Mutex
	pairs *lru.LRU[loginPair, loginFailures]
}

// loginPair is one address that tries one account.
type loginPair struct{ address, account string }

// loginFailures are the wrong passwords since the last right one.
type loginFailures struct {
	count int
	until time.Time // the end of the delay
}

func newLoginLimits(perMinute int, maxDelay time.Duration) *loginLimits {
	pairs, err := lru.NewLRU[loginPair, loginFailures](maxLoginPairs, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &loginLimits{
		perMinute: perMinute, maxDelay: max(maxDelay, firstDelay), pairs: pairs,
		attempts: middleware.NewBuckets[string](rate.Limit(float64(perMinute)/60), perMinute),
		turns:    middleware.NewBuckets[string](rate.Every(turnEvery), 1),
	}
}

// take uses up one attempt of the key, or returns how long until there is one.
func (l *loginLimits) take(key string, now time.Time) (wait time.Duration) {
	return l.attempts.Take(key, 1, now)
}

// takeAccount uses up an attempt of an address at an account; take has been asked for
// the address. A refusal says what had too many.
func (l *loginLimits) takeAccount(pair loginPair, now time.Time) *limitedError {
	l.mu.Lock()
	defer l.mu.Unlock()
	failures, failed := l.pairs.Get(pair)
	if wait := failures.until.Sub(now); failed && wait > 0 {
		return &limitedError{LimitLoginDelay, wait, pair.account + " " + pair.address}
	}
	wait := l.take(pair.account, now)
	if wait > 0 && !failed {
		wait = l.turns.Take(pair.account, 1, now)
	}
	if wait > 0 {
		return &limitedError{LimitLogins, wait, pair.account}
	}
	return nil
}

// failed notes a wrong password.
func (l *loginLimits) failed(pair loginPair, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, _ := l.pairs.Get(pair)
	if now.Sub(f.until) > failuresForgotten {
		f = loginFailures{until: now}
	}
	f.count++
	if over := f.count - l.perMinute; over >= 0 {
		delay := l.maxDelay
		if over < 32 {
			delay = min(delay, firstDelay<<over)
		}
		f.until = now.Add(delay)
	}
	l.pairs.Add(pair, f)
}

// succeeded forgets the wrong passwords.
func (l *loginLimits) succeeded(pair loginPair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pairs.Remove(pair)
}

// addressKey is the address that a limit counts.
func addressKey(ip string) string { return "ip " + middleware.AddressKey(ip) }
