package socketio

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/relevo/relevo/socketio/engineio"
)

// connect begins to join a namespace; the rest runs on the socket's worker. auth is the payload of the CONNECT.
func (c *client) connect(name string, auth json.RawMessage) {
	o := &c.server.options
	c.mu.Lock()
	count := len(c.sockets)
	c.mu.Unlock()
	if count >= o.MaxNamespaces {
		c.refuse(ReasonForcedClose, "too many namespaces")
		return
	}
	ns := c.server.acquire(name, auth)
	if ns == nil {
		c.answer(name, packetConnectError, []byte(`{"message":"Invalid namespace"}`))
		return
	}
	s := &Socket{ns: ns, client: c, conn: c.conn, opening: &opening{auth: auth}}
	c.mu.Lock()
	c.sockets = append(c.sockets, s)
	for i, former := range c.former {
		if former == name {
			c.former = append(c.former[:i], c.former[i+1:]...)
			break
		}
	}
	c.mu.Unlock()
	s.start()
}

// answer sends a packet that belongs to no connected socket.
func (c *client) answer(nsp string, kind packetType, data []byte) {
	c.conn.Send(engineio.SendOptions{}, textFrame(packet{kind: kind, nsp: nsp, id: noID, data: data}))
}

// open runs the middleware and, if it agrees, connects the socket. On its worker.
func (s *Socket) open() {
	ctx, cancel := context.WithTimeout(context.Background(), s.ns.server.options.MiddlewareTimeout)
	defer cancel()
	s.mu.Lock()
	if s.state != stateConnecting {
		s.mu.Unlock()
		return
	}
	s.opening.abort = cancel
	s.mu.Unlock()
	session := s.restore(ctx)
	if session == nil {
		s.id = newID()
	}
	if err := s.admit(ctx); err != nil {
		s.giveBack(session)
		s.reject(err)
		return
	}
	session = s.reauthorize(ctx, session)
	if !s.enterNamespace(session) {
		s.giveBack(session)
		return
	}
	s.client.joined()
	for _, run := range s.ns.currentConnect() {
		s.guard(func() { run(s) })
	}
	if !s.ns.server.options.KeepHandshake {
		s.mu.Lock()
		s.opening = nil
		s.mu.Unlock()
	}
}

// errPanicked is what a client is told whose middleware panicked.
var errPanicked = errors.New("internal error")

// admit asks the middleware.
func (s *Socket) admit(ctx context.Context) error {
	for _, m := range s.ns.currentMiddleware() {
		err := errPanicked
		s.guard(func() { err = m(ctx, s) })
		if err != nil {
			return err
		}
	}
	return nil
}

// reject answers CONNECT_ERROR. The connection stays: its client may ask again, or is closed by the time-out.
func (s *Socket) reject(err error) {
	s.mu.Lock()
	wanted := s.state == stateConnecting
	s.mu.Unlock()
	// First forgotten, then answered: the client may ask again as soon as it has the answer.
	s.end(reasonRefused)
	if wanted {
		s.client.answer(s.ns.name, packetConnectError, connectErrorPayload(err))
	}
}

// enterNamespace makes the socket a member and queues the CONNECT answer and what it missed in one step, so that
// no broadcast comes before the answer or is lost after it. It is false when the client has gone meanwhile.
func (s *Socket) enterNamespace(session *Session) bool {
	batch := s.ns.server.batch()
	defer s.ns.server.recycle(batch)
	if !s.enter(batch, session) {
		return false
	}
	batch.Flush()
	return true
}

// enter is enterNamespace without the writing.
func (s *Socket) enter(batch *engineio.Batch, session *Session) bool {
	ns := s.ns
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if !s.isConnecting() {
		return false
	}
	session, missed, mark := s.takeUp(session)
	pid := s.newPID(session)
	s.mu.Lock()
	if s.state != stateConnecting {
		s.mu.Unlock()
		return false
	}
	s.pid, s.state = pid, stateConnected
	s.opening.abort = nil
	answer := s.connectAnswer()
	s.mu.Unlock()
	ns.add(s)
	batch.Add(s.conn, engineio.SendOptions{}, engineio.Text(answer))
	if session != nil {
		ns.joinRooms(s, session.Rooms)
		s.replay(batch, missed, mark)
	}
	return true
}

// takeUp returns the session with what it missed, nil when it cannot go on: packets are gone, or another socket has
// taken it up meanwhile. The caller holds ns.mu.
func (s *Socket) takeUp(session *Session) (*Session, []LoggedPacket, uint64) {
	if session == nil {
		return nil, nil, 0
	}
	if s.ns.sockets[s.id] == nil {
		missed, mark, whole := s.ns.server.options.Recovery.Missed(s.ns.name, session)
		if whole {
			return session, missed, mark
		}
	}
	s.id, s.recovered = newID(), false
	return nil, nil, 0
}

// newPID returns the private id of the socket. The caller holds ns.mu.
func (s *Socket) newPID(session *Session) string {
	recovery := s.ns.server.options.Recovery
	if recovery == nil {
		return ""
	}
	if store, ok := recovery.(PIDs); ok {
		return store.NewPID(s)
	}
	if session != nil {
		return session.PID
	}
	return newID()
}

func (s *Socket) connectAnswer() []byte {
	data := append(make([]byte, 0, 80), `{"sid":"`...)
	data = append(data, s.id...)
	if s.pid != "" {
		data = append(data, `","pid":"`...)
		data = append(data, s.pid...)
	}
	data = append(data, `"}`...)
	return appendPacket(make([]byte, 0, 96), packet{kind: packetConnect, nsp: s.ns.name, id: noID, data: data})
}
