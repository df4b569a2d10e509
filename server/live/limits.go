package live

import (
	"net/http"
	"time"

	"github.com/relevo/relevo/middleware"
)

// Limits says how much of this process one client may use. A field that is zero
// bounds nothing, so the zero Limits let everything in.
type Limits struct {
	// Connections, ConnectionsPerAddress and ConnectionsPerUser bound the open
	// transports, also those that have joined nothing yet.
	Connections, ConnectionsPerAddress, ConnectionsPerUser int
	// HandshakesPerSecond of one address, and HandshakeBurst of them at once.
	HandshakesPerSecond, HandshakeBurst int
	// EventsPerSecond that one socket may send, and EventBurst of them at once.
	EventsPerSecond, EventBurst int
	// UserEventsPerSecond that all sockets of a user may send together, and twice as
	// many at once.
	UserEventsPerSecond int
	// ClientRooms is how many client rooms one socket may be in, and
	// ClientRoomsPerMinute how many it may ask for, all of them at once if it likes.
	ClientRooms, ClientRoomsPerMinute int
	// RefreshesPerMinute of dashboards of one user, five of them at once.
	RefreshesPerMinute int
	// Address names the client of a request. Nil takes the peer's address.
	Address func(*http.Request) string
	// Exceeded is told of each refusal; it must not wait. Nil: nobody is told.
	Exceeded func(Excess)
}

// Excess is one refusal.
type Excess struct {
	Limit   string // its configuration key
	Address string // whom it refused; empty when only the user is known
	UserID  int64  // 0 for nobody who is signed in
	Agent   string
}

// The limits by their configuration keys.
const (
	LimitConnections           = "limits.connections"
	LimitConnectionsPerAddress = "limits.connections_per_address"
	LimitConnectionsPerUser    = "limits.connections_per_user"
	LimitHandshakes            = "limits.handshakes_per_second"
	LimitEvents                = "limits.events_per_second"
	LimitUserEvents            = "limits.user_events_per_second"
	LimitClientRooms           = "limits.client_rooms"
	LimitClientRoomsPerMinute  = "limits.client_rooms_per_minute"
	LimitRefreshes             = "limits.refreshes_per_minute"
)

const (
	refreshBurst = 5
	// comeAgain is what who finds no place is told to wait.
	comeAgain = 5 * time.Second

	watchesAtOnce  = 32 // client rooms that are kept for a socket which comes back
	longestDNI     = 32 // bytes of a document number that may name a room
	longestDNIEcho = 64 // bytes of one that is answered at all
)

func (l Limits) address(r *http.Request) string {
	if l.Address != nil {
		return l.Address(r)
	}
	var nobody *middleware.Proxies
	return nobody.ClientAddress(r)
}

func (l Limits) exceeded(e Excess) {
	if l.Exceeded != nil {
		l.Exceeded(e)
	}
}
