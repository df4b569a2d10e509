package events

import (
	"slices"
	"sync"

	"github.com/relevo/relevo/models"
)

// waiting is what a goroutine is woken for: with or without events that are not kept.
// Its methods may be called concurrently.
type waiting struct {
	// rung has an element when somebody called since it was received from.
	rung chan struct{}

	mu     sync.Mutex
	latest []models.EventRecord
}

func newWaiting() *waiting { return &waiting{rung: make(chan struct{}, 1)} }

// call adds events and wakes, without waiting. Of equal events only the newest stays.
func (w *waiting) call(latest []models.EventRecord) {
	if len(latest) > 0 {
		w.mu.Lock()
		w.latest = newestOnly(w.latest, latest)
		w.mu.Unlock()
	}
	select {
	case w.rung <- struct{}{}:
	default:
	}
}

// take removes the events and returns them.
func (w *waiting) take() []models.EventRecord {
	w.mu.Lock()
	defer w.mu.Unlock()
	latest := w.latest
	w.latest = nil
	return latest
}

// newestOnly adds events to waiting ones and drops older ones that they replace.
func newestOnly(waiting, more []models.EventRecord) []models.EventRecord {
	for _, e := range more {
		kept := waiting[:0:0]
		for _, w := range waiting {
			if w.Name != e.Name || !slices.Equal(w.Rooms, e.Rooms) {
				kept = append(kept, w)
			}
		}
		waiting = append(kept, e)
	}
	return waiting
}
