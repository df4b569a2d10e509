package engineio

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// upgradePause is how long a poll that arrives during an upgrade waits before it
// is answered with a noop: a client that keeps polling does not spin.
const upgradePause = 100 * time.Millisecond

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// keptBody is the capacity up to which a buffer returns to the pool.
const keptBody = 256 << 10

func freeBody(b *[]byte) {
	if cap(*b) <= keptBody {
		*b = (*b)[:0]
		bodies.Put(b)
	}
}

// servePoll answers a GET as soon as there is something to say.
func (s *Server) servePoll(w http.ResponseWriter, r *http.Request, c *Conn, t string) {
	if !c.beginPoll(t) {
		errBadRequest.write(w)
		return
	}
	body := bodies.Get().(*[]byte)
	defer freeBody(body)
	if !c.awaitAnswer(r, body) {
		return
	}
	if err := s.answer(w, r, *body); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.link == nil {
			c.end(ReasonTransportError)
		}
	}
}

// awaitAnswer waits for what the poll is answered with; false: the client has
// vanished.
func (c *Conn) awaitAnswer(r *http.Request, body *[]byte) bool {
	var paused <-chan time.Time
	noop := false
	for first := true; ; first = false {
		var ready bool
		if *body, ready = c.pollAnswer((*body)[:0], noop); ready {
			return true
		}
		if c.upgradingNow() {
			if !first {
				// It was here before the probe: the client waits for its end.
				noop = true
				continue
			}
			if paused == nil {
				timer := time.NewTimer(upgradePause)
				defer timer.Stop()
				paused = timer.C
			}
		}
		select {
		case <-c.poll.wake:
		case <-paused:
			noop = true
		case <-r.Context().Done():
			c.endPoll()
			return false
		}
	}
}

// answer writes a polling answer.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte) error {
	h := w.Header()
	h["Content-Type"] = plainText
	h["Cache-Control"] = noStore
	if s.o.CompressionThreshold >= 0 && len(body) >= s.o.CompressionThreshold {
		// Below the threshold nothing depends on it.
		h.Add("Vary", "Accept-Encoding")
		if encoding := acceptedEncoding(r.Header); encoding != "" {
			packed := bodies.Get().(*[]byte)
			defer freeBody(packed)
			*packed = compress(encoding, *packed, body)
			body = *packed
			h.Set("Content-Encoding", encoding)
		}
	}
	h["Content-Length"] = contentLength(len(body))
	control := http.NewResponseController(w)
	if len(body) > bufferSize {
		// A longer one may not fit into the socket: a reader that stalls is cut.
		if control.SetWriteDeadline(time.Now().Add(s.o.WriteTimeout)) == nil {
			defer control.SetWriteDeadline(time.Time{})
		}
	}
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(body); err != nil {
		return err
	}
	return control.Flush()
}

// contentLength returns a header value that must not be written to.
func contentLength(n int) []string {
	if n < len(lengths) {
		return lengths[n : n+1 : n+1]
	}
	return []string{strconv.Itoa(n)}
}

// lengths are the usual ones: every poll needs one.
var lengths = func() (values [1 << 10]string) {
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	return values
}()

var (
	plainText = []string{"text/plain; charset=UTF-8"}
	noStore   = []string{"no-store"}
)
