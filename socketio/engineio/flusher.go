package engineio

import (
	"runtime"
	"sync"
)

// flusher writes the connections of batches on goroutines that live only while
// there is something to write. While they are busy, the frames of later batches
// pile up in the queues and leave in one write.
type flusher struct {
	srv *Server

	mu      sync.Mutex
	pending []*Conn
	from    int // those before it are taken
	running int
}

// flushChunk is how many connections a flusher takes at a time.
const flushChunk = 256

var chunks = sync.Pool{New: func() any { return new([flushChunk]*Conn) }}

// add hands connections over.
func (f *flusher) add(conns []*Conn) {
	f.mu.Lock()
	if f.from > 0 && len(f.pending)+len(conns) > cap(f.pending) {
		f.pending = f.pending[:copy(f.pending, f.pending[f.from:])]
		f.from = 0
	}
	f.pending = append(f.pending, conns...)
	// One goroutine per chunk that waits, as far as there are processors.
	want := min(1+(len(f.pending)-f.from)/(2*flushChunk), runtime.GOMAXPROCS(0))
	start := max(want-f.running, 0)
	f.running += start
	f.mu.Unlock()
	for range start {
		f.srv.acquire()
		go f.run()
	}
}

func (f *flusher) run() {
	defer f.srv.release()
	// Not on the stack, which would have to grow for it each time.
	chunk := chunks.Get().(*[flushChunk]*Conn)
	defer chunks.Put(chunk)
	var buffer scratch
	defer buffer.free()
	for {
		// Whoever is about to add to the same connections goes first.
		runtime.Gosched()
		n := f.take(chunk[:])
		if n == 0 {
			return
		}
		for i, c := range chunk[:n] {
			c.mu.Lock()
			c.dirty = false
			c.flush(&buffer)
			c.mu.Unlock()
			chunk[i] = nil
		}
	}
}

// take moves connections to the chunk; none ends the goroutine that asked.
func (f *flusher) take(chunk []*Conn) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := copy(chunk, f.pending[f.from:])
	clear(f.pending[f.from : f.from+n])
	f.from += n
	if f.from == len(f.pending) {
		f.pending, f.from = f.pending[:0], 0
		if n == 0 && cap(f.pending) > 16*flushChunk {
			f.pending = nil
		}
	}
	if n == 0 {
		f.running--
	}
	return n
}
