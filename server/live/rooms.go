package live

import (
	"strings"
	"sync"

	"github.com/relevo/relevo/events"
)

// rooms knows which member is in which room. One lock covers both directions,
// so a join that races with the last leave of a room is never lost. It is safe
// for concurrent use.
type rooms[M comparable] struct {
	mu      sync.RWMutex
	members map[string]map[M]struct{}
	joined  map[M]map[string]struct{}
}

func newRooms[M comparable]() *rooms[M] {
	return &rooms[M]{
		members: make(map[string]map[M]struct{}),
		joined:  make(map[M]map[string]struct{}),
	}
}

// enter makes m known; before that and after exit it can be in no room.
func (r *rooms[M]) enter(m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.joined[m]; !ok {
		r.joined[m] = make(map[string]struct{})
	}
}

// move makes m leave and then join rooms as one step. It does nothing for a
// member that is not known.
func (r *rooms[M]) move(m M, leave, join []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine, ok := r.joined[m]
	if !ok {
		return
	}
	for _, name := range leave {
		delete(mine, name)
		r.remove(m, name)
	}
	for _, name := range join {
		mine[name] = struct{}{}
		if r.members[name] == nil {
			r.members[name] = make(map[M]struct{})
		}
		r.members[name][m] = struct{}{}
	}
}

// exit takes m out of all rooms for good.
func (r *rooms[M]) exit(m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.joined[m] {
		r.remove(m, name)
	}
	delete(r.joined, m)
}

func (r *rooms[M]) remove(m M, name string) {
	delete(r.members[name], m)
	if len(r.members[name]) == 0 {
		delete(r.members, name)
	}
}

// audience returns each member of the union of names once, less the members of
// except. No names, nobody.
func (r *rooms[M]) audience(names, except []string) []M {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []M
	seen := make(map[M]struct{})
	for _, name := range names {
	members:
		for m := range r.members[name] {
			if _, ok := seen[m]; ok {
				continue
			}
			for _, not := range except {
				if _, ok := r.members[not][m]; ok {
					continue members
				}
			}
			seen[m] = struct{}{}
			out = append(out, m)
		}
	}
	return out
}

// all returns every known member.
func (r *rooms[M]) all() []M {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]M, 0, len(r.joined))
	for m := range r.joined {
		out = append(out, m)
	}
	return out
}

// of lists the rooms of a member.
func (r *rooms[M]) of(m M) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]string, 0, len(r.joined[m]))
	for name := range r.joined[m] {
		out = append(out, name)
	}
	return out
}

// count is the number of members of a room.
func (r *rooms[M]) count(name string) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.members[name])
}

// roleAmong is the role whose room is among the names, empty for none.
func roleAmong(names []string) string {
	for _, name := range names {
		if role, ok := strings.CutPrefix(name, events.RoomRole("")); ok {
			return role
		}
	}
	return ""
}
