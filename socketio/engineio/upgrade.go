package engineio

import (
	"net"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// openWebSocket makes a connection that begins as a WebSocket.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, address string) *Refusal {
	accept, ok := ws.Handshake(r)
	if !ok {
		return errBadRequest
	}
	return s.beginWebSocket(w, r, address, accept)
}

// beginWebSocket takes the connection of a handshake and answers it.
func (s *Server) beginWebSocket(w http.ResponseWriter, r *http.Request, address string, accept []byte) *Refusal {
	p, refusal := s.admit(address, r)
	if refusal != nil {
		return refusal
	}
	nc, rest, err := hijack(w)
	if err != nil {
		s.withdraw(p)
		return errBadRequest
	}
	c := &Conn{srv: s, id: newSID(), place: p, busy: true, corked: true}
	l := newLink(c, nc)
	l.attached = true
	c.link = l
	if !s.o.Plain {
		open := s.appendOpen([]byte{packetOpen}, c.id, 1)
		accept = append(ws.AppendHeader(accept, ws.Text, len(open)), open...)
	}
	if !l.writeNow(accept) {
		s.withdraw(p)
		_ = nc.Close()
		return nil
	}
	if !s.register(c) {
		l.writeNow(ws.AppendClose(nil, ws.StatusGoingAway, ""))
		_ = nc.Close()
		return nil
	}
	s.acquire() // for the link
	s.introduce(c, r)
	c.leave()
	go l.run(rest)
	return nil
}

// upgrade lets a WebSocket probe for a connection that polls.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, c *Conn) *Refusal {
	accept, ok := ws.Handshake(r)
	if !ok || !s.reserveProbe(c) {
		return errBadRequest
	}
	nc, rest, err := hijack(w)
	if err != nil {
		c.mu.Lock()
		c.poll.endProbe()
		c.mu.Unlock()
		return errBadRequest
	}
	l := newLink(c, nc)
	if !l.writeNow(accept) || !c.setProbe(l) {
		c.mu.Lock()
		c.poll.endProbe()
		c.mu.Unlock()
		_ = nc.Close()
		return nil
	}
	s.acquire() // for the link
	go l.run(rest)
	return nil
}

// reserveProbe admits one upgrade at a time, and none after one has succeeded.
func (s *Server) reserveProbe(c *Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.poll
	if p == nil || c.link != nil || c.phase != phaseOpen || p.probe != nil {
		return false
	}
	p.probe = &link{conn: c, closed: true}
	c.due(&p.upgradeBy, s.o.UpgradeTimeout)
	return true
}

// setProbe puts the link at its reserved place; false: the connection has ended.
func (c *Conn) setProbe(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseOpen || c.poll.probe == nil {
		return false
	}
	c.poll.probe = l
	return true
}

// hijack takes the connection from net/http, with the bytes that it has read
// already and without anything else of it.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	var rest []byte
	if n := buffered.Reader.Buffered(); n > 0 {
		peeked, _ := buffered.Reader.Peek(n)
		rest = append(rest, peeked...)
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		_ = nc.Close()
		return nil, nil, err
	}
	return nc, rest, nil
}
