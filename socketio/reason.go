package socketio

import "github.com/relevo/relevo/socketio/engineio"

// Reason says why a socket was disconnected, in the words of the reference server.
type Reason = engineio.Reason

// Reasons of a disconnect. Those of the transport come from package engineio as they are.
const (
	ReasonTransportClose          = engineio.ReasonTransportClose // the client closed the connection, or it was lost
	ReasonTransportError          = engineio.ReasonTransportError // the connection failed
	ReasonPingTimeout             = engineio.ReasonPingTimeout    // no pong within the ping timeout
	ReasonParseError              = engineio.ReasonParseError     // the client sent something that is no packet
	ReasonForcedClose             = engineio.ReasonForcedClose    // the client sent a packet that its state forbids
	ReasonForcedServer     Reason = "forced server close"         // the client joined no namespace in time
	ReasonServerShutdown          = engineio.ReasonServerShutdown // Server.Close or Server.Drain
	ReasonSlowConsumer            = engineio.ReasonSlowConsumer   // what was queued for the client outgrew its bound
	ReasonClientDisconnect Reason = "client namespace disconnect" // the client left the namespace
	ReasonServerDisconnect Reason = "server namespace disconnect" // Socket.Disconnect
)

// reasonRefused ends a socket that was never connected; nobody is told it.
const reasonRefused Reason = ""

// recoverable reports whether a client that was lost for this reason may take its session up again.
// Leaving on purpose, being sent away and breaking the protocol end the session.
func recoverable(r Reason) bool {
	switch r {
	case ReasonClientDisconnect, ReasonServerDisconnect, ReasonParseError:
		return false
	}
	return true
}
