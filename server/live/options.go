package live

import (
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Options are what both engines understand. A zero field means its default, so
// the zero Options are the values of contract section 1.1.
type Options struct {
	// PingInterval is how long the server waits between pings. Default 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a pong may take before the socket is closed.
	// Default 120 s.
	PingTimeout time.Duration
	// MaxPayload bounds one inbound message and one POST body, in bytes.
	// Default 1,000,000.
	MaxPayload int64
	// ConnectTimeout is how long a client may stay without a namespace.
	// Default 45 s.
	ConnectTimeout time.Duration
	// WriteTimeout bounds one write to a peer that does not read. Default 10 s.
	WriteTimeout time.Duration
	// ConfirmAfter is how soon after an event of the log a socket is asked for a
	// confirmation, by an early ping. Zero: at the ordinary heartbeat. Native only.
	ConfirmAfter time.Duration
	// Replay sends to sockets what they missed. Nil: nothing is replayed. Native only.
	Replay *Replay
	// Trail notes what happens to the sockets of signed-in users. Nil: nobody asks.
	Trail *Trail
	// Admin opens the namespace of the official Admin UI. Nil: there is none. Native only.
	Admin *AdminConfig
	// Places is asked for each transport that begins. Nil: there is always one.
	Places *Places
	// Counters receives what the engine counts. Nil means that nobody looks.
	Counters *Counters
	// Log gets what a person on call has to know; what clients do wrong goes to
	// it at debug level. Nil means silence.
	Log *zap.Logger
	// Now is the clock of SocketState.Since. Nil means time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.PingInterval <= 0 {
		o.PingInterval = 25 * time.Second
	}
	if o.PingTimeout <= 0 {
		o.PingTimeout = 120 * time.Second
	}
	if o.MaxPayload <= 0 {
		o.MaxPayload = 1_000_000
	}
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = 45 * time.Second
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 10 * time.Second
	}
	if o.Counters == nil {
		o.Counters = NewCounters()
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// address names the client of a request, as the limits do.
func (o Options) address(r *http.Request) string {
	if o.Places != nil {
		return o.Places.limits.address(r)
	}
	return Limits{}.address(r)
}
