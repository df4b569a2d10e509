package engineio

// queue holds the frames that a connection has not written. Its owner's mutex
// guards it.
type queue struct {
	entries []entry
	head    int // entries before it have been written
	flying  int // entries after head that a write in progress covers
	sent    int // bytes of the first one that have been written
	bytes   int // of all, the first one counted whole
}

type entry struct {
	frame *Frame
	key   string // SendOptions.Coalesce, on the first frame of a call
	more  bool   // the next entry is of the same call
}

func (q *queue) len() int { return len(q.entries) - q.head }

// push appends the frames of one call. With a key that is queued and unsent the
// older frames give way: at their place when the numbers are the same, otherwise
// at the end.
func (q *queue) push(key string, frames []*Frame) {
	if key != "" && q.replace(key, frames) {
		return
	}
	q.append(key, frames)
}

// append is push without giving way.
func (q *queue) append(key string, frames []*Frame) {
	q.room(len(frames))
	for i, f := range frames {
		e := entry{frame: f, more: i < len(frames)-1}
		if i == 0 {
			e.key = key
		}
		q.entries = append(q.entries, e)
		q.bytes += len(f.wire)
	}
}

// room moves the entries to the beginning rather than let the slice grow.
func (q *queue) room(n int) {
	if q.head > 0 && len(q.entries)+n > cap(q.entries) {
		kept := copy(q.entries, q.entries[q.head:])
		clear(q.entries[kept:])
		q.entries, q.head = q.entries[:kept], 0
	}
}

// replace reports whether frames took the place of older ones; older ones of
// another number are removed.
func (q *queue) replace(key string, frames []*Frame) bool {
	first := q.head + q.untouchable()
	for i := len(q.entries) - 1; i >= first; i-- {
		if q.entries[i].key != key {
			continue
		}
		end := i + 1
		for q.entries[end-1].more {
			end++
		}
		for j := i; j < end; j++ {
			q.bytes -= len(q.entries[j].frame.wire)
		}
		if end-i == len(frames) {
			for j, f := range frames {
				q.entries[i+j].frame = f
				q.bytes += len(f.wire)
			}
			return true
		}
		kept := append(q.entries[:i], q.entries[end:]...)
		clear(q.entries[len(kept):])
		q.entries = kept
		return false
	}
	return false
}

// untouchable returns how many entries from head on have begun to be written;
// a call of several frames counts whole.
func (q *queue) untouchable() int {
	n := q.flying
	if n == 0 && q.sent > 0 {
		n = 1
	}
	if n > 0 {
		for q.head+n < len(q.entries) && q.entries[q.head+n-1].more {
			n++
		}
	}
	return n
}

// take returns bytes to write: of one frame as they are, of several copied to
// the buffer.
func (q *queue) take(buffer *scratch) []byte {
	first := q.entries[q.head].frame.wire[q.sent:]
	q.flying = 1
	if q.len() == 1 || len(first) >= bufferSize/2 {
		return first
	}
	into := buffer.bytes()
	n := copy(into, first)
	for q.flying < q.len() {
		wire := q.entries[q.head+q.flying].frame.wire
		if len(wire) > len(into)-n {
			break
		}
		n += copy(into[n:], wire)
		q.flying++
	}
	return into[:n]
}

// advance notes that n bytes have been written.
func (q *queue) advance(n int) {
	q.flying = 0
	n += q.sent
	q.sent = 0
	for q.head < len(q.entries) {
		length := len(q.entries[q.head].frame.wire)
		if n < length {
			q.sent = n
			return
		}
		n -= length
		q.bytes -= length
		q.entries[q.head] = entry{}
		q.head++
	}
	q.entries, q.head = q.entries[:0], 0
	if cap(q.entries) > 64 {
		q.entries = nil
	}
}

// drop forgets what has not begun to be written.
func (q *queue) drop() {
	from := q.head + q.untouchable()
	for i := from; i < len(q.entries); i++ {
		q.bytes -= len(q.entries[i].frame.wire)
		q.entries[i] = entry{}
	}
	q.entries = q.entries[:from]
}

// appendPoll moves everything to a polling body.
func (q *queue) appendPoll(dst []byte) []byte {
	for _, e := range q.entries[q.head:] {
		dst = e.frame.appendPoll(dst)
	}
	q.advance(q.bytes)
	return dst
}

// trim gives back what an idle connection does not need.
func (q *queue) trim() {
	if q.len() == 0 && cap(q.entries) > 1 {
		*q = queue{}
	}
}
