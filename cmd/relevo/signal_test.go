package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
)

// process is this program in a process of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	exit chan int
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], append([]string{"serve", "--http.addr=127.0.0.1:0", "--data.dir=" + dir}, args...)...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TEST_RUN_MAIN=1"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, exit: make(chan int, 1)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "pages     http://"); ok {
			p.addr = strings.TrimSuffix(url, "/")
			break
		}
	}
	if p.addr == "" {
		t.Fatal("the process ended before it served")
	}
	go func() {
		for lines.Scan() { // so that the process never waits for us to read
		}
		_ = cmd.Wait()
		p.exit <- cmd.ProcessState.ExitCode()
	}()
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) status() int {
	p.t.Helper()
	select {
	case status := <-p.exit:
		return status
	case <-time.After(30 * time.Second):
		p.t.Fatal("the process did not end")
		return -1
	}
}

func TestSignalsEndInOrder(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProcess(t)
		p.signal(s)
		if status := p.status(); status != exitOK {
			t.Errorf("%v: status %d", s, status)
		}
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := startProcess(t, "--http.shutdown-timeout=10m")
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request of which the body never arrives keeps the ordered end waiting.
	if _, err := fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", p.addr); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGTERM)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		probe, err := net.Dial("tcp", p.addr)
		if err != nil {
			break // it drains
		}
		probe.Close()
		if time.Now().After(deadline) {
			t.Fatal("it does not drain")
		}
	}
	select {
	case status := <-p.exit:
		t.Fatalf("ended with %d while a request was being answered", status)
	default:
	}
	p.signal(syscall.SIGTERM)
	if status := p.status(); status != exitFailure {
		t.Errorf("status %d", status)
	}
}

func TestSignalTogglesDebug(t *testing.T) {
	verbose := make(chan os.Signal)
	level := zap.NewAtomicLevelAt(zap.WarnLevel)
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { defer close(over); toggleDebug(ctx, verbose, zap.NewNop(), level) }()
	verbose <- syscall.SIGUSR1
	verbose <- syscall.SIGUSR1 // taken only after the first was acted on
	verbose <- syscall.SIGUSR1
	cancel()
	<-over
	if level.Level() != zap.DebugLevel {
		t.Errorf("after three signals the level is %v", level.Level())
	}
}
