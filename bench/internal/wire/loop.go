// Package wire speaks Engine.IO 4 and Socket.IO 5 from the client's side, cheaply: one
// epoll loop on one goroutine, one read(2) per readable socket, a few hundred bytes per
// connection. It implements what a benchmark needs and trusts its servers: frames of
// text, no fragments, no compression. No Socket.IO library is used, so that the
// generator cannot share a fault or a cost with what it measures.
//
// Nothing here is safe for concurrent use: every call and every callback belongs to
// the goroutine that calls Loop.Poll.
package wire

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrTimeout is returned when a condition did not come true in time.
var ErrTimeout = errors.New("timed out")

// Loop waits for sockets and calls their owners.
type Loop struct {
	epoll  int
	start  time.Time
	byFD   []*conn
	buffer []byte
	events []syscall.EpollEvent
}

// NewLoop returns a loop without sockets. Close it.
func NewLoop() (*Loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &Loop{
		epoll:  fd,
		start:  time.Now(),
		buffer: make([]byte, 256<<10),
		events: make([]syscall.EpollEvent, 512),
	}, nil
}

// Close closes the loop and every socket still in it, without telling their owners.
func (l *Loop) Close() {
	for _, c := range l.byFD {
		if c != nil {
			_ = syscall.Close(c.fd)
		}
	}
	l.byFD = nil
	_ = syscall.Close(l.epoll)
}

// Now is the monotonic time since the loop was made.
func (l *Loop) Now() time.Duration { return time.Since(l.start) }

// Poll waits up to timeout for readiness and handles it; it returns after one batch.
// A timeout below a millisecond does not wait.
func (l *Loop) Poll(timeout time.Duration) {
	n, err := syscall.EpollWait(l.epoll, l.events, int(max(timeout, 0)/time.Millisecond))
	if err != nil {
		if err == syscall.EINTR {
			return
		}
		panic(fmt.Sprintf("epoll_wait: %v", err)) // only a programming error can cause it
	}
	for _, e := range l.events[:n] {
		if c := l.byFD[e.Fd]; c != nil {
			c.ready(e.Events)
		}
	}
}

// Until polls until done reports true, at most for limit.
func (l *Loop) Until(limit time.Duration, done func() bool) error {
	for end := l.Now() + limit; !done(); {
		left := end - l.Now()
		if left <= 0 {
			return ErrTimeout
		}
		l.Poll(min(left, 20*time.Millisecond))
	}
	return nil
}

// For polls for a duration.
func (l *Loop) For(d time.Duration) {
	_ = l.Until(d, func() bool { return false })
}
