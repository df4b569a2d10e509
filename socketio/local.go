package socketio

import (
	"context"
	"fmt"

	"github.com/relevo/relevo/socketio/engineio"
)

// Local is the Adapter for the sockets of this process.
type Local struct {
	ns *Namespace
}

// Namespace returns the namespace that the adapter serves.
func (l *Local) Namespace() *Namespace { return l.ns }

// Broadcast queues the packet for each socket and lets the connections be written in the background.
func (l *Local) Broadcast(target Target, p Encoded) {
	ns := l.ns
	o := engineio.SendOptions{Volatile: p.Volatile, Coalesce: p.Latest}
	batch := ns.server.batch()
	defer ns.server.recycle(batch)
	if recovery := ns.server.options.Recovery; recovery != nil && p.ordered() && !p.Logged {
		// Exclusive, so that every client gets the packets in the order of their offsets.
		ns.mu.Lock()
		offset := recovery.Append(ns.name, LoggedPacket{Target: target, Payload: p.Payload, Attachments: p.Attachments})
		frames := ns.frames(noID, withOffset(p.Payload, offset), p.Attachments)
		ns.each(&target, func(s *Socket) { batch.Add(s.conn, o, frames...) })
		ns.mu.Unlock()
	} else {
		payload := p.Payload
		if p.Logged && p.ordered() {
			payload, o.Mark = withOffset(payload, p.Offset), p.Mark
		}
		frames := ns.frames(noID, payload, p.Attachments)
		ns.mu.RLock()
		ns.each(&target, func(s *Socket) { batch.Add(s.conn, o, frames...) })
		ns.mu.RUnlock()
	}
	batch.Flush()
}

// BroadcastWithAck sends the packet and waits for the answers of this process's sockets.
func (l *Local) BroadcastWithAck(ctx context.Context, target Target, p Encoded) (Answers, error) {
	ns := l.ns
	id := ns.ackIDs.Add(1)
	frames := ns.frames(id, p.Payload, p.Attachments)
	o := engineio.SendOptions{Volatile: p.Volatile, Coalesce: p.Latest}
	w := newManyWaiter()
	batch := ns.server.batch()
	ns.mu.RLock()
	ns.each(&target, func(s *Socket) {
		w.expect(s)
		if !s.await(id, w) {
			w.lost(s)
		} else if !batch.Add(s.conn, o, frames...) {
			s.unawait(id)
			w.lost(s)
		}
	})
	ns.mu.RUnlock()
	batch.Flush()
	ns.server.recycle(batch)
	w.arm()
	select {
	case <-w.done:
		return w.stop(id), nil
	case <-ctx.Done():
		answers := w.stop(id)
		return answers, fmt.Errorf("socketio: %d acknowledgements missing: %w", len(answers.Missing), ctx.Err())
	}
}

// Join puts the sockets into rooms.
func (l *Local) Join(target Target, rooms []string) {
	l.change(target, func(s *Socket) {
		l.ns.joinRooms(s, rooms)
	})
}

// Leave takes the sockets out of rooms.
func (l *Local) Leave(target Target, rooms []string) {
	l.change(target, func(s *Socket) {
		for _, name := range rooms {
			l.ns.leaveRoom(s, name)
		}
	})
}

// change collects first: the rooms that are walked are those that are changed.
func (l *Local) change(target Target, do func(*Socket)) {
	l.ns.mu.Lock()
	defer l.ns.mu.Unlock()
	var found []*Socket
	l.ns.each(&target, func(s *Socket) { found = append(found, s) })
	for _, s := range found {
		do(s)
	}
}

// Disconnect ends the sockets.
func (l *Local) Disconnect(target Target, closeTransport bool) {
	for _, s := range (Broadcast{ns: l.ns, target: target}).Sockets() {
		s.Disconnect(closeTransport)
	}
}

// FetchSockets describes the sockets.
func (l *Local) FetchSockets(_ context.Context, target Target) ([]SocketInfo, error) {
	sockets := (Broadcast{ns: l.ns, target: target}).Sockets()
	infos := make([]SocketInfo, len(sockets))
	for i, s := range sockets {
		infos[i] = SocketInfo{ID: s.id, Address: s.conn.RemoteAddr(), Rooms: s.Rooms(), Data: s.Data()}
	}
	return infos, nil
}
