package socketio

import (
	"context"
	"io"
	"log/slog"
)

// Adapter carries out what is meant for many sockets of one namespace. Local does it for this process; an adapter
// for several processes calls Local and publishes the same to the others, which call their Local. Its methods are
// called by any number of goroutines; apart from the two with a context they must not wait for a network.
// An adapter that is an io.Closer is closed with its namespace.
type Adapter interface {
	// Broadcast sends a packet. The bytes of p belong to the caller once it returns.
	Broadcast(target Target, p Encoded)
	// BroadcastWithAck sends a packet that asks for an acknowledgement and collects the answers. The ids of
	// acknowledgements are each process's own.
	BroadcastWithAck(ctx context.Context, target Target, p Encoded) (Answers, error)
	// Join and Leave change the rooms of the sockets.
	Join(target Target, rooms []string)
	Leave(target Target, rooms []string)
	// Disconnect ends the sockets, with closeTransport their connections, too.
	Disconnect(target Target, closeTransport bool)
	// FetchSockets describes the sockets.
	FetchSockets(ctx context.Context, target Target) ([]SocketInfo, error)
}

// Target is a set of sockets: all of them, or those that are in one of the rooms, without those that are in one of
// Except. No room and not All means nobody. The id of a socket is a room with that one member.
type Target struct {
	All    bool
	Rooms  []string
	Except []string
}

func (t *Target) nobody() bool { return !t.All && len(t.Rooms) == 0 }

// Encoded is an event as it goes to clients: the JSON array of its name and arguments, and the attachments that
// stand for the placeholders in it.
type Encoded struct {
	Payload     []byte
	Attachments [][]byte
	Delivery
}

// SocketInfo describes a socket that may be on another process.
type SocketInfo struct {
	ID      string
	Address string
	Rooms   []string
	Data    any
}

func closeAdapter(a Adapter, logger *slog.Logger) {
	if c, ok := a.(io.Closer); ok {
		if err := c.Close(); err != nil {
			logger.Warn("socketio: close the adapter", "error", err)
		}
	}
}
