package wheel

import "time"

// run turns the wheel for as long as it has timers.
func (w *Wheel) run() {
	ticker := time.NewTicker(w.grain)
	defer ticker.Stop()
	var due []*Timer
	for range ticker.C {
		now := w.Now()
		w.mu.Lock()
		if w.count == 0 {
			w.running = false
			w.mu.Unlock()
			return
		}
		due = w.collect(due[:0], now)
		w.mu.Unlock()
		for i, t := range due {
			w.fire(t, now)
			due[i] = nil
		}
		if cap(due) > 1024 {
			due = nil
		}
	}
}

// collect takes out the timers that are due; the caller holds mu.
func (w *Wheel) collect(due []*Timer, now time.Duration) []*Timer {
	until := int64(now / w.grain)
	slots := int64(len(w.slots))
	// After a long pause of the process one turn sees every slot.
	w.turned = max(w.turned, until-slots)
	for w.turned < until {
		w.turned++
		head := &w.slots[w.turned%slots]
		for t := head.next; t != head; {
			next := t.next
			if t.at <= now {
				w.remove(t)
				t.state, t.at = ticking, 0
				due = append(due, t)
			}
			t = next
		}
	}
	return due
}

// fire calls the owner and sets the timer again.
func (w *Wheel) fire(t *Timer, now time.Duration) {
	w.mu.Lock()
	owner := t.owner
	if t.state == stopping {
		w.end(t)
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	next := tick(owner, now)
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.state == stopping || next <= 0 && t.at == 0 {
		w.end(t)
		return
	}
	if next <= 0 || t.at > 0 && t.at < next {
		next = t.at
	}
	w.insert(t, next)
}

// end is for a timer that was taken out; the caller holds mu.
func (w *Wheel) end(t *Timer) {
	t.state, t.owner, t.at = stopped, nil, 0
	w.count--
}

// tick calls the owner; one that panics loses its timer, the wheel goes on.
func tick(owner Owner, now time.Duration) (next time.Duration) {
	defer func() {
		if recover() != nil {
			next = 0
		}
	}()
	return owner.Tick(now)
}
