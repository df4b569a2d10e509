package socketio_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// npmClients are the official clients that the tests drive, by their alias in e2e/package.json.
var npmClients = []string{"socket.io-client-4.5.4", "socket.io-client-4.8"}

// line is what the driver prints, and what it is told.
type line struct {
	At        string          `json:"at,omitempty"`
	ID        string          `json:"id,omitempty"`
	Recovered bool            `json:"recovered,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Do        string          `json:"do,omitempty"`
	Name      string          `json:"name,omitempty"`
	Args      json.RawMessage `json:"args,omitempty"`
	Ack       bool            `json:"ack,omitempty"`
	Timeout   int             `json:"timeout,omitempty"`
}

// official is a real socket.io-client in a Node process.
type official struct {
	t     testing.TB
	stdin io.WriteCloser
	lines chan line
}

// drive starts a client; it skips without Node or the package.
func drive(t testing.TB, npm, url string, options map[string]any) *official {
	t.Helper()
	modules, err := filepath.Abs("../e2e/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on this machine")
	}
	if _, err := os.Stat(filepath.Join(modules, npm)); err != nil {
		t.Skipf("%s is not installed: run npm ci in e2e", npm)
	}
	job, err := json.Marshal(map[string]any{"package": npm, "from": modules + "/", "url": url, "options": options})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/driver.mjs", string(job))
	cmd.Stderr = os.Stderr
	o := &official{t: t, lines: make(chan line, 1<<16)}
	if o.stdin, err = cmd.StdinPipe(); err != nil {
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
		for s := bufio.NewScanner(out); s.Scan(); {
			var l line
			if err := json.Unmarshal(s.Bytes(), &l); err != nil {
				t.Errorf("driver said %q", s.Text())
				continue
			}
			o.lines <- l
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = o.stdin.Close()
		<-over
	})
	return o
}

func (o *official) tell(l line) {
	o.t.Helper()
	raw, err := json.Marshal(l)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.stdin.Write(append(raw, '\n')); err != nil {
		o.t.Fatal(err)
	}
}

func (o *official) emit(name, args string) {
	o.t.Helper()
	o.tell(line{Do: "emit", Name: name, Args: json.RawMessage(args)})
}

// want returns the next line, which must be of that kind; upgrades come when they like and are passed over.
func (o *official) want(at, name string) line {
	o.t.Helper()
	l := take(o.t, at+" "+name, o.lines)
	for l.At == "upgrade" && at != "upgrade" {
		l = take(o.t, at+" "+name, o.lines)
	}
	if l.At != at || l.Name != name {
		o.t.Fatalf("got %+v, want %s %s", l, at, name)
	}
	return l
}

func (o *official) wantArgs(at, name, args string) {
	o.t.Helper()
	if got := string(o.want(at, name).Args); got != args {
		o.t.Fatalf("%s %s with %s, want %s", at, name, got, args)
	}
}

// proxy is a TCP relay whose connections can be cut.
type proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	open     map[net.Conn]struct{}
	closed   bool
	done     sync.WaitGroup
}

func relay(t testing.TB, url string) (*proxy, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: strings.TrimPrefix(url, "http://"), open: map[net.Conn]struct{}{}}
	p.done.Go(p.accept)
	t.Cleanup(func() {
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		_ = listener.Close()
		p.cut()
		p.done.Wait()
	})
	return p, "http://" + listener.Addr().String()
}

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.open[in], p.open[out] = struct{}{}, struct{}{}
		closed := p.closed
		p.mu.Unlock()
		if closed {
			p.cut()
		}
		p.done.Go(func() { p.pump(in, out) })
		p.done.Go(func() { p.pump(out, in) })
	}
}

func (p *proxy) pump(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_ = from.Close()
	_ = to.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, from)
	delete(p.open, to)
}

// cut drops all connections at once; what was on its way is lost.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}
