package engineio

// Dismiss ends the connection as CloseAfterFlush does, but what is queued and has not
// begun to be written gives way to these frames: they are the last that the peer gets.
func (c *Conn) Dismiss(reason Reason, last ...*Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseOpen {
		return
	}
	c.queue.drop()
	if len(last) > 0 {
		c.queue.append("", last)
	}
	c.end(reason)
}

// Drained reports whether nothing waits to be written.
func (c *Conn) Drained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len() == 0
}

// Forget takes a connection that polls and has been closed out of the server, without
// waiting for the poll that would tell the client: its id is unknown from now on.
// Without effect on others.
func (c *Conn) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseOpen || c.link != nil {
		return
	}
	if c.poll != nil && c.poll.polling {
		c.poll.signal()
	}
	c.forget()
}
