package wheel

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// alarm is an owner that counts its ticks.
type alarm struct {
	Timer
	tick func(now time.Duration) time.Duration
}

func (a *alarm) Tick(now time.Duration) time.Duration { return a.tick(now) }

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// A timer is never early, also one that needs several turns of the wheel.
func TestNeverEarly(t *testing.T) {
	w := New(time.Millisecond, 8)
	var fired sync.WaitGroup
	for range 200 {
		at := w.Now() + time.Duration(rand.IntN(60))*time.Millisecond
		fired.Add(1)
		w.Start(&Timer{}, ownerFunc(func(now time.Duration) time.Duration {
			if now < at {
				t.Errorf("due at %v, called at %v", at, now)
			}
			fired.Done()
			return 0
		}), at)
	}
	fired.Wait()
	await(t, "timers left", func() bool { return w.Len() == 0 })
}

type ownerFunc func(time.Duration) time.Duration

func (f ownerFunc) Tick(now time.Duration) time.Duration { return f(now) }

func TestRepeatsStopsAndAdvances(t *testing.T) {
	w := New(time.Millisecond, 16)
	var ticks atomic.Int64
	a := &alarm{tick: func(now time.Duration) time.Duration {
		ticks.Add(1)
		return now + time.Millisecond
	}}
	w.Start(&a.Timer, a, w.Now()+time.Hour)
	w.Advance(&a.Timer, w.Now()+2*time.Hour) // later: no effect
	if ticks.Load() != 0 {
		t.Fatal("ticked")
	}
	w.Advance(&a.Timer, w.Now()+time.Millisecond)
	await(t, "does not repeat", func() bool { return ticks.Load() > 5 })
	w.Stop(&a.Timer)
	w.Stop(&a.Timer)
	await(t, "not stopped", func() bool { return w.Len() == 0 })
	// A stopped timer can be started again, also after the goroutine has ended.
	await(t, "goroutine stays", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return !w.running })
	before := ticks.Load()
	w.Start(&a.Timer, a, 0)
	await(t, "not started again", func() bool { return ticks.Load() > before })
	w.Stop(&a.Timer)
	await(t, "not stopped", func() bool { return w.Len() == 0 })
}

// Advance while Tick runs is not lost, and Stop from within Tick is the end.
func TestFromWithinTick(t *testing.T) {
	w := New(time.Millisecond, 16)
	var ticks atomic.Int64
	a := &alarm{}
	a.tick = func(now time.Duration) time.Duration {
		switch ticks.Add(1) {
		case 1:
			w.Advance(&a.Timer, now+time.Millisecond)
			return now + time.Hour
		case 2:
			w.Advance(&a.Timer, now+time.Millisecond)
			return 0 // Advance keeps it
		default:
			w.Stop(&a.Timer)
			return now + time.Millisecond
		}
	}
	w.Start(&a.Timer, a, 0)
	await(t, "lost", func() bool { return ticks.Load() == 3 && w.Len() == 0 })
}

// An owner that panics loses its timer; the others go on.
func TestPanic(t *testing.T) {
	w := New(time.Millisecond, 16)
	bad := &alarm{tick: func(time.Duration) time.Duration { panic("tick") }}
	var ticks atomic.Int64
	good := &alarm{tick: func(now time.Duration) time.Duration { ticks.Add(1); return now + time.Millisecond }}
	w.Start(&bad.Timer, bad, 0)
	w.Start(&good.Timer, good, 0)
	await(t, "stopped with the other", func() bool { return ticks.Load() > 10 && w.Len() == 1 })
	w.Stop(&good.Timer)
}
