package engineio

// Conn is one Engine.IO connection: a polling session, a WebSocket, or one that
// became the other. It is safe for concurrent use.
type Conn struct {
	id string
}

// ID returns the session id: 128 random bits, base64url.
func (c *Conn) ID() string { return c.id }

// Transport returns "polling" or "websocket".
func (c *Conn) Transport() string { return transportPolling }

// RemoteAddr returns what Options.ClientAddress said at the handshake.
func (c *Conn) RemoteAddr() string { return "" }

// SendOptions says what may become of frames that cannot leave at once.
type SendOptions struct {
	// Volatile frames are dropped when the transport cannot take them now.
	Volatile bool
	// Coalesce is a key: a queued unsent frame with the same key is replaced by
	// this one. Empty: none.
	Coalesce string
}

// Send queues frames, which stay together and in order, and writes what the
// transport takes now. It never blocks. It returns false when the connection is
// closed or the frames were dropped; a queue that overflows closes the
// connection with ReasonSlowConsumer.
func (c *Conn) Send(o SendOptions, frames ...*Frame) bool { return false }

// Close ends the connection; what is queued is dropped.
func (c *Conn) Close(reason Reason) {}

// CloseAfterFlush ends the connection as soon as what is queued has been
// written, or Options.WriteTimeout passed without progress.
func (c *Conn) CloseAfterFlush(reason Reason) {}
