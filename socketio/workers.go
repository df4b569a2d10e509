package socketio

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// workers run sockets that have something to do. A socket without work has no goroutine; a few goroutines stay
// parked, because a grown stack is cheaper to keep than to grow again.
type workers struct {
	next    chan *Socket
	parked  atomic.Int32
	active  atomic.Int64 // sockets that are being worked on, or wait for it
	most    int32
	stopped atomic.Bool
	logger  *slog.Logger
}

func newWorkers(logger *slog.Logger) *workers {
	return &workers{next: make(chan *Socket), most: int32(4 * runtime.GOMAXPROCS(0)), logger: logger}
}

// run lets a worker do the work of s. It never waits.
func (w *workers) run(s *Socket) {
	w.active.Add(1)
	select {
	case w.next <- s:
	default:
		go w.loop(s)
	}
}

func (w *workers) loop(s *Socket) {
	defer func() {
		value := recover()
		if s == nil {
			return
		}
		// A handler ended the goroutine (runtime.Goexit), or this package has a fault: the socket goes on with
		// its next packet.
		w.logger.Error("socketio: a worker was ended", "panic", value, "stack", string(debug.Stack()))
		go w.loop(s)
	}()
	for s != nil {
		s.work()
		s = nil
		w.active.Add(-1)
		if w.parked.Add(1) <= w.most && !w.stopped.Load() {
			s = <-w.next
		}
		w.parked.Add(-1)
	}
}

// quiet returns when no socket has anything to do.
func (w *workers) quiet(ctx context.Context) error {
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for w.active.Load() > 0 {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// stop ends the parked workers. Busy ones end when their sockets have nothing to do.
func (w *workers) stop() {
	w.stopped.Store(true)
	for w.parked.Load() > 0 {
		select {
		case w.next <- nil:
		default:
			runtime.Gosched()
		}
	}
}
