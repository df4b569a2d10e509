// Package wheel is a hashed timing wheel: very many timers, one goroutine, and
// no goroutine while there is no timer.
package wheel

import (
	"sync"
	"time"
)

// Owner is what a Timer belongs to.
type Owner interface {
	// Tick is called when the timer is due, on the goroutine of the wheel and
	// without any lock of it. It returns the time of the next call; zero stops
	// the timer. It must not block.
	Tick(now time.Duration) (next time.Duration)
}

// Timer is one timer; embed it in its owner. Its fields belong to the wheel.
type Timer struct {
	owner      Owner
	prev, next *Timer
	at         time.Duration
	state      uint8
}

const (
	stopped  uint8 = iota // in no slot
	armed                 // in the slot of at
	ticking               // taken out, Tick runs or is about to
	stopping              // as ticking, but Stop was called
)

// Wheel runs timers. Times are durations since the wheel was made, on the
// monotonic clock. It is safe for concurrent use.
type Wheel struct {
	grain time.Duration
	epoch time.Time

	mu      sync.Mutex
	slots   []Timer // heads of rings
	turned  int64   // the last grain that has been looked at
	count   int
	running bool
}

// New returns a wheel whose timers are late by up to one grain, never early.
// A turn takes slots grains; longer times are possible, they cost a look per turn.
func New(grain time.Duration, slots int) *Wheel {
	w := &Wheel{grain: grain, epoch: time.Now(), slots: make([]Timer, slots)}
	for i := range w.slots {
		head := &w.slots[i]
		head.prev, head.next = head, head
	}
	return w
}

// Now returns the time of the wheel.
func (w *Wheel) Now() time.Duration { return time.Since(w.epoch) }

// Start sets a timer that is not running.
func (w *Wheel) Start(t *Timer, owner Owner, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.state != stopped {
		return
	}
	t.owner = owner
	w.insert(t, at)
	w.count++
	if !w.running {
		w.running = true
		w.turned = int64(w.Now() / w.grain)
		go w.run()
	}
}

// Advance makes a running timer due at the given time if it would be later. One
// whose Tick runs is not touched: Tick sees what its owner knows by then, or the
// caller makes sure that it does.
func (w *Wheel) Advance(t *Timer, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case t.state == armed && at < t.at:
		w.remove(t)
		w.insert(t, at)
	case t.state == ticking && (t.at == 0 || at < t.at):
		t.at = at // run takes the earlier one
	}
}

// Stop ends a timer; a Tick that runs is its last.
func (w *Wheel) Stop(t *Timer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch t.state {
	case armed:
		w.remove(t)
		t.state, t.owner = stopped, nil
		w.count--
	case ticking:
		t.state = stopping
	}
}

// Len returns the number of timers.
func (w *Wheel) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// insert puts a timer into its slot; the caller holds mu.
func (w *Wheel) insert(t *Timer, at time.Duration) {
	t.at, t.state = at, armed
	// Rounded up, and never into a slot that has been looked at already.
	due := max(int64((at+w.grain-1)/w.grain), w.turned+1)
	head := &w.slots[due%int64(len(w.slots))]
	t.prev, t.next = head.prev, head
	t.prev.next, head.prev = t, t
}

func (w *Wheel) remove(t *Timer) {
	t.prev.next, t.next.prev = t.next, t.prev
	t.prev, t.next = nil, nil
}
