package engineio

import "github.com/relevo/relevo/socketio/internal/ws"

// handle handles one WebSocket message; true: reading is over.
func (l *link) handle(m ws.Message) (done bool) {
	switch m.Op {
	case ws.Text:
		switch {
		case l.conn.srv.o.Plain:
			l.deliver(m.Data, false)
			return false
		case l.attached:
			return l.packet(m.Data)
		}
		return l.probePacket(m.Data)
	case ws.Binary:
		if !l.attached {
			return l.violate(ws.StatusPolicy, ReasonParseError)
		}
		l.deliver(m.Data, true)
		return false
	case ws.Close:
		return l.goodbye(m.Data)
	}
	if !l.conn.allowance() {
		return l.violate(ws.StatusPolicy, ReasonTransportError)
	}
	if m.Op == ws.Ping {
		pong := controlFrame(ws.Pong, m.Data)
		if !l.attached {
			return !l.writeNow(pong.wire)
		}
		l.queueOwn(pong)
	} else if l.conn.srv.o.Plain {
		l.confirm(l.conn.pongPlain(m.Data))
		l.pongs = min(l.pongs+1, quietPongs)
	}
	return false
}

// packet handles an Engine.IO packet of the attached transport.
func (l *link) packet(text []byte) (done bool) {
	kind, data, err := parsePacket(text)
	if err != nil {
		return l.violate(ws.StatusPolicy, ReasonParseError)
	}
	c := l.conn
	switch kind {
	case packetMessage:
		l.deliver(data, false)
	case packetPong:
		if !c.allowance() {
			return l.violate(ws.StatusPolicy, ReasonTransportError)
		}
		l.confirm(c.heartbeat())
		l.pongs = min(l.pongs+1, quietPongs)
	case packetClose:
		c.mu.Lock()
		c.bid(ws.StatusNone)
		c.mu.Unlock()
	case packetPing, packetOpen:
		// The heartbeat goes from the server to the client (Engine.IO protocol 4).
		return l.violate(ws.StatusPolicy, ReasonParseError)
	}
	return false
}

// deliver gives a message to the Session, unless the connection has ended.
func (l *link) deliver(data []byte, binary bool) {
	c := l.conn
	if !l.entered {
		if !c.enter() {
			l.over = true
			return
		}
		l.entered = true
	}
	if c.ended() {
		l.over = true
		return
	}
	l.grown, l.pongs = true, 0
	c.session.Message(data, binary)
}

// confirm tells a Session that wants to know it; zero is nothing to tell.
func (l *link) confirm(mark uint64) {
	c := l.conn
	if mark == 0 {
		return
	}
	if _, wanted := c.session.(Confirmer); !wanted {
		return
	}
	if !l.entered && !c.enter() {
		return
	}
	l.entered, l.grown = true, true
	c.confirm(mark)
}

// ended reports whether the connection has ended.
func (c *Conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase != phaseOpen
}

// queueOwn queues a frame of the engine, which no bound keeps out: how many
// there can be is bounded elsewhere.
func (l *link) queueOwn(f *Frame) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseOpen {
		c.queue.push("", []*Frame{f})
		l.touched = true
	}
}

// goodbye answers a close frame. The connection ends with it.
func (l *link) goodbye(payload []byte) (done bool) {
	status, err := ws.ParseClose(payload)
	if err != nil {
		return l.refuse(err.(*ws.Error))
	}
	l.reason = ReasonTransportClose
	if !l.attached {
		l.endProbe(status)
		return true
	}
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	l.status = status
	c.queue.drop()
	c.bid(status)
	return true
}

// probePacket handles a packet of a WebSocket that wants to become the transport
// (Engine.IO protocol, "Upgrade"). Whatever is not of the upgrade ends the probe
// and leaves the session as it was.
func (l *link) probePacket(text []byte) (done bool) {
	c := l.conn
	switch {
	case string(text) == "2probe" && !l.probed:
		l.probed = true
		if !l.writeNow(frameProbe.wire) {
			return true
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.poll.probe != l {
			return true
		}
		c.poll.upgrading = true
		c.poll.signal()
		return false
	case string(text) == "5" && l.probed:
		return !l.attach()
	}
	return true
}

// endProbe closes a WebSocket that has not become the transport. The next probe
// is welcome before the client can know of the end of this one.
func (l *link) endProbe(status uint16) {
	c := l.conn
	c.mu.Lock()
	if c.poll.probe == l {
		c.poll.endProbe()
	}
	c.mu.Unlock()
	l.writeNow(ws.AppendClose(nil, status, ""))
}

// attach makes the WebSocket the transport.
func (l *link) attach() bool {
	c := l.conn
	p := c.poll
	// Messages of a POST that is being delivered come first.
	p.delivering.Lock()
	defer p.delivering.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseGone || p.probe != l {
		return false
	}
	p.endProbe()
	p.backBy = 0
	c.link, l.attached, l.touched = l, true, true
	p.signal()
	if c.phase == phaseClosing {
		// It ended while the client was changing over: the last messages go here.
		c.endLink(c.reason)
	}
	return true
}
