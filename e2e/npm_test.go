package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// npmClients are the versions in use (contract 1.7), by their alias in package.json.
var npmClients = []string{"socket.io-client-4.5.4", "socket.io-client-4.8"}

// needNode skips without node or the packages.
func needNode(t *testing.T, packages ...string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on this machine")
	}
	for _, p := range packages {
		if _, err := os.Stat(filepath.Join("node_modules", p)); err != nil {
			t.Skipf("%s is not installed: run npm ci in e2e", p)
		}
	}
}

// said is one line of a driver.
type said struct {
	At        string            `json:"at"`
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Transport string            `json:"transport"`
	Reason    string            `json:"reason"`
	Attempt   int               `json:"attempt"`
	Args      []json.RawMessage `json:"args"`
	Text      string            `json:"text"`
	Recovered bool              `json:"recovered"`
}

// driver is a Node program that prints JSON lines.
type driver struct {
	t     *testing.T
	stdin io.WriteCloser

	mu      sync.Mutex
	lines   []said
	err     error // why no more lines come
	changed chan struct{}
}

// drive starts a script of the folder node with one JSON argument.
func drive(t *testing.T, script string, job any) *driver {
	t.Helper()
	d := &driver{t: t, changed: make(chan struct{})}
	d.stdin = runNode(t, script, job, d.take, func(err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.err = err
		d.notify()
	})
	return d
}

// runNode starts a script of the folder node with one JSON argument. take gets
// each line of its output, then ended hears how it ended. It ends with the test.
func runNode(t *testing.T, script string, job any, take func(line []byte), ended func(error)) (stdin io.WriteCloser) {
	t.Helper()
	arg, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	errs := &logbook{}
	cmd := exec.Command("node", filepath.Join("node", script), string(arg))
	cmd.Stderr = errs
	if stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			take(lines.Bytes())
		}
		err := cmd.Wait()
		ended(fmt.Errorf("%s ended: %v\n%s", script, err, errs.lines()))
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		select {
		case <-over:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-over
		}
	})
	return stdin
}

func (d *driver) take(line []byte) {
	var s said
	if err := json.Unmarshal(line, &s); err != nil {
		s = said{At: "not JSON", Text: string(line)}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, s)
	d.notify()
}

// notify wakes the waits; the lock is held.
func (d *driver) notify() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// tell sends a command line.
func (d *driver) tell(line string) {
	d.t.Helper()
	if _, err := io.WriteString(d.stdin, line+"\n"); err != nil {
		d.t.Fatalf("command %q: %v", line, err)
	}
}

// all returns the lines so far.
func (d *driver) all() []said {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]said(nil), d.lines...)
}

// await returns the n-th line (from 1) that match accepts.
func (d *driver) await(what string, n int, match func(said) bool) said {
	d.t.Helper()
	limit := time.After(patience)
	for {
		d.mu.Lock()
		lines, err, changed := d.lines, d.err, d.changed
		d.mu.Unlock()
		left := n
		for _, s := range lines {
			if match(s) {
				if left--; left == 0 {
					return s
				}
			}
		}
		if err != nil {
			d.t.Fatalf("waiting for %s: %v; it said %+v", what, err, lines)
		}
		select {
		case <-changed:
		case <-limit:
			d.t.Fatalf("no %s; the client said %+v", what, lines)
		}
	}
}

func (d *driver) awaitAt(at string, n int) said {
	d.t.Helper()
	return d.await(fmt.Sprintf("%s no. %d", at, n), n, func(s said) bool { return s.At == at })
}

func (d *driver) awaitEvent(name string, n int) said {
	d.t.Helper()
	return d.await(fmt.Sprintf("%s no. %d", name, n), n, func(s said) bool { return s.At == "event" && s.Name == name })
}

// barrier makes a round trip: what the server sent before has come.
func (d *driver) barrier() {
	d.t.Helper()
	n := 1
	for _, s := range d.all() {
		if s.At == "ack" {
			n++
		}
	}
	d.tell("emit operation_created {}")
	d.awaitAt("ack", n)
}

// events are the events so far, in order, without the greeting.
func (d *driver) events() []said {
	var out []said
	for _, s := range d.all() {
		if s.At == "event" && s.Name != "connection_established" {
			out = append(out, s)
		}
	}
	return out
}
