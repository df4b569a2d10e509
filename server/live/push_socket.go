package live

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// pushPhase is what a push socket gets.
type pushPhase uint8

const (
	pushMute     pushPhase = iota // nothing
	pushCatching                  // what has happened is read; what happens waits
	pushLive                      // what happens
)

// maxPending bounds what waits while the open requests are read. With more they are
// read once more.
const maxPending = 1000

// pushSocket is one push socket. Push.mu guards what is below it.
type pushSocket struct {
	push    *Push
	line    pushLine
	address string
	visitor string // "" when no sign-in can wake it
	opened  time.Time
	sent    atomic.Int64
	answers answers

	identity middleware.Identity
	rooms    []string // nil while mute
	phase    pushPhase
	since    string // what it has, as it said; used once
	pending  []*pushMessage
	overflow bool // something did not fit into pending

	doubted   bool          // who it speaks for has to be looked up
	request   *http.Request // the handshake, when that could not be asked for it; else nil
	attempt   int           // changes with the rooms: what was read for others is not sent
	attending bool          // a goroutine looks after it
	gone      bool
}

// hears reports whether a message is for the socket.
func (s *pushSocket) hears(m Message) bool {
	in := func(room string) bool { return slices.Contains(s.rooms, room) }
	return slices.ContainsFunc(m.Rooms, in) && !slices.ContainsFunc(m.Except, in)
}

// take sends a message, or keeps it until what came before is sent. The caller holds
// Push.mu and flushes the batch.
func (s *pushSocket) take(batch pushBatch, m *pushMessage) {
	switch {
	case s.phase == pushLive:
		if batch.add(s.line, m) {
			s.noteSent(1)
		}
	case s.phase != pushCatching, m.key != "":
		// Of what only the newest counts the next one comes soon.
	case len(s.pending) == maxPending:
		s.overflow = true
	default:
		s.pending = append(s.pending, m)
	}
}

func (s *pushSocket) noteSent(n int) {
	s.sent.Add(int64(n))
	s.push.counts.sent.Add(int64(n))
}

// say sends one message at once, outside of the order of events.
func (s *pushSocket) say(body []byte) {
	if s.line.send(newPushFrame(body)) {
		s.noteSent(1)
	}
}

// roomsOf says in which rooms a socket is; nil is a mute one. Who listens without a
// session is in none of the rooms of sessions.
func (p *Push) roomsOf(id middleware.Identity, address string) []string {
	switch {
	case !id.Anonymous() && slices.Contains(p.config.Roles, id.Role):
		return []string{events.RoomRole(id.Role), events.RoomUser(id.UserID), events.RoomAuthenticated, events.RoomPublic}
	case p.config.Access == PushOpen, p.config.Access == PushNetwork && p.isNear(address):
		return []string{events.RoomEmergencies, events.RoomPublic}
	}
	return nil
}

// viewerOf is who reads the log for a socket in the rooms.
func viewerOf(id middleware.Identity, rooms []string) events.Viewer {
	if slices.Contains(rooms, events.RoomAuthenticated) {
		return events.Viewer{UserID: id.UserID, Role: id.Role}
	}
	return events.Viewer{Rooms: rooms}
}

// state is a word for the log.
func (s *pushSocket) state() string {
	if s.phase == pushMute {
		return "mute"
	}
	return "listening"
}

// answers bounds how often a client is answered. It belongs to the goroutine that reads.
type answers struct {
	second int64
	n      int
}

// answersPerSecond is how many {"type":"ping"} of one socket are answered in a second.
const answersPerSecond = 5

func (a *answers) allow(now time.Time) bool {
	if second := now.Unix(); second != a.second {
		a.second, a.n = second, 0
	}
	a.n++
	return a.n <= answersPerSecond
}

// newRole is the role of a user whose sockets leave and join rooms; false when that does
// not concern roles.
func newRole(leave, join []string, role string) (string, bool) {
	for _, room := range join {
		if name, ok := strings.CutPrefix(room, events.RoomRole("")); ok {
			return name, true
		}
	}
	return "", slices.Contains(leave, events.RoomRole(role))
}
