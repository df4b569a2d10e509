package engineio

import (
	"log/slog"
	"net/http"
	"time"
)

// Options configures a Server. The zero value of every field means its default.
type Options struct {
	PingInterval     time.Duration // between two pings of the server; default 25 s
	PingTimeout      time.Duration // for the pong; default 20 s
	UpgradeTimeout   time.Duration // from the WebSocket handshake of an upgrade to its last packet; default 10 s
	HandshakeTimeout time.Duration // for the second request of a polling client; default 20 s
	WriteTimeout     time.Duration // without progress of a write; default 10 s

	// Plain serves plain WebSockets instead of Engine.IO, whatever the path and the
	// query: no packet comes before the messages of the application, which are made by
	// PlainText, and the heartbeat is that of WebSockets. A ping leaves every
	// PingInterval; the peer is dropped when it gives no sign of life, which a message is
	// as well as a pong, for PingTimeout after one. What the ResponseWriter's header
	// holds goes into the answer to a handshake. Transports, CORS, SameClient and
	// ConfirmAfter have no effect.
	Plain bool

	// ConfirmAfter is how long after a marked frame was queued a ping leaves at the
	// latest, so that Conn.Confirmed follows, give or take 50 ms. Such pings are
	// no closer to each other than that, none is sent while another one waits for its
	// answer, and none delays the ordinary ones. Less than 100 ms is taken as
	// 100 ms. Default 0: marks wait for the ordinary heartbeat.
	ConfirmAfter time.Duration

	// MaxPayload bounds a message, a WebSocket frame and the body of a POST, in
	// bytes. It is told to the client. Default 1e6.
	MaxPayload int64
	// Transports lists what is served, "polling" and "websocket"; default both.
	Transports []string

	MaxQueueBytes     int // not yet written, per connection; default 1 MiB
	MaxQueueFrames    int // the same, in frames; default 4096
	CoalesceFrom      int // frames queued before SendOptions.Coalesce applies, so that who keeps up gets each; default 0: always
	MaxPollPackets    int // packets in one POST; default 10000
	MaxFragments      int // WebSocket frames of one message; default 256
	MaxPingsPerSecond int // WebSocket pings and Engine.IO pongs of one connection; default 20

	// MaxConns bounds the connections of the server (answer 503) and
	// MaxConnsPerAddress those of one client address (answer 429); zero means
	// 100,000 and 1,000, a negative number no bound.
	MaxConns           int
	MaxConnsPerAddress int
	// ClientAddress names the peer of a request, for MaxConnsPerAddress and
	// Conn.RemoteAddr. Default: the host of Request.RemoteAddr.
	ClientAddress func(*http.Request) string

	// Allow is asked for each handshake, before anything is made or upgraded. A
	// *Refusal chooses the answer; any other error is 403 with code 4. Nil allows
	// everybody.
	Allow func(*http.Request) error
	// Admit takes a place for a connection that is about to be made, after Allow, and
	// returns how to give it back: that is called once, when the connection is gone or
	// could not be made. Both must not block or call the connection. A *Refusal
	// chooses the answer to who gets none; any other error is 429. Nil: no more
	// bounds than the above.
	Admit func(*http.Request) (release func(), err error)
	// SameClient is asked for each later polling request and for the upgrade.
	// False is answered 403 and leaves the session untouched. Nil: a session id
	// is proof enough.
	SameClient func(c *Conn, r *http.Request) bool
	// CORS returns the value of Access-Control-Allow-Origin for a request and
	// whether credentials are allowed; an empty origin sends no header. Nil: no
	// CORS headers, and preflight requests are refused.
	CORS func(*http.Request) (origin string, credentials bool)
	// CompressionThreshold is the length in bytes from which a polling answer is
	// compressed for a client that accepts it; default 1024, negative never.
	CompressionThreshold int

	// Logger gets what a developer may want to know, at debug, and panics of a
	// Session, at error. Nil: silence.
	Logger *slog.Logger
}

// minConfirmAfter keeps the pongs below MaxPingsPerSecond.
const minConfirmAfter = 100 * time.Millisecond

func (o Options) withDefaults() Options {
	duration := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	number := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	duration(&o.PingInterval, 25*time.Second)
	duration(&o.PingTimeout, 20*time.Second)
	duration(&o.UpgradeTimeout, 10*time.Second)
	duration(&o.HandshakeTimeout, 20*time.Second)
	duration(&o.WriteTimeout, 10*time.Second)
	if o.ConfirmAfter = max(o.ConfirmAfter, 0); o.Plain {
		o.ConfirmAfter = 0
	} else if o.ConfirmAfter > 0 {
		o.ConfirmAfter = max(o.ConfirmAfter, minConfirmAfter)
	}
	if o.MaxPayload <= 0 {
		o.MaxPayload = 1e6
	}
	if len(o.Transports) == 0 {
		o.Transports = []string{transportPolling, transportWebSocket}
	}
	number(&o.MaxQueueBytes, 1<<20)
	number(&o.MaxQueueFrames, 4096)
	number(&o.MaxPollPackets, 10000)
	number(&o.MaxFragments, 256)
	number(&o.MaxPingsPerSecond, 20)
	number(&o.MaxConns, 100_000)
	number(&o.MaxConnsPerAddress, 1000)
	number(&o.CompressionThreshold, 1024)
	if o.ClientAddress == nil {
		o.ClientAddress = remoteHost
	}
	return o
}
