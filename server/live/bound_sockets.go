package live

import (
	"sync"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// boundSockets knows the sockets of each session and remembered login, by the rooms
// that an end of sessions names. Nothing can be sent to these rooms. The zero value is
// ready; it is safe for concurrent use.
type boundSockets[S comparable] struct {
	mu      sync.Mutex
	byRoom  map[string]map[S]struct{}
	sockets map[S]struct{}
}

// sessionRooms are the rooms of the identity's session; none for nobody.
func sessionRooms(id middleware.Identity) []string {
	var rooms []string
	if id.SessionID != 0 {
		rooms = append(rooms, events.RoomSession(id.SessionID))
	}
	if id.RememberedID != 0 {
		rooms = append(rooms, events.RoomRemembered(id.RememberedID))
	}
	return rooms
}

func (b *boundSockets[S]) add(id middleware.Identity, s S) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rooms := sessionRooms(id)
	if len(rooms) == 0 {
		return
	}
	if b.byRoom == nil {
		b.byRoom, b.sockets = map[string]map[S]struct{}{}, map[S]struct{}{}
	}
	b.sockets[s] = struct{}{}
	for _, room := range rooms {
		if b.byRoom[room] == nil {
			b.byRoom[room] = map[S]struct{}{}
		}
		b.byRoom[room][s] = struct{}{}
	}
}

func (b *boundSockets[S]) remove(id middleware.Identity, s S) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sockets, s)
	for _, room := range sessionRooms(id) {
		delete(b.byRoom[room], s)
		if len(b.byRoom[room]) == 0 {
			delete(b.byRoom, room)
		}
	}
}

// of returns each socket of the rooms once.
func (b *boundSockets[S]) of(rooms []string) []S {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []S
	seen := map[S]struct{}{}
	for _, room := range rooms {
		for s := range b.byRoom[room] {
			if _, known := seen[s]; !known {
				seen[s] = struct{}{}
				out = append(out, s)
			}
		}
	}
	return out
}

// each visits every socket of a session once, under the lock: visit must not come back
// here.
func (b *boundSockets[S]) each(visit func(S)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.sockets {
		visit(s)
	}
}
