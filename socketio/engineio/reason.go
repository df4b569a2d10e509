package engineio

// Reason says why a connection ended. The words are those of the reference
// server where it has one, so that they can be compared in logs.
type Reason string

// The reasons that this package gives. An application may pass any other text
// to Conn.Close.
const (
	ReasonTransportClose Reason = "transport close"         // the peer closed, or vanished with a FIN
	ReasonTransportError Reason = "transport error"         // a reset, a protocol error below Engine.IO, overlapping polls
	ReasonPingTimeout    Reason = "ping timeout"            // no pong within Options.PingTimeout
	ReasonParseError     Reason = "parse error"             // the peer sent what is no Engine.IO packet
	ReasonSlowConsumer   Reason = "slow consumer"           // the queue overflowed, or nothing could be written for Options.WriteTimeout
	ReasonForcedClose    Reason = "forced close"            // the application closed it
	ReasonServerShutdown Reason = "server shutting down"    // Server.Drain or Server.Close
	ReasonPanic          Reason = "server error"            // a Session panicked
	ReasonTooLarge       Reason = "payload too large"       // a message longer than Options.MaxPayload
	ReasonAbandoned      Reason = "handshake not completed" // a polling client never came back after its handshake
)
