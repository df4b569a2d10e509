package socketio

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// Defaults of the options.
const (
	DefaultPath              = "/socket.io/"
	DefaultConnectTimeout    = 45 * time.Second
	DefaultMiddlewareTimeout = 30 * time.Second
	DefaultMaxNamespaces     = 20
	DefaultMaxDynamic        = 1000
	DefaultMaxAttachments    = 10
	DefaultMaxBinaryBytes    = 10 << 20
	DefaultAttachmentTimeout = 30 * time.Second
	DefaultMaxInbox          = 256
	DefaultMaxInboxBytes     = 2 << 20
	DefaultInboxTimeout      = 60 * time.Second
	DefaultMaxArguments      = 64
)

// Options configure a Server. The zero value is a working server with the defaults above; a negative number
// of a bound is the same as zero. Options are read once, by New.
type Options struct {
	// Engine configures the transports: heartbeat, sizes, queue bounds, origins, admission.
	Engine engineio.Options

	// Path is where ServeHTTP answers; "" is "/socket.io/".
	Path string

	// ClientDir is a directory that holds the browser bundle (socket.io.js, socket.io.min.js, their .map, ...),
	// served below Path. "" serves none.
	ClientDir string

	// ConnectTimeout is how long a client may stay without joining a namespace. 0 is 45 s.
	ConnectTimeout time.Duration

	// MiddlewareTimeout ends the context of the middleware of one CONNECT. 0 is 30 s.
	MiddlewareTimeout time.Duration

	// MaxNamespaces bounds the namespaces of one connection, those being joined included. 0 is 20.
	MaxNamespaces int

	// MaxDynamic bounds the namespaces that OfFunc makes, in all. 0 is 1000.
	MaxDynamic int

	// MaxAttachments bounds the attachments of one received packet. 0 is 10.
	MaxAttachments int

	// MaxBinaryBytes bounds the attachments of one received packet, together. 0 is 10 MiB.
	MaxBinaryBytes int

	// AttachmentTimeout is how long the attachments of one packet may take to arrive. 0 is 30 s.
	AttachmentTimeout time.Duration

	// MaxInbox and MaxInboxBytes bound the received events that wait for a socket's handlers. A connection that
	// exceeds them is not read until there is room: TCP tells the client to wait. 0 is 256 events and 2 MiB.
	MaxInbox      int
	MaxInboxBytes int

	// InboxTimeout is how long a connection waits for room in an inbox before it is closed. 0 is 60 s.
	InboxTimeout time.Duration

	// MaxArguments bounds the arguments of one received event. 0 is 64.
	MaxArguments int

	// Identify returns what the application wants to remember of the handshake request, such as the session that
	// its cookie names. It runs once per connection, before anything of the client is read; the request must not
	// be kept. The value is Handshake.Value. nil remembers nothing.
	Identify func(r *http.Request) any

	// SameClient is asked for each later polling request and for the upgrade of a connection, with what Identify
	// returned at its handshake. False is answered 403 and leaves the connection as it is. nil: a session id is
	// proof enough. It takes the place of Engine.SameClient.
	SameClient func(handshake any, r *http.Request) bool

	// KeepHandshake keeps the request's header and query and the CONNECT packet's auth for the life of the socket.
	// Without it the auth is there until the connect handlers have run, header and query are not.
	KeepHandshake bool

	// Recovery stores sessions and packets so that a client which lost its connection comes back without a gap.
	// nil switches connection state recovery off. NewMemoryRecovery keeps them in memory.
	Recovery RecoveryStore

	// Reauthorize is asked after the middleware accepted a client that recovers, and before anything is replayed.
	// It may read session.Data and change session.Rooms. An error refuses the recovery: the client gets a new session. nil allows it.
	Reauthorize func(ctx context.Context, s *Socket, session *Session) error

	// Confirmed is told when Conn().Confirmed() of a connected socket grew, with the new value. It runs on the
	// goroutine that reads the connection and must not block. nil: nobody is told.
	Confirmed func(s *Socket, mark uint64)

	// Adapter makes the adapter of each namespace, given the one that serves this process. nil takes that one.
	Adapter func(local *Local) Adapter

	// OnPanic is told about a panic in a handler, with the stack. The packet is lost, the socket lives on.
	// nil writes it to Logger.
	OnPanic func(s *Socket, value any, stack []byte)

	// Logger gets one line per refused or broken connection at debug, and panics at error. nil is silent.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Path == "" {
		o.Path = DefaultPath
	}
	if o.Path[len(o.Path)-1] != '/' {
		o.Path += "/"
	}
	positive(&o.ConnectTimeout, DefaultConnectTimeout)
	positive(&o.MiddlewareTimeout, DefaultMiddlewareTimeout)
	positive(&o.AttachmentTimeout, DefaultAttachmentTimeout)
	positive(&o.InboxTimeout, DefaultInboxTimeout)
	positive(&o.MaxNamespaces, DefaultMaxNamespaces)
	positive(&o.MaxDynamic, DefaultMaxDynamic)
	positive(&o.MaxAttachments, DefaultMaxAttachments)
	positive(&o.MaxBinaryBytes, DefaultMaxBinaryBytes)
	positive(&o.MaxInbox, DefaultMaxInbox)
	positive(&o.MaxInboxBytes, DefaultMaxInboxBytes)
	positive(&o.MaxArguments, DefaultMaxArguments)
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func positive[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}
