package events

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"

	"go.uber.org/zap"
)

// IsBenign reports whether err only says that a peer is gone or too slow: the
// ordinary, boring fact that must never reach business code.
func IsBenign(err error) bool {
	for _, target := range []error{
		net.ErrClosed, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, os.ErrDeadlineExceeded,
		syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EBADF, syscall.ENOTCONN, syscall.ETIMEDOUT, syscall.ESHUTDOWN,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Guard wraps every write to sockets: a panic or an error is counted and logged,
// benign ones at debug, and never returned, so that a closed socket can hurt
// nobody. The zero value is not usable; all methods may be called concurrently.
type Guard struct {
	send func(Delivery) error
	log  *zap.Logger

	emitted, benign, failed, panicked atomic.Int64
}

// NewGuard guards send.
func NewGuard(send func(Delivery) error, log *zap.Logger) *Guard {
	return &Guard{send: send, log: log}
}

// Deliver sends one committed event. It always returns.
func (g *Guard) Deliver(e Delivery) {
	g.emitted.Add(1)
	err := g.protected(e)
	switch {
	case err == nil:
	case IsBenign(err):
		g.benign.Add(1)
		g.log.Debug("event met a closed socket", zap.String("event", e.Name), zap.Error(err))
	default:
		g.failed.Add(1)
		g.log.Error("event not delivered", zap.String("event", e.Name), zap.Error(err))
	}
}

func (g *Guard) protected(e Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.panicked.Add(1)
			err = fmt.Errorf("panic while sending: %v", p)
		}
	}()
	return g.send(e)
}

// GuardCounts are totals since the start.
type GuardCounts struct{ Emitted, Benign, Failed, Panicked int64 }

// Counts returns the totals.
func (g *Guard) Counts() GuardCounts {
	return GuardCounts{g.emitted.Load(), g.benign.Load(), g.failed.Load(), g.panicked.Load()}
}
