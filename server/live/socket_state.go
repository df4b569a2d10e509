package live

import (
	"time"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// SocketState is one open socket of the root namespace as it is now. What an engine
// does not know is zero.
type SocketState struct {
	SID, Transport string
	Address        string              // of the client, as the limits count it
	Identity       middleware.Identity // with the role as it is now
	Since          time.Time           // it came
	// Packets and Bytes are queued and not written yet. Native only.
	Packets, Bytes int
	// Confirmed is the ordinal (events.Delivery) of the last event of the log that was
	// sent as it happened and that the client has confirmed; 0 for none. Native only.
	Confirmed uint64
	// Reached is a place of the log: what is behind it and was addressed to the socket, its
	// client has confirmed. The zero cursor when that is not known. Native only.
	Reached models.EventCursor
	// Settled says that no event of the log is on its way to it. False without a Replay.
	Settled bool
	// Rooms are only in the answer of Engine.SocketState, in no order.
	Rooms []string
}
