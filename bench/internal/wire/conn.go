package wire

import (
	"net/netip"
	"os"
	"syscall"
)

// stream is who owns a conn. The data is valid only during the call.
type stream interface {
	connected()
	received(data []byte)
	gone(err error)
}

// conn is one non-blocking TCP connection in a loop.
type conn struct {
	loop     *Loop
	fd       int
	owner    stream
	interest uint32
	dialling bool
	paused   bool
	closed   bool
	out      []byte // what the kernel did not take
}

// dial starts to connect; the owner hears connected or gone. A receive buffer of zero
// leaves the kernel's choice.
func (l *Loop) dial(to netip.AddrPort, receiveBuffer int, owner stream) (*conn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if receiveBuffer > 0 {
		_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receiveBuffer)
	}
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
	if err != nil && err != syscall.EINPROGRESS {
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	c := &conn{loop: l, fd: fd, owner: owner, dialling: true, interest: syscall.EPOLLOUT}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: c.interest, Fd: int32(fd)}); err != nil {
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	for len(l.byFD) <= fd {
		l.byFD = append(l.byFD, nil)
	}
	l.byFD[fd] = c
	return c, nil
}

// watch tells the kernel what c waits for now.
func (c *conn) watch() {
	var want uint32
	if c.dialling || len(c.out) > 0 {
		want |= syscall.EPOLLOUT
	}
	if !c.dialling && !c.paused {
		want |= syscall.EPOLLIN
	}
	if want != c.interest {
		c.interest = want
		_ = syscall.EpollCtl(c.loop.epoll, syscall.EPOLL_CTL_MOD, c.fd, &syscall.EpollEvent{Events: want, Fd: int32(c.fd)})
	}
}

func (c *conn) ready(events uint32) {
	if c.dialling {
		if code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || code != 0 {
			c.fail(os.NewSyscallError("connect", syscall.Errno(code)))
			return
		}
		c.dialling = false
		c.watch()
		c.owner.connected()
		return
	}
	if events&syscall.EPOLLOUT != 0 && len(c.out) > 0 {
		c.flush()
	}
	if c.closed || events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) == 0 {
		return
	}
	if c.paused && events&(syscall.EPOLLHUP|syscall.EPOLLERR) == 0 {
		return
	}
	n, err := syscall.Read(c.fd, c.loop.buffer)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
	case err != nil:
		c.fail(os.NewSyscallError("read", err))
	case n == 0:
		c.fail(errEOF)
	default:
		c.owner.received(c.loop.buffer[:n])
	}
}

// write sends data or keeps a copy of what the kernel does not take now.
func (c *conn) write(data []byte) {
	if c.closed {
		return
	}
	if len(c.out) > 0 {
		c.out = append(c.out, data...)
		return
	}
	n, err := syscall.Write(c.fd, data)
	if err != nil && err != syscall.EAGAIN && err != syscall.EINTR {
		// Reading meets the same fate and reports it; data may be waiting before it.
		return
	}
	if n = max(n, 0); n < len(data) {
		c.out = append(c.out, data[n:]...)
		c.watch()
	}
}

func (c *conn) flush() {
	n, err := syscall.Write(c.fd, c.out)
	if err == nil {
		c.out = c.out[:copy(c.out, c.out[n:])]
	} else if err != syscall.EAGAIN && err != syscall.EINTR {
		c.out = nil
	}
	if len(c.out) == 0 {
		c.out = nil
	}
	c.watch()
}

func (c *conn) fail(err error) {
	if c.closed {
		return
	}
	c.close()
	c.owner.gone(err)
}

// close leaves by FIN, or by RST when unread data is waiting. The owner is not told.
func (c *conn) close() {
	if c.closed {
		return
	}
	c.closed = true
	c.out = nil
	c.loop.byFD[c.fd] = nil
	_ = syscall.Close(c.fd)
}

// reset leaves by RST.
func (c *conn) reset() {
	if c.closed {
		return
	}
	_ = syscall.SetsockoptLinger(c.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: 0})
	c.close()
}

// pause stops reading until called with false: data stays in the kernel and, when its
// buffers are full, in the server.
func (c *conn) pause(on bool) {
	if c.closed {
		return
	}
	c.paused = on
	c.watch()
}
