package engineio

import "sync"

// bufferSize is how much is read at once, and how much of several queued frames
// is written at once.
const bufferSize = 32 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// scratch is a pooled buffer that is taken when it is first asked for.
type scratch struct{ b *[bufferSize]byte }

func (s *scratch) bytes() []byte {
	if s.b == nil {
		s.b = buffers.Get().(*[bufferSize]byte)
	}
	return s.b[:]
}

func (s *scratch) free() {
	if s.b != nil {
		buffers.Put(s.b)
		s.b = nil
	}
}
