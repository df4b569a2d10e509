package engineio

import (
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// Farewell says how the peer of a connection went.
type Farewell uint8

// The ways in which a peer goes.
const (
	// FarewellNone: it did not say anything. It was cut off, timed out, broke the
	// protocol or was closed by this side; or its goodbye proves nothing, because it
	// may not have heard from this side for long. The zero value.
	FarewellNone Farewell = iota
	// FarewellPolite: it closed in words, by the close packet of Engine.IO or by a
	// WebSocket close frame with status 1000 or without one, while the connection
	// was alive in both directions: the latest ping was answered, or the peer had
	// spoken within the ping interval and five seconds.
	FarewellPolite
	// FarewellAway: a WebSocket close frame with status 1001. A browser sends it for a
	// page that is being left.
	FarewellAway
)

// String implements fmt.Stringer.
func (f Farewell) String() string {
	switch f {
	case FarewellPolite:
		return "polite"
	case FarewellAway:
		return "away"
	}
	return "none"
}

// silence is how long after the ping interval a peer that owes a pong is believed
// to be alive. A client whose connection was dead closes it in words, too, when
// its own heartbeat is overdue; these words may arrive.
const silence = 5 * time.Second

// Farewell returns how the peer went. It is valid from the end on, in
// Session.Closed for the first time; before it is FarewellNone.
func (c *Conn) Farewell() Farewell {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.farewell
}

// Silence returns for how long the peer has not been heard of, by a message or a
// pong; after the end it goes on growing.
func (c *Conn) Silence() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.srv.wheel.Now() - c.heard
}

// bid notes the close frame of the peer, or with StatusNone its close packet, and
// ends the connection. What else came in the same read or the same POST does not
// count as a sign of life: it may have waited as long as the goodbye. The caller
// holds mu.
func (c *Conn) bid(status uint16) {
	if c.phase == phaseOpen {
		switch status {
		case ws.StatusGoingAway:
			c.farewell = FarewellAway
		case ws.StatusNone, ws.StatusNormal:
			if c.pongBy == 0 || c.srv.wheel.Now()-c.heard <= c.srv.o.PingInterval+silence {
				c.farewell = FarewellPolite
			}
		}
	}
	c.end(ReasonTransportClose)
}
