package socketio

import "context"

// Disconnect takes the client out of the namespace and tells it so, which keeps it from coming back by itself.
// With closeTransport its whole connection is closed, the other namespaces too, when everything queued has been
// written. The reason of the disconnect is "server namespace disconnect". Events that wait are dropped.
func (s *Socket) Disconnect(closeTransport bool) {
	if !closeTransport {
		s.sendAway()
		return
	}
	c := s.client
	for _, each := range c.all() {
		each.sendAway()
	}
	c.close(ReasonServerDisconnect)
}

// sendAway ends the socket and queues the DISCONNECT packet: in this order, so that nothing follows the packet.
func (s *Socket) sendAway() {
	if s.end(ReasonServerDisconnect) {
		s.client.answer(s.ns.name, packetDisconnect, nil)
	}
}

// end takes the socket out of everything, once. The disconnect handlers run on its worker. It is true for the call
// that ended a connected socket.
func (s *Socket) end(reason Reason) bool {
	s.mu.Lock()
	if s.state == stateEnded {
		s.mu.Unlock()
		return false
	}
	connected := s.state == stateConnected
	s.state, s.ending = stateEnded, &ending{reason: reason}
	acks, life := s.acks, s.life
	s.acks = nil
	var abort context.CancelFunc
	if s.opening != nil {
		abort, s.opening.abort = s.opening.abort, nil
	}
	if reason == ReasonServerDisconnect {
		s.inbox.clear()
	} else {
		s.inbox.wake()
	}
	s.mu.Unlock()

	if life != nil {
		life.cancel()
	}
	if abort != nil {
		abort()
	}
	s.client.forget(s, reason)
	for _, a := range acks {
		a.to.lost(s)
	}
	if connected {
		s.farewell(reason)
	}
	s.ns.server.release(s.ns)
	return connected
}

// farewell is the end of a socket that was connected.
func (s *Socket) farewell(reason Reason) {
	rooms := s.ns.remove(s)
	s.save(rooms, reason)
	s.mu.Lock()
	s.ending.rooms, s.ending.kept = rooms, true
	idle := !s.working
	s.working = true
	s.mu.Unlock()
	if idle {
		s.ns.server.workers.run(s)
	}
}
