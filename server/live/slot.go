package live

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/relevo/relevo/models"
)

// slot is how far one socket of a signed-in session has got. The keeper writes it
// to the database. It is safe for concurrent use.
type slot struct {
	id, key string
	userID  int64
	byPID   bool
	opened  int64 // set by the keeper before it is stored
	socket  slotSocket

	mu        sync.Mutex
	start     models.EventCursor // what the socket is owed follows it
	base      models.EventCursor // the socket's place when it had joined its rooms
	baseMark  uint64             // its mark then; 0 before
	confirmed uint64             // mark that the client has confirmed
	stored    bool               // there is a row
	told      bool               // the row says so
	position  string             // of the row; empty when that is not known
	rooms     []string
	roomsMove bool
	late      late
}

// slotSocket is the socket of a slot.
type slotSocket interface {
	// sendOwed sends what follows the cursor and is behind the place where the socket
	// began.
	sendOwed(owed models.EventCursor)
	// sendResync tells the client to load everything again.
	sendResync(reason string)
	// settled is a place that the client has reached because nothing is on its way to
	// it, and the mark of that place; false when something is.
	settled() (place models.EventCursor, mark uint64, ok bool)
	// connected reports whether the client is in the namespace.
	connected() bool
}

// place is where a socket that has confirmed the mark stands.
func (s *slot) place(mark uint64, at func(mark uint64) (models.EventCursor, bool)) (models.EventCursor, bool) {
	switch {
	case s.baseMark == 0 || mark < s.baseMark:
		return models.EventCursor{}, false
	case mark == s.baseMark:
		return s.base, true
	}
	return at(mark)
}

// join notes where the socket stood when it had joined its rooms.
func (s *slot) join(base models.EventCursor, mark, confirmed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base, s.baseMark = base, mark
	s.confirmed = max(s.confirmed, confirmed)
}

// confirm notes that the client has everything up to the mark.
func (s *slot) confirm(mark uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.confirmed = max(s.confirmed, mark)
}

// began is where the socket's own events began.
func (s *slot) began() models.EventCursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.start
}

// watch notes a client room; at most watchesAtOnce are kept.
func (s *slot) watch(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.rooms {
		if known == room {
			return
		}
	}
	if len(s.rooms) < watchesAtOnce {
		s.rooms, s.roomsMove = append(s.rooms, room), true
	}
}

// watching lists the client rooms of the slot.
func (s *slot) watching() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rooms)
}

func roomsText(rooms []string) string {
	if len(rooms) == 0 {
		return "[]"
	}
	text, err := json.Marshal(rooms)
	if err != nil {
		return "[]"
	}
	return string(text)
}

func parseRooms(text string) []string {
	var rooms []string
	if json.Unmarshal([]byte(text), &rooms) != nil {
		return nil
	}
	return rooms
}
