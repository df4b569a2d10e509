//go:build linux && (amd64 || arm64 || riscv64 || loong64 || ppc64le)

package engineio

import (
	"net"
	"syscall"
	"unsafe"
)

// rawOf returns access to the descriptor of a plain TCP or Unix connection; nil
// for any other.
func rawOf(nc net.Conn) (syscall.RawConn, int) {
	var raw syscall.RawConn
	var err error
	switch nc := nc.(type) {
	case *net.TCPConn:
		raw, err = nc.SyscallConn()
	case *net.UnixConn:
		raw, err = nc.SyscallConn()
	}
	if err != nil || raw == nil {
		return nil, -1
	}
	fd := -1
	if raw.Control(func(number uintptr) { fd = int(number) }) != nil {
		return nil, -1
	}
	return raw, fd
}

// The calls below do not tell the scheduler: the descriptor never blocks, and
// what they do takes less time than a hand-over.

// rawRead reads once. Zero bytes without an error are the end.
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// rawWrite writes once, what the socket takes.
func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// rawAbort makes the next read report the end and the closing drop what is unsent.
func rawAbort(fd int) {
	_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	_ = syscall.Shutdown(fd, syscall.SHUT_RDWR)
}

// rawFinish tells the peer that nothing more comes.
func rawFinish(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_WR) }
