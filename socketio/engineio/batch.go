package engineio

// Batch collects frames for many connections. It is for one goroutine; any
// number of batches may be used at the same time.
type Batch struct {
	s *Server
}

// Batch returns an empty batch.
func (s *Server) Batch() *Batch { return &Batch{s: s} }

// Add is Conn.Send without the writing.
func (b *Batch) Add(c *Conn, o SendOptions, frames ...*Frame) bool { return false }

// Flush lets the connections of the batch be written and returns at once. The
// batch can be used again.
func (b *Batch) Flush() {}
