package engineio

import (
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// closeGrace is how long a WebSocket's peer has for its side of the closing
// handshake.
const closeGrace = 2 * time.Second

// end ends the connection. The first reason counts. The caller holds mu.
func (c *Conn) end(reason Reason) {
	if c.phase != phaseOpen {
		return
	}
	c.phase, c.reason = phaseClosing, reason
	c.pingAt, c.pongBy, c.stallBy = 0, 0, 0
	if p := c.poll; p != nil {
		p.backBy = 0
		if !p.upgrading || abandoned(reason) {
			p.dropProbe()
		}
		// Otherwise the client may be past its last poll: the upgrade goes on, and
		// what is queued follows it.
	}
	if c.link != nil {
		c.endLink(reason)
	} else {
		c.endPolling(reason)
	}
	if !c.busy && !c.told {
		c.told = true
		go c.tell()
	}
}

// endLink says goodbye to a WebSocket, or cuts it. The caller holds mu.
func (c *Conn) endLink(reason Reason) {
	l := c.link
	if l.closed {
		return
	}
	if l.status == 0 && unreachable(reason) {
		c.queue.drop()
		l.abort()
		return
	}
	grace := closeGrace
	if c.queue.len() > 0 {
		grace = max(grace, c.srv.o.WriteTimeout)
	}
	c.due(&c.closeBy, grace)
	status := l.status
	if status == 0 {
		status = ws.StatusNormal
		if reason == ReasonServerShutdown {
			status = ws.StatusGoingAway
		}
	}
	c.queue.push("", []*Frame{{wire: ws.AppendClose(nil, status, "")}})
	c.flush(nil)
}

// unreachable reports whether a close frame would not arrive or not matter.
func unreachable(reason Reason) bool {
	return reason == ReasonSlowConsumer || reason == ReasonPingTimeout || reason == ReasonTransportError || reason == ReasonPanic
}

// endPolling lets the poll that waits, or the next one, tell the client. The
// caller holds mu.
func (c *Conn) endPolling(reason Reason) {
	p := c.poll
	if p == nil {
		c.forget()
		return
	}
	switch {
	case p.polling && (c.queue.len() == 0 || abandoned(reason)):
		p.signal()
	case !abandoned(reason):
		// Messages go first and the close packet with the poll after: the official
		// client acts on a message later than on a close packet beside it.
		if p.polling {
			p.signal()
		}
		c.due(&c.closeBy, c.srv.o.WriteTimeout)
		return
	}
	c.forget()
}

// abandoned reports whether the client is not going to poll again, or has nothing
// to expect if it does.
func abandoned(reason Reason) bool {
	switch reason {
	case ReasonPingTimeout, ReasonTransportClose, ReasonTransportError, ReasonParseError, ReasonTooLarge,
		ReasonSlowConsumer, ReasonAbandoned, ReasonPanic, ReasonServerShutdown:
		return true
	}
	return false
}

// forget takes the connection out of the server; its transport is gone. The
// caller holds mu.
func (c *Conn) forget() {
	if c.forgotten {
		return
	}
	c.forgotten, c.phase, c.closeBy = true, phaseGone, 0
	if c.poll != nil {
		c.poll.dropProbe()
	}
	if !c.writing && (c.poll == nil || !c.poll.polling) {
		c.queue = queue{}
	}
	c.srv.wheel.Stop(&c.timer)
	c.srv.remove(c)
}

// enter begins a batch of Session calls; false: the connection has ended.
func (c *Conn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseOpen {
		return false
	}
	c.busy, c.corked = true, true
	return true
}

// leave ends a batch of Session calls and writes what they sent.
func (c *Conn) leave() {
	c.mu.Lock()
	c.busy, c.corked = false, false
	c.alive(c.srv.wheel.Now())
	tell := c.phase != phaseOpen && !c.told
	c.told = c.told || tell
	c.flush(nil)
	c.mu.Unlock()
	if tell {
		c.tell()
	}
}

// tell makes the last call of the Session.
func (c *Conn) tell() {
	defer c.srv.release()
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
		}
	}()
	if c.session != nil {
		c.session.Closed(c.reason)
	}
}

// panicked logs a panic of the Session; the caller recovered it.
func (c *Conn) panicked(value any) {
	if log := c.srv.o.Logger; log != nil {
		log.Error("engineio: session panicked", slog.String("sid", c.id), slog.Any("panic", value), slog.String("stack", string(debug.Stack())))
	}
}
