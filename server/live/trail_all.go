package live

import (
	"cmp"
	"slices"
)

// All returns every entry that is kept, oldest first.
func (t *Trail) All() []TrailEntry {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	out := slices.Concat(t.lives.entries, t.confirmed.entries)
	t.mu.Unlock()
	slices.SortFunc(out, func(a, b TrailEntry) int { return cmp.Compare(a.order, b.order) })
	return out
}
