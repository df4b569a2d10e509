package socketio

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// client is one connection and the sockets on it: an engineio.Session. Message, Idle and Closed are called by one
// goroutine at a time; that one alone touches pending.
type client struct {
	server  *Server
	conn    *engineio.Conn
	arrival arrival
	pending *reassembly

	mu      sync.Mutex
	sockets []*Socket // connecting or connected, at most one for each namespace
	former  []string  // namespaces that the server sent it away from: what crosses that packet is no offence
	closed  bool
	reason  Reason      // why it is being closed; "" leaves it to the engine
	timer   *time.Timer // ends a connection that joins no namespace; nil when one was joined
}

// accept is the engineio.Handler of the server.
func (s *Server) accept(conn *engineio.Conn, r *http.Request) engineio.Session {
	c := &client{server: s, conn: conn, arrival: arrivalOf(r, &s.options)}
	if !s.enter(c) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(s.options.ConnectTimeout, c.connectTimedOut)
	return c
}

func (c *client) connectTimedOut() {
	c.mu.Lock()
	idle := c.timer != nil && !c.closed
	c.mu.Unlock()
	if idle {
		c.close(ReasonForcedServer)
	}
}

// joined is told when the first socket of the connection is connected.
func (c *client) joined() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// close ends the connection without a word of this protocol, so that a client may come back by itself.
func (c *client) close(reason Reason) {
	c.because(reason)
	c.conn.CloseAfterFlush(reason)
}

// because notes why the connection is being closed; the first reason counts.
func (c *client) because(reason Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == "" {
		c.reason = reason
	}
}

// all returns the sockets of the connection, connecting or connected.
func (c *client) all() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sockets)
}

// refuse closes a connection that broke the protocol.
func (c *client) refuse(reason Reason, why string) {
	c.server.options.Logger.Debug("socketio: connection refused",
		"conn", c.conn.ID(), "addr", c.conn.RemoteAddr(), "reason", string(reason), "why", why)
	c.because(reason)
	c.conn.Close(reason)
}

// shutDown ends the sockets of a connection that the engine is about to close.
func (c *client) shutDown() {
	c.because(ReasonServerShutdown)
	for _, s := range c.all() {
		s.end(ReasonServerShutdown)
	}
}

// refused reports whether the rest of what the client sends is to be ignored.
func (c *client) refused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || c.reason != ""
}

// Message takes one Engine.IO message.
func (c *client) Message(data []byte, binary bool) {
	if c.refused() {
		return
	}
	if binary {
		c.attachment(data)
		return
	}
	if c.pending != nil {
		c.refuse(ReasonParseError, "text while attachments are missing")
		return
	}
	c.text(data)
}

// Idle has nothing to do: the engine writes what handlers sent meanwhile.
func (c *client) Idle() {}

// Confirmed tells the application of each socket.
func (c *client) Confirmed(mark uint64) {
	tell := c.server.options.Confirmed
	if tell == nil {
		return
	}
	var few [2]*Socket
	c.mu.Lock()
	sockets := append(few[:0], c.sockets...)
	c.mu.Unlock()
	for _, s := range sockets {
		if s.isConnected() {
			s.guard(func() { tell(s, mark) })
		}
	}
}

// Closed ends all sockets of the connection.
func (c *client) Closed(reason Reason) {
	c.mu.Lock()
	c.closed = true
	if c.reason != "" {
		reason = c.reason
	}
	sockets := c.sockets
	c.sockets = nil
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.mu.Unlock()
	c.dropPending()
	for _, s := range sockets {
		s.end(reason)
	}
	c.server.left(c)
}

// text takes the text of one packet; data belongs to the engine.
func (c *client) text(data []byte) {
	o := &c.server.options
	limits := packetLimits{attachments: o.MaxAttachments, args: o.MaxArguments + 1}
	// The arguments of an event outlive this call.
	data = bytes.Clone(data)
	p, args, err := parsePacketArgs(make([]json.RawMessage, 0, 4), data, limits)
	if err != nil {
		c.refuse(ReasonParseError, err.Error())
		return
	}
	s := c.find(p.nsp)
	if p.kind == packetConnect {
		if s != nil {
			c.refuse(ReasonForcedClose, "second CONNECT")
			return
		}
		c.connect(p.nsp, p.data)
		return
	}
	if p.kind == packetConnectError || s == nil && !c.wasSentAway(p.nsp) || s != nil && s.isConnecting() {
		c.refuse(ReasonForcedClose, "packet outside of a namespace")
		return
	}
	if p.attachments > 0 {
		c.expect(s, p, args, len(data))
		return
	}
	c.deliver(s, p, args, nil, len(data))
}

// deliver gives a whole packet to its socket. What was on its way when the socket ended is nobody's.
func (c *client) deliver(s *Socket, p packet, args []json.RawMessage, attachments [][]byte, size int) {
	if s == nil {
		return
	}
	switch p.kind {
	case packetEvent, packetBinaryEvent:
		c.offer(s, newEvent(s, p.id, args, attachments, size))
	case packetAck, packetBinaryAck:
		s.answered(p.id, args, attachments)
	case packetDisconnect:
		s.end(ReasonClientDisconnect)
	}
}

// offer queues an event and waits while the inbox is full.
func (c *client) offer(s *Socket, e *Event) {
	if s.enqueue(e) {
		return
	}
	// A handler may wait for an answer of this very client: what it sent must leave.
	c.conn.Uncork()
	timeout := time.NewTimer(c.server.options.InboxTimeout)
	defer timeout.Stop()
	for {
		room := s.awaitRoom()
		if s.enqueue(e) {
			return
		}
		select {
		case <-room:
		case <-timeout.C:
			c.refuse(ReasonForcedClose, "handlers made no room in time")
			return
		}
	}
}

// find returns the socket of a namespace, nil when there is none.
func (c *client) find(nsp string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == nsp {
			return s
		}
	}
	return nil
}

// wasSentAway reports whether the server disconnected the client from this namespace.
func (c *client) wasSentAway(nsp string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.former, nsp)
}

// forget takes a socket that has ended off the connection, so that its namespace can be joined again.
func (c *client) forget(s *Socket, reason Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.sockets, s); i >= 0 {
		c.sockets = slices.Delete(c.sockets, i, i+1)
	}
	if reason == ReasonServerDisconnect && len(c.former) < c.server.options.MaxNamespaces &&
		!slices.Contains(c.former, s.ns.name) {
		c.former = append(c.former, s.ns.name)
	}
}
