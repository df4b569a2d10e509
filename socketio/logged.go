package socketio

import "github.com/relevo/relevo/socketio/engineio"

// Logged says that the event is one of an ordered log that the application keeps. Its packet carries offset, the
// content of a JSON string without escapes, as last argument, for every client: one that recovers names the last
// that it got. "" appends nothing. Its frames carry mark, see engineio.SendOptions: a connection that has had the
// mark does not get the packet again, and Conn().Confirmed() tells how far a client has got. Marks belong to
// the connection, so all of a server come from one count. RecoveryStore.Append is not called: the log is the store.
//
// The caller broadcasts the events of the log one after the other, in the order of their marks. Logged has no
// effect on Volatile and Latest packets, which a client may get out of order or not at all, nor on those that want an
// acknowledgement.
func (b Broadcast) Logged(offset string, mark uint64) Broadcast {
	b.how.Logged, b.how.Offset, b.how.Mark = true, offset, mark
	return b
}

// ordered reports whether every client gets the packet, in order.
func (d *Delivery) ordered() bool { return !d.Volatile && d.Latest == "" }

// JoinWith puts the socket into rooms, calls first and queues the packets that it returns, as one step: no
// broadcast to the namespace falls between, so a socket misses nothing and gets nothing twice when first returns
// what was said in the rooms until then. Each packet is queued with its mark, and the mark of the connection is
// raised to the one returned; it is confirmed when the packets are. 0 leaves it. first may be nil.
//
// first runs under the lock of the namespace: it must not wait, nor call the Namespace, a Socket's Join, Leave,
// Rooms or Emit, or a Broadcast. On a socket that is not connected JoinWith does nothing, and first is not called.
func (s *Socket) JoinWith(rooms []string, first func() (packets []LoggedPacket, mark uint64)) {
	batch := s.ns.server.batch()
	defer s.ns.server.recycle(batch)
	s.joinWith(batch, rooms, first)
	batch.Flush()
}

func (s *Socket) joinWith(batch *engineio.Batch, rooms []string, first func() ([]LoggedPacket, uint64)) {
	ns := s.ns
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.sockets[s.id] != s {
		return
	}
	ns.joinRooms(s, rooms)
	if first != nil {
		packets, mark := first()
		s.replay(batch, packets, mark)
	}
}

// replay queues packets that the socket missed and raises its connection's mark. The caller holds ns.mu.
func (s *Socket) replay(batch *engineio.Batch, packets []LoggedPacket, mark uint64) {
	for i := range packets {
		p := &packets[i]
		frames := s.ns.frames(noID, withOffset(p.Payload, p.Offset), p.Attachments)
		batch.Add(s.conn, engineio.SendOptions{Mark: p.Mark}, frames...)
	}
	if len(packets) > 0 {
		s.conn.MarkQueued(mark)
	} else {
		s.conn.SetMark(mark)
	}
}
