package engineio

// Batch collects frames for many connections. It is for one goroutine; any
// number of batches may be used at the same time.
type Batch struct {
	srv   *Server
	dirty []*Conn
}

// Batch returns an empty batch.
func (s *Server) Batch() *Batch { return &Batch{srv: s} }

// Add is Conn.Send without the writing, which Flush causes. Each Add must be
// followed by a Flush soon: others rely on it.
func (b *Batch) Add(c *Conn, o SendOptions, frames ...*Frame) bool {
	c.mu.Lock()
	ok := c.enqueue(o, frames)
	if ok && !c.dirty && !c.writing && c.queue.len() > 0 {
		c.dirty = true
		b.dirty = append(b.dirty, c)
	}
	c.mu.Unlock()
	return ok
}

// Flush lets the connections of the batch be written and returns at once. The
// batch can be used again.
func (b *Batch) Flush() {
	if len(b.dirty) == 0 {
		return
	}
	b.srv.flusher.add(b.dirty)
	clear(b.dirty)
	b.dirty = b.dirty[:0]
}
