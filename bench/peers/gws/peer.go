package main

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const maxBacklog = 1 << 20

// peer is one connection that is written without blocking.
type peer struct {
	due   time.Time // of the next ping; the heartbeat's own
	place int       // in the hub's room, -1 outside
	net   net.Conn
	raw   syscall.RawConn

	mu      sync.Mutex
	backlog []byte
	closed  bool
	data    []byte // argument and result of try, which is made once
	n       int
	err     error
	try     func(fd uintptr) bool
}

func newPeer(c net.Conn) (*peer, error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &peer{net: c, raw: raw, due: time.Now()}
	p.try = func(fd uintptr) bool {
		// Raw: a call that cannot block need not be announced to the scheduler.
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p.data))), uintptr(len(p.data)))
		p.n, p.err = int(n), nil
		if errno != 0 {
			p.n, p.err = 0, errno
		}
		return true
	}
	return p, nil
}

// send writes now what the kernel takes and keeps the rest.
func (p *peer) send(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if p.backlog == nil {
		p.data = frame
		if err := p.raw.Write(p.try); err != nil {
			return
		}
		if p.err != nil && p.err != syscall.EAGAIN {
			return
		}
		if frame = frame[p.n:]; len(frame) == 0 {
			return
		}
		go p.drain()
	}
	p.backlog = append(p.backlog, frame...)
	if len(p.backlog) > maxBacklog {
		p.closed = true
		_ = p.net.Close()
	}
}

// drain writes the backlog, waiting for the kernel.
func (p *peer) drain() {
	for {
		p.mu.Lock()
		data := p.backlog
		if len(data) == 0 || p.closed {
			p.backlog = nil
			p.mu.Unlock()
			return
		}
		p.backlog = []byte{}
		p.mu.Unlock()
		if _, err := p.net.Write(data); err != nil {
			p.mu.Lock()
			p.closed = true
			p.mu.Unlock()
			_ = p.net.Close()
			return
		}
	}
}

// frame returns an unmasked text frame.
func frame(payload []byte) []byte {
	var f []byte
	switch n := len(payload); {
	case n < 126:
		f = []byte{0x81, byte(n)}
	case n < 1<<16:
		f = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(n))
	default:
		f = binary.BigEndian.AppendUint64([]byte{0x81, 127}, uint64(n))
	}
	return append(f, payload...)
}
