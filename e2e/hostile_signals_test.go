package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// A process that is told to end while it starts, or twice, ends, says so with its
// status, and the next one finds everything in order (case 30).
func TestHostileSignals(t *testing.T) {
	besides(t)
	p := start(t, models.SQLite)
	max := p.hire("max", models.Master)
	client := max.newClient("11112222")
	for range many(3, 20) {
		p.endTwice(max, client)
	}
	p.stop()
	for _, fresh := range []bool{false, true} {
		for round := range many(8, 60) {
			q := p
			if fresh {
				q = &process{t: t, dir: t.TempDir()}
				for _, entry := range p.env {
					q.env = append(q.env, strings.ReplaceAll(entry, p.dir, q.dir))
				}
			}
			q.endWhileStarting(time.Duration(round*round) * 2 * time.Millisecond)
			if fresh {
				q.run("127.0.0.1:0")
				q.stop()
			}
		}
	}
	p.run("127.0.0.1:0")
	max.newOperationOf(client)
}

// endTwice asks the process twice to end while a socket is open and a request is being
// sent: it ends with 0 when the first was enough and with 1 when it was not.
func (p *process) endTwice(who *person, client int64) {
	p.t.Helper()
	socket := who.socket()
	_, code := who.newOperationOf(client)
	mark := len(p.log.lines())
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if status := p.await(); status != 0 && status != 1 {
		p.t.Errorf("exit status %d after two SIGTERM", status)
	}
	p.quietSince(mark)
	if err := socket.WaitClosed(soon(p.t)); err != nil || socket.Disconnected() {
		p.t.Errorf("the socket: %v, told to stay away: %v", err, socket.Disconnected())
	}
	p.run("127.0.0.1:0")
	if kept := who.operationCodes(); kept[code] != 1 {
		p.t.Errorf("%s stands %d times in the database", code, kept[code])
	}
}

// endWhileStarting begins the program and asks it to end after a while, whatever it has
// come to by then: before it listens to signals these end it as they end everything.
func (p *process) endWhileStarting(after time.Duration) {
	p.t.Helper()
	p.launch("127.0.0.1:0")
	time.Sleep(after) // the instant is the point; every one is right
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	signalled := p.cmd
	status := p.await()
	state, _ := signalled.ProcessState.Sys().(syscall.WaitStatus)
	if status != 0 && (!state.Signaled() || state.Signal() != syscall.SIGTERM) {
		p.t.Errorf("exit status %d after SIGTERM %v after the start\n%s", status, after, strings.Join(p.log.lines(), "\n"))
	}
	for _, e := range p.log.entries(0) {
		if !slices.Contains([]string{"debug", "info", "warn"}, e.Level) {
			p.t.Errorf("SIGTERM %v after the start: %s", after, e.raw)
		}
	}
}
