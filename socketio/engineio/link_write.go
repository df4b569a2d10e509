package engineio

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// flush writes what is queued as far as the transport takes it now. Whoever
// finds another one writing leaves it to him. The caller holds mu, which is free
// during each write. The buffer may be nil.
func (c *Conn) flush(buffer *scratch) {
	if c.writing || c.corked || c.queue.len() == 0 {
		return
	}
	l := c.link
	if l == nil {
		if c.poll != nil {
			c.poll.signal()
		}
		return
	}
	if l.closed {
		return
	}
	c.writing = true
	if l.raw == nil {
		c.srv.acquire()
		go l.pump()
		return
	}
	var own scratch
	if buffer == nil {
		buffer = &own
	}
	if !c.write(l, buffer) {
		c.stalled = true
		c.due(&c.stallBy, c.srv.o.WriteTimeout)
		c.srv.acquire()
		go l.wait()
	} else {
		c.written(l)
	}
	own.free()
}

// write writes until the queue is empty or the link broken; false: the socket is
// full. The caller holds mu, which is free during each write.
func (c *Conn) write(l *link, buffer *scratch) bool {
	for c.queue.len() > 0 && !l.closed {
		data := c.queue.take(buffer)
		c.mu.Unlock()
		n, errno := rawWrite(l.fd, data)
		c.mu.Lock()
		c.queue.advance(n)
		if n > 0 && c.stallBy > 0 {
			// The timer is set for the older deadline and looks again by then.
			c.stallBy = c.srv.wheel.Now() + c.srv.o.WriteTimeout
		}
		switch {
		case errno == syscall.EINTR, errno == 0 && n == len(data):
		case errno == 0, errno == syscall.EAGAIN:
			return false
		default:
			c.broken(l)
		}
	}
	return true
}

// broken ends a connection that cannot be written. The caller holds mu.
func (c *Conn) broken(l *link) {
	c.queue = queue{}
	c.end(ReasonTransportError)
	l.abort()
}

// written ends the turn of a writer. The caller holds mu.
func (c *Conn) written(l *link) {
	c.writing, c.stalled, c.stallBy = false, false, 0
	switch {
	case l.closed:
		c.queue = queue{}
		if l.raw != nil {
			// The reading goroutine left it to this one, or has done it: twice does no harm.
			_ = l.nc.Close()
		}
	case l.hushed && l.raw != nil && c.queue.len() == 0:
		rawFinish(l.fd)
	}
}

// wait goes on writing when the socket takes something again.
func (l *link) wait() {
	c := l.conn
	defer c.srv.release()
	var buffer scratch
	defer buffer.free()
	_ = l.raw.Write(func(uintptr) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.write(l, &buffer)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written(l)
	c.flush(&buffer)
}

// pump writes to a stream.
func (l *link) pump() {
	c := l.conn
	defer c.srv.release()
	var buffer scratch
	defer buffer.free()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.queue.len() > 0 && !l.closed {
		data := c.queue.take(&buffer)
		if !l.cutting {
			// Under mu, so that it does not undo what abort has set.
			_ = l.nc.SetWriteDeadline(time.Now().Add(c.srv.o.WriteTimeout))
		}
		c.mu.Unlock()
		n, err := l.nc.Write(data)
		c.mu.Lock()
		c.queue.advance(n)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.end(ReasonSlowConsumer)
			}
			c.broken(l)
		}
	}
	c.written(l)
}
