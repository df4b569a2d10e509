package engineio

import (
	"sync"
	"time"

	"github.com/relevo/relevo/socketio/internal/wheel"
)

// Conn is one Engine.IO connection: a polling session, a WebSocket, or one that
// became the other. It is safe for concurrent use.
type Conn struct {
	srv     *Server
	session Session // set before anything is received
	id      string
	place   place
	timer   wheel.Timer

	mu    sync.Mutex
	queue queue
	link  *link // the WebSocket; nil while polling
	poll  *poll // nil on a direct WebSocket

	reason Reason // why it ended
	// Deadlines on the clock of the wheel, zero: none.
	pingAt  time.Duration // the next ping is due
	pongBy  time.Duration // the answer to the last one is due
	stallBy time.Duration // a write must have made progress
	closeBy time.Duration // the end of a closing transport
	heard   time.Duration // when the peer spoke last, on the same clock

	marks marks

	signs       uint16 // pings and pongs of the client in the second signsSecond
	signsSecond uint32
	plainPing   uint8 // number of the latest ping of a plain WebSocket
	phase       phase
	farewell    Farewell
	writing     bool // somebody writes, or waits to be able to
	stalled     bool // the writer waits for the peer
	busy        bool // a Session method runs, or the Handler
	corked      bool // what is sent now is written when the batch of reads is over
	dirty       bool // a Batch or the flusher will write it
	told        bool // Session.Closed has been or is being called
	forgotten   bool // out of the server's map
}

type phase uint8

const (
	phaseOpen    phase = iota
	phaseClosing       // ended; the transport still has something to say
	phaseGone          // ended, no transport
)

// ID returns the session id: 128 random bits, base64url.
func (c *Conn) ID() string { return c.id }

// Transport returns "polling" or "websocket".
func (c *Conn) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		return transportWebSocket
	}
	return transportPolling
}

// RemoteAddr returns what Options.ClientAddress said at the handshake.
func (c *Conn) RemoteAddr() string { return c.place.address }

// Backlog returns what is queued and not written yet: packets, and their bytes as WebSocket frames, of which
// those of the first count until it is written whole.
func (c *Conn) Backlog() (packets, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len(), c.queue.bytes
}

// Session returns what the Handler gave for this connection; nil before it has.
func (c *Conn) Session() Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// SendOptions says what may become of frames that cannot leave at once.
type SendOptions struct {
	// Volatile frames are dropped when the transport cannot take them now.
	Volatile bool
	// Coalesce is a key: a queued unsent frame with the same key is replaced by
	// this one, from Options.CoalesceFrom on. Empty: none.
	Coalesce string
	// Mark is the place of the frames in an ordered stream of the application. The
	// marks of a connection only grow: frames whose mark is not higher than the
	// last one are taken for sent already and are not queued. Conn.Confirmed says
	// which have arrived. Zero: none. Without effect on frames that may be dropped or
	// replaced.
	Mark uint64
}

// Send queues frames, which stay together and in order, and writes what the
// transport takes now. It never blocks. It returns false when the connection is
// closed or the frames were dropped; a queue that overflows closes the
// connection with ReasonSlowConsumer. Frames whose mark was there already are
// not queued, and it returns true.
func (c *Conn) Send(o SendOptions, frames ...*Frame) bool {
	c.mu.Lock()
	ok := c.enqueue(o, frames)
	if ok {
		c.flush(nil)
	}
	c.mu.Unlock()
	return ok
}

// enqueue queues the frames of one call; the caller holds mu.
func (c *Conn) enqueue(o SendOptions, frames []*Frame) bool {
	marked := o.Mark > 0 && !o.Volatile && o.Coalesce == ""
	switch {
	case c.phase != phaseOpen || len(frames) == 0:
		return false
	case o.Volatile && !c.writable():
		return false
	case marked && o.Mark <= c.marks.queued:
		return true
	}
	if c.queue.len() < c.srv.o.CoalesceFrom {
		c.queue.append(o.Coalesce, frames)
	} else {
		c.queue.push(o.Coalesce, frames)
	}
	if marked {
		c.mark(o.Mark)
	}
	if !c.overfull(len(frames), 1) {
		return true
	}
	if l := c.link; l != nil && l.raw != nil && !c.stalled {
		// Nobody has tried to write yet: the one who sends too fast does it. If
		// somebody writes right now, he gets a little more.
		c.corked = false
		c.flush(nil)
		if !c.stalled && c.phase == phaseOpen && !c.overfull(len(frames), hurry) {
			return true
		}
	}
	if c.overfull(len(frames), 1) {
		c.end(ReasonSlowConsumer)
	}
	return c.phase == phaseOpen
}

// hurry is how many times its bounds a queue may be that is being written by
// another goroutine without having met a full socket.
const hurry = 4

// overfull reports whether the queue exceeds its bounds times a factor. Frames
// that are all there is are let pass whatever their size.
func (c *Conn) overfull(last, times int) bool {
	o := &c.srv.o
	return c.queue.len() > last &&
		(o.MaxQueueFrames > 0 && c.queue.len() > times*o.MaxQueueFrames ||
			o.MaxQueueBytes > 0 && c.queue.bytes > times*o.MaxQueueBytes)
}

// writable reports whether the transport takes something now; the caller holds mu.
func (c *Conn) writable() bool {
	if c.link != nil {
		return !c.stalled
	}
	return c.poll != nil && c.poll.waiting
}

// Uncork lets what was sent during Session.Message be written now and not only
// after Idle. A Session calls it before it blocks.
func (c *Conn) Uncork() {
	c.mu.Lock()
	c.corked = false
	c.flush(nil)
	c.mu.Unlock()
}

// Close ends the connection; what is queued is dropped.
func (c *Conn) Close(reason Reason) {
	c.mu.Lock()
	c.queue.drop()
	c.end(reason)
	c.mu.Unlock()
}

// CloseAfterFlush ends the connection as soon as what is queued has been
// written, or Options.WriteTimeout passed. Nothing more can be sent, nothing more
// is received, and Session.Closed does not wait for it.
func (c *Conn) CloseAfterFlush(reason Reason) {
	c.mu.Lock()
	c.end(reason)
	c.mu.Unlock()
}
