package api

import (
	"fmt"
	"testing"
	"time"
)

var loginNoon = time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)

// guess tries a wrong password; what it returns is how long it has to wait, 0 when it
// was let in.
func (l *loginLimits) guess(address, account string, now time.Time) time.Duration {
	if wait := l.take("ip "+address, now); wait > 0 {
		return wait
	}
	pair := loginPair{address, account}
	if refused := l.takeAccount(pair, now); refused != nil {
		return refused.wait
	}
	l.failed(pair, now)
	return 0
}

// Who goes on guessing waits 2, 4, 8 … seconds up to the longest delay; a right
// password ends that, and nobody else waits.
func TestLoginDelayGrows(t *testing.T) {
	const most = 5 * time.Minute
	l := newLoginLimits(5, most)
	pair := loginPair{"192.0.2.1", "user 1"}
	for range 5 {
		l.failed(pair, loginNoon)
	}
	now := loginNoon
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
		want *= time.Second
		refused := l.takeAccount(pair, now)
		if refused == nil || refused.wait != want || refused.limit != LimitLoginDelay {
			t.Fatalf("delay %d: %+v, want %v", i, refused, want)
		}
		if other := l.takeAccount(loginPair{fmt.Sprintf("198.51.100.%d", i), "user 1"}, now); other != nil {
			t.Errorf("another address waits: %+v", other)
		}
		if other := l.takeAccount(loginPair{"192.0.2.1", fmt.Sprintf("user %d", 2+i)}, now); other != nil {
			t.Errorf("another account waits: %+v", other)
		}
		now = now.Add(want)
		if refused := l.takeAccount(pair, now); refused != nil && refused.limit == LimitLoginDelay {
			t.Fatalf("still delayed: %+v", refused)
		}
		l.failed(pair, now)
	}
	l.succeeded(pair)
	now = now.Add(time.Minute)
	if refused := l.takeAccount(pair, now); refused != nil {
		t.Errorf("after a right password: %+v", refused)
	}
	// Long after, the past is forgotten.
	for range 20 {
		l.failed(pair, now)
	}
	now = now.Add(most + failuresForgotten + time.Second)
	l.failed(pair, now)
	if refused := l.takeAccount(pair, now); refused != nil && refused.limit == LimitLoginDelay {
		t.Errorf("an hour later: %+v", refused)
	}
}

// However many addresses guess at an account, a newcomer has its turn within two
// seconds of asking, and together they get no more turns than that.
func TestLoginTurns(t *testing.T) {
	l := newLoginLimits(5, time.Minute)
	let := 0
	for i := range 3000 {
		now := loginNoon.Add(time.Duration(i) * 100 * time.Millisecond)
		if l.guess(fmt.Sprintf("10.%d.%d.1", i/250, i%250), "user 1", now) == 0 {
			let++
		}
	}
	// Five at once, 25 in the five minutes, and a turn each two seconds.
	if let > 5+25+150 || let < 150 {
		t.Errorf("%d guesses in five minutes", let)
	}
	now := loginNoon.Add(300 * time.Second)
	owner := loginPair{"203.0.113.1", "user 1"}
	refused := l.takeAccount(owner, now)
	if refused != nil && refused.wait > turnEvery {
		t.Fatalf("the owner waits %v", refused.wait)
	}
	if refused != nil {
		if refused = l.takeAccount(owner, now.Add(refused.wait)); refused != nil {
			t.Errorf("and then: %+v", refused)
		}
	}
	if l.pairs.Len() > maxLoginPairs {
		t.Error("unbounded")
	}
}

// What is remembered is bounded, however many try; middleware.Buckets bound themselves.
func TestLoginLimitsAreBounded(t *testing.T) {
	l := newLoginLimits(1, time.Minute)
	for i := range 3 * maxLoginPairs {
		l.guess(fmt.Sprint(i), fmt.Sprint(i), loginNoon)
	}
	if l.pairs.Len() > maxLoginPairs {
		t.Errorf("%d pairs", l.pairs.Len())
	}
}
