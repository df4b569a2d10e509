package engineio

import (
	"errors"
	"io"
	"syscall"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// readable is called by the poller's wait loop and never leaves it before the
// end: true ends the wait, false waits for more. It reads until nothing is left,
// because the end of the stream may hide behind the last bytes and is not
// announced twice.
func (l *link) readable(fd uintptr) bool {
	if l.wasted > maxWaste {
		return l.cut()
	}
	var buffer scratch
	defer buffer.free()
	for reads := 1; ; reads++ {
		n, errno := rawRead(int(fd), buffer.bytes())
		switch {
		case n > 0:
			done := l.receive(buffer.bytes()[:n])
			if done || reads%8 == 0 {
				l.settle()
			}
			if done {
				return true
			}
			if l.deaf || l.over {
				if l.wasted += n; l.wasted > maxWaste {
					l.settle()
					return l.cut()
				}
			}
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN:
			l.settle()
			l.renew = l.outgrown()
			return l.renew
		default:
			l.settle()
			if errno == 0 {
				l.reason = ReasonTransportClose
			}
			return true
		}
	}
}

// quietPongs is how many pongs in a row make a client quiet.
const quietPongs = 2

// outgrown reports whether a fresh goroutine should wait in the place of this
// one. The runtime never makes a stack as small again as it began, and a stack
// is most of what an idle connection costs; so the goroutine that has called the
// Session is replaced: the first one, which has taken the handshake of the upper
// protocol, at once, any other when its client has become quiet. It is called when nothing is left to read; the fresh one reads before
// it waits, so nothing that arrives in between is missed.
func (l *link) outgrown() bool {
	if !l.grown || l.veteran && l.pongs < quietPongs {
		return false
	}
	l.veteran = true
	return true
}

// maxWaste is how much of a connection that is being closed is read, for the
// sake of a client that has not noticed. Then it is left in the kernel, whose
// window stops the client, until the closing has taken its time.
const maxWaste = 256 << 10

func (l *link) cut() bool {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	return l.cutting
}

// streamBuffer is what a connection that is no plain TCP holds for reading.
const streamBuffer = 4 << 10

func (l *link) runStream() {
	buffer := make([]byte, streamBuffer)
	for {
		n, err := l.nc.Read(buffer)
		if n > 0 {
			done := l.receive(buffer[:n])
			l.settle()
			if done {
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				l.reason = ReasonTransportClose
			}
			return
		}
	}
}

// receive handles what was read; true: reading is over.
func (l *link) receive(data []byte) (done bool) {
	limits := &l.conn.srv.limits
	for len(data) > 0 && !l.deaf {
		m, rest, err := l.in.Next(data, limits)
		if err != nil {
			var violation *ws.Error
			errors.As(err, &violation)
			return l.refuse(violation)
		}
		if m.Op != 0 && l.handle(m) {
			return true
		}
		data = rest
	}
	return false
}

// settle ends a batch: the Session hears that it is over and what was sent
// meanwhile is written.
func (l *link) settle() {
	if l.entered {
		l.conn.session.Idle()
		l.entered, l.touched = false, false
		l.conn.leave()
		return
	}
	if l.touched {
		l.touched = false
		l.conn.mu.Lock()
		l.conn.flush(nil)
		l.conn.mu.Unlock()
	}
}

// refuse closes after a violation of the framing: what follows is not understood.
func (l *link) refuse(violation *ws.Error) (done bool) {
	l.in = ws.Reader{}
	l.deaf = true
	reason := ReasonParseError
	if violation.Status == ws.StatusTooBig {
		reason = ReasonTooLarge
	}
	return l.violate(violation.Status, reason)
}

// violate closes with a status; true: there is nothing to wait for.
func (l *link) violate(status uint16, reason Reason) (done bool) {
	if !l.attached {
		l.endProbe(status)
		return true
	}
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseOpen {
		l.status, l.hushed = status, l.deaf
		c.end(reason)
	}
	return false
}
