package live

import "sync/atomic"

// Counters holds the running totals of this process's sockets. They only grow.
// All methods may be called concurrently. The label sets are closed: a reason
// that is not in its list is counted as "other", so a client cannot invent
// label values.
type Counters struct {
	connects          [len(transportNames)]atomic.Int64
	disconnects       [len(disconnectReasons) + 1]atomic.Int64
	handshakeFailures [len(failureReasons) + 1]atomic.Int64
	joinRefusals      atomic.Int64
	handlerPanics     atomic.Int64
}

// Why a handshake was refused, as Counters knows it.
const (
	FailureOrigin   = "origin"
	FailureAuth     = "auth"
	FailureRate     = "rate"
	FailureProtocol = "protocol"
	FailureFull     = "full"
)

var (
	transportNames    = [...]string{"polling", "websocket"}
	disconnectReasons = [...]string{
		"transport close", "transport error", "ping timeout", "forced close", "parse error",
		"client namespace disconnect", "server namespace disconnect",
		"forced server close", "server shutting down", "slow consumer", "payload too large", reasonFlood,
	}
	failureReasons = [...]string{FailureOrigin, FailureAuth, FailureRate, FailureProtocol, FailureFull}
)

// NewCounters returns counters that stand at zero.
func NewCounters() *Counters { return &Counters{} }

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return len(names)
}

// Connect counts one socket that joined the namespace over the transport.
func (c *Counters) Connect(transport string) {
	if i := indexOf(transportNames[:], transport); i < len(c.connects) {
		c.connects[i].Add(1)
	}
}

// Disconnect counts one end of a socket, with the reason in Socket.IO words.
func (c *Counters) Disconnect(reason string) {
	c.disconnects[indexOf(disconnectReasons[:], reason)].Add(1)
}

// HandshakeFailure counts one refused request, with one of the Failure reasons.
func (c *Counters) HandshakeFailure(reason string) {
	c.handshakeFailures[indexOf(failureReasons[:], reason)].Add(1)
}

// JoinRefusal counts one client room that a socket asked for and did not get.
func (c *Counters) JoinRefusal() { c.joinRefusals.Add(1) }

// HandlerPanic counts one panic that was contained to its packet.
func (c *Counters) HandlerPanic() { c.handlerPanics.Add(1) }

// Totals is one reading of Counters. Every known label is present, also at zero.
type Totals struct {
	Connects          map[string]int64 // by transport
	Disconnects       map[string]int64 // by reason
	HandshakeFailures map[string]int64 // by reason
	JoinRefusals      int64
	HandlerPanics     int64
}

// Totals reads all counters. The values are each exact but not of one instant.
func (c *Counters) Totals() Totals {
	t := Totals{
		Connects:          read(transportNames[:], c.connects[:]),
		Disconnects:       read(disconnectReasons[:], c.disconnects[:]),
		HandshakeFailures: read(failureReasons[:], c.handshakeFailures[:]),
		JoinRefusals:      c.joinRefusals.Load(),
		HandlerPanics:     c.handlerPanics.Load(),
	}
	return t
}

func read(names []string, values []atomic.Int64) map[string]int64 {
	m := make(map[string]int64, len(values))
	for i := range values {
		name := "other"
		if i < len(names) {
			name = names[i]
		}
		m[name] = values[i].Load()
	}
	return m
}
