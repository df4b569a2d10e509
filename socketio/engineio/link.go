package engineio

import (
	"net"
	"syscall"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// link is the WebSocket of a connection, or one that probes for an upgrade. Its
// reading goroutine owns it: that one alone closes the descriptor, or leaves it
// to a writer that is using it at that instant. So the descriptor's number can be
// used without a reference to it by whoever holds Conn.mu or has set Conn.writing,
// for as long as closed is false.
type link struct {
	conn *Conn
	nc   net.Conn
	raw  syscall.RawConn // nil: nc is read and written as a stream
	fd   int
	in   ws.Reader

	// For the reading goroutine.
	attached bool   // it is the connection's transport
	probed   bool   // the probe has been answered
	deaf     bool   // the peer broke the framing: nothing more is understood
	over     bool   // the connection has ended: what arrives is thrown away
	wasted   int    // bytes thrown away
	entered  bool   // a batch of Session calls has begun
	touched  bool   // frames were queued outside a batch
	grown    bool   // this goroutine has called the Session: its stack is no longer the smallest
	veteran  bool   // it is not the first one of the link
	renew    bool   // a fresh goroutine goes on reading
	pongs    uint8  // since the last call of the Session, at most quietPongs
	reason   Reason // why reading ended

	// Guarded by Conn.mu.
	closed  bool
	hushed  bool   // nothing more may be written after what is queued
	status  uint16 // of the close frame; zero: as the reason says
	cutting bool
}

func newLink(c *Conn, nc net.Conn) *link {
	l := &link{conn: c, nc: nc, fd: -1}
	l.raw, l.fd = rawOf(nc)
	return l
}

// abort makes the reading goroutine close the connection, and the kernel throw
// away what it has not sent. The caller holds Conn.mu.
func (l *link) abort() {
	if l.closed || l.cutting {
		return
	}
	l.cutting = true
	if l.raw == nil {
		_ = l.nc.SetDeadline(time.Unix(1, 0))
		return
	}
	rawAbort(l.fd)
}

// writeNow writes a few bytes past the queue, for a link that is not attached.
func (l *link) writeNow(b []byte) bool {
	if l.raw == nil {
		_ = l.nc.SetWriteDeadline(time.Now().Add(l.conn.srv.o.WriteTimeout))
		_, err := l.nc.Write(b)
		_ = l.nc.SetWriteDeadline(time.Time{})
		return err == nil
	}
	n, errno := rawWrite(l.fd, b)
	return errno == 0 && n == len(b)
}

// run reads until the end, or until a fresh goroutine goes on; rest is what
// net/http had read already.
func (l *link) run(rest []byte) {
	l.reason, l.grown, l.renew = ReasonTransportError, false, false
	defer func() {
		if v := recover(); v != nil {
			l.conn.panicked(v)
			l.reason, l.renew = ReasonPanic, false
		}
		if l.renew {
			go l.run(nil)
			return
		}
		l.exit()
	}()
	if len(rest) > 0 {
		done := l.receive(rest)
		l.settle()
		if done {
			return
		}
	}
	rest = nil
	if l.raw != nil {
		_ = l.raw.Read(l.readable)
		return
	}
	l.runStream()
}

// exit closes the connection. It runs last on the reading goroutine.
func (l *link) exit() {
	c := l.conn
	c.mu.Lock()
	l.closed = true
	tell, close := false, true
	if c.link == l {
		c.busy, c.corked = true, false
		c.end(l.reason)
		c.busy = false
		tell = !c.told
		c.told = true
		c.forget()
		// A writer that waits is woken by the closing, one that writes right now closes.
		close = !c.writing || c.stalled || l.raw == nil
	} else if c.poll != nil && c.poll.probe == l {
		c.poll.endProbe()
	}
	c.mu.Unlock()
	if close {
		_ = l.nc.Close()
	}
	if tell {
		c.tell()
	}
	c.srv.release()
}
