//go:build !(linux && (amd64 || arm64 || riscv64 || loong64 || ppc64le))

package engineio

import (
	"net"
	"syscall"
)

// Elsewhere every connection is a stream; the functions below are not reached.

func rawOf(net.Conn) (syscall.RawConn, int)     { return nil, -1 }
func rawRead(int, []byte) (int, syscall.Errno)  { return 0, syscall.EINVAL }
func rawWrite(int, []byte) (int, syscall.Errno) { return 0, syscall.EINVAL }
func rawAbort(int)                              {}
func rawFinish(int)                             {}
