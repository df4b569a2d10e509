package socketio

import (
	"context"
	"encoding/json"
	"slices"
)

// Broadcast is a set of sockets and a way of sending to them. It is a value: its methods return changed copies, and
// it may be kept and used by any number of goroutines. Emitting never waits for a client.
type Broadcast struct {
	ns     *Namespace
	target Target
	how    Delivery
}

// Delivery says how a packet may be sent. The zero value is the ordinary way: queued, in order, bounded by the
// engine's queue, whose overflow ends the connection with "slow consumer".
type Delivery struct {
	Volatile bool   // drop it for a client whose transport cannot take it now
	Latest   string // replace a packet of the same key that is still queued; "" does not

	// Of Broadcast.Logged. An Adapter for several processes gives them to none but its own: marks count what one
	// process has delivered.
	Logged bool
	Offset string
	Mark   uint64
}

// Except leaves out the sockets that are in one of the rooms. The id of a socket is a room.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.target.Except = append(slices.Clip(b.target.Except), rooms...)
	return b
}

// To adds rooms. It has no effect on a broadcast to all.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.target.Rooms = append(slices.Clip(b.target.Rooms), rooms...)
	return b
}

// Volatile drops packets for clients that cannot take them now. They are not replayed after a recovery.
func (b Broadcast) Volatile() Broadcast {
	b.how.Volatile = true
	return b
}

// Latest replaces, for each client, a queued packet of the same key that was not sent yet: of a value that only
// counts in its newest form a slow client gets fewer. It takes the place of the old one in the queue. These packets
// are not replayed after a recovery.
func (b Broadcast) Latest(key string) Broadcast {
	b.how.Latest = key
	return b
}

// Emit sends an event to the sockets, one copy each. The event is encoded once. Arguments are as in Socket.Emit;
// the error is ErrReservedName or one of encoding.
func (b Broadcast) Emit(name string, args ...any) error {
	data, attachments, err := encode(name, args)
	if err != nil {
		return err
	}
	b.broadcast(data, attachments)
	return nil
}

// EmitRaw is Emit with arguments that are JSON already and are not checked.
func (b Broadcast) EmitRaw(name string, args ...json.RawMessage) error {
	buffer := scratch.Get().(*[]byte)
	data, err := encodeRaw((*buffer)[:0], name, args)
	if err == nil {
		b.broadcast(data, nil)
	}
	putScratch(buffer, data)
	return err
}

func (b Broadcast) broadcast(data []byte, attachments [][]byte) {
	if b.target.nobody() {
		return
	}
	b.ns.adapter.Broadcast(b.target, Encoded{Payload: data, Attachments: attachments, Delivery: b.how})
}

// EmitWithAck sends an event to the sockets and collects their acknowledgements until all are there or ctx ends.
// Sockets that are lost meanwhile, or do not answer, are reported as missing. The error is ctx's when it ended
// before all had answered or gone; the answers are valid then, too.
func (b Broadcast) EmitWithAck(ctx context.Context, name string, args ...any) (Answers, error) {
	data, attachments, err := encode(name, args)
	if err != nil {
		return Answers{}, err
	}
	if b.target.nobody() {
		return Answers{}, nil
	}
	return b.ns.adapter.BroadcastWithAck(ctx, b.target, Encoded{Payload: data, Attachments: attachments, Delivery: b.how})
}

// Sockets returns the sockets of this process.
func (b Broadcast) Sockets() []*Socket {
	var found []*Socket
	b.ns.mu.RLock()
	defer b.ns.mu.RUnlock()
	b.ns.each(&b.target, func(s *Socket) { found = append(found, s) })
	return found
}

// Count returns the number of sockets of this process.
func (b Broadcast) Count() (n int) {
	b.ns.mu.RLock()
	defer b.ns.mu.RUnlock()
	b.ns.each(&b.target, func(*Socket) { n++ })
	return n
}

// FetchSockets describes the sockets of all processes that the adapter knows.
func (b Broadcast) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	return b.ns.adapter.FetchSockets(ctx, b.target)
}

// Join puts the sockets into rooms, on all processes.
func (b Broadcast) Join(rooms ...string) { b.ns.adapter.Join(b.target, rooms) }

// Leave takes the sockets out of rooms, on all processes.
func (b Broadcast) Leave(rooms ...string) { b.ns.adapter.Leave(b.target, rooms) }

// Disconnect disconnects the sockets, on all processes, as Socket.Disconnect does.
func (b Broadcast) Disconnect(closeTransport bool) { b.ns.adapter.Disconnect(b.target, closeTransport) }
