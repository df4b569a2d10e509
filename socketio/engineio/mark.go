package engineio

import "time"

// Confirmer is a Session that wants to know how far its client has got.
type Confirmer interface {
	// Confirmed is called when a pong made Conn.Confirmed grow, with its new value,
	// like Message: never at the same time as another method, and never after
	// Closed.
	Confirmed(mark uint64)
}

// marks say how far a connection has got in the ordered stream that the
// application numbers: confirmed <= asked <= queued. Conn.mu guards them.
type marks struct {
	queued    uint64 // the highest of a queued frame
	asked     uint64 // what queued was when the latest ping was queued
	confirmed uint64 // what asked was at the ping whose pong came last
}

// unasked reports whether frames were marked since the latest ping.
func (m *marks) unasked() bool { return m.queued > m.asked }

// Marked returns the highest mark that was queued for the client, or set.
func (c *Conn) Marked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.marks.queued
}

// Confirmed returns a mark: every frame up to it has been received by the
// client. A client answers each ping, in the order in which packets are sent and
// on either transport, so a pong proves that what was queued before its ping has
// arrived. Nothing is confirmed any more once the connection has ended.
func (c *Conn) Confirmed() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.marks.confirmed
}

// SetMark raises the mark without a frame: what comes before m counts as queued,
// and as confirmed, too, if nothing that is marked waits for its pong. A mark
// that is not higher than the last one changes nothing. The Confirmer is not told.
func (c *Conn) SetMark(m uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.marks
	if m <= k.queued || c.phase != phaseOpen {
		return
	}
	// Nothing was queued since, so what covers the last mark covers this one.
	if k.confirmed == k.queued {
		k.confirmed = m
	}
	if k.asked == k.queued {
		k.asked = m
	}
	k.queued = m
}

// MarkQueued raises the mark as if the frame that was queued last had carried m,
// which is confirmed with that frame. A mark that is not higher than the last one
// changes nothing.
func (c *Conn) MarkQueued(m uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m > c.marks.queued && c.phase == phaseOpen {
		c.mark(m)
	}
}

// mark notes the mark of a frame that has been queued and sees to it that a ping
// follows. The caller holds mu.
func (c *Conn) mark(m uint64) {
	known := c.marks.unasked()
	c.marks.queued = m
	within := c.srv.o.ConfirmAfter
	if known || within == 0 {
		return
	}
	if c.pongBy > 0 {
		return // heartbeat goes on when the answer is there
	}
	if at := c.srv.wheel.Now() + within; at < c.pingAt {
		c.pingAt = at
		c.srv.wheel.Advance(&c.timer, at)
	}
}

// ask queues a ping, which covers all frames before it. The caller holds mu.
func (c *Conn) ask(now time.Duration) {
	if c.srv.o.Plain {
		c.askPlain(now)
		return
	}
	c.pingAt, c.pongBy = 0, now+c.srv.o.PingTimeout
	c.marks.asked = c.marks.queued
	c.queue.trim()
	c.queue.push("", pingFrames)
	c.flush(nil)
}

var pingFrames = []*Frame{framePing}

// heartbeat notes a pong. It returns what Confirmed has grown to, zero if it has
// not.
func (c *Conn) heartbeat() (grown uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pongBy == 0 || c.phase != phaseOpen {
		return 0
	}
	o := &c.srv.o
	now, asked := c.srv.wheel.Now(), c.pongBy-o.PingTimeout
	c.pongBy, c.pingAt = 0, now+o.PingInterval
	hurried := o.ConfirmAfter > 0 && c.marks.unasked()
	if hurried {
		// The first of the frames that were marked meanwhile is no older than the ping.
		c.pingAt = min(c.pingAt, max(now, asked+o.ConfirmAfter))
	}
	if hurried || o.PingInterval < o.PingTimeout {
		c.srv.wheel.Advance(&c.timer, c.pingAt)
	}
	// Otherwise the timer is set for the pong and looks again by then.
	if c.marks.asked == c.marks.confirmed {
		return 0
	}
	c.marks.confirmed = c.marks.asked
	return c.marks.confirmed
}

// confirm tells the Session; the caller is in a batch of calls.
func (c *Conn) confirm(mark uint64) {
	if s, ok := c.session.(Confirmer); ok && !c.ended() {
		s.Confirmed(mark)
	}
}
