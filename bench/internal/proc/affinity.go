// Package proc reads what the kernel knows of a process and says where processes run.
// Linux only.
package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// mask is a set of cores, as large as the kernel may ask for.
type mask [16]uint64

func affinity(call uintptr, tid int, m *mask) error {
	_, _, errno := syscall.RawSyscall(call, uintptr(tid), unsafe.Sizeof(*m), uintptr(unsafe.Pointer(m)))
	if errno != 0 {
		return errno
	}
	return nil
}

func pin(tid, core int) error {
	var m mask
	m[core/64] = 1 << (core % 64)
	if err := affinity(syscall.SYS_SCHED_SETAFFINITY, tid, &m); err != nil {
		return fmt.Errorf("pin thread %d to core %d: %w", tid, core, err)
	}
	return nil
}

// PinSelf moves every thread of this process to one core; threads made later inherit it.
func PinSelf(core int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := pin(tid, core); err != nil {
			return err
		}
	}
	return nil
}

// OnCore calls start on a thread that runs on the given core, so that a process which
// start forks begins its life there. The thread returns to where it was.
func OnCore(core int, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := syscall.Gettid()
	var before mask
	if err := affinity(syscall.SYS_SCHED_GETAFFINITY, tid, &before); err != nil {
		return os.NewSyscallError("sched_getaffinity", err)
	}
	if err := pin(tid, core); err != nil {
		return err
	}
	err := start()
	if back := affinity(syscall.SYS_SCHED_SETAFFINITY, tid, &before); back != nil && err == nil {
		err = os.NewSyscallError("sched_setaffinity", back)
	}
	return err
}

// RaiseFiles raises the limit of open descriptors to the hard limit and returns it.
func RaiseFiles() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, os.NewSyscallError("getrlimit", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, os.NewSyscallError("setrlimit", err)
	}
	return limit.Cur, nil
}
