package live

import (
	"sync"
	"sync/atomic"
)

// adminReasons are why sockets went, by their ids, until the next look. Beyond adminListed
// none is kept. The zero value keeps none; it is safe for concurrent use.
type adminReasons struct {
	wanted atomic.Bool

	mu   sync.Mutex
	kept map[string]string
}

// want begins or ends to keep them.
func (r *adminReasons) want(yes bool) {
	r.wanted.Store(yes)
	r.take()
}

func (r *adminReasons) note(id, reason string) {
	if !r.wanted.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[string]string{}
	}
	if len(r.kept) < adminListed {
		r.kept[id] = reason
	}
}

// take returns them and begins anew.
func (r *adminReasons) take() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept
	r.kept = nil
	return kept
}
