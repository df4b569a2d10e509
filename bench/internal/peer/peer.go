// Package peer starts the servers that are compared. Each is one process that keeps
// to the contract in ../../README.md.
package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/relevo/relevo/bench/internal/proc"
)

// Cores of the machine: servers run on one, the generator on the other.
const (
	ServerCore    = 0
	GeneratorCore = 1
)

// Kind is one sort of server.
type Kind struct {
	Name  string
	Title string // for the table
	Plain bool   // plain WebSocket frames without Engine.IO and Socket.IO handshakes
	Go    bool   // built from peers/<name> of this module; knows SIGUSR1 and SIGUSR2
	Desk  bool   // the program of this repository, see Desks
	NoLog bool   // a Desk that keeps no events
	env   []string
	// command returns what to run; an error says what is missing.
	command func(root string) ([]string, error)
}

// Kinds are all servers, in the order of the table.
var Kinds = []Kind{
	{Name: "native", Title: "native", Go: true, command: built("native")},
	{Name: "node", Title: "node", command: script("node", "node.mjs")},
	{Name: "bun", Title: "bun", command: script("node_modules/@oven/bun-linux-x64/bin/bun", "bun.mjs")},
	{Name: "gws", Title: "bare gws", Plain: true, Go: true, command: built("gws")},
	{Name: "zishang", Title: "zishang520", Go: true, command: built("zishang")},
	{Name: "flask", Title: "flask", command: flask},
}

// crowd lets all subscribers of a run come from one address and one user, and one key
// publish at any rate.
var crowd = []string{
	"RELEVO_LIMITS_CONNECTIONS=100000", "RELEVO_LIMITS_CONNECTIONS_PER_ADDRESS=100000", "RELEVO_LIMITS_CONNECTIONS_PER_USER=100000",
	"RELEVO_LIMITS_HANDSHAKES_PER_SECOND=100000", "RELEVO_LIMITS_HANDSHAKE_BURST=100000", "RELEVO_EVENTS_EMIT_PER_SECOND=1000000",
}

// Desks are the program itself, keeping its events in the database or not.
var Desks = []Kind{
	{Name: "log-on", Title: "event log", Desk: true, env: append([]string{"RELEVO_EVENTS_LOG=on"}, crowd...), command: relevo},
	{Name: "log-off", Title: "without", Desk: true, NoLog: true, env: append([]string{"RELEVO_EVENTS_LOG=off"}, crowd...), command: relevo},
}

func relevo(root string) ([]string, error) { return []string{Relevo(root), "serve"}, nil }

// Relevo is the path of the program that a Desk's Prepare builds.
func Relevo(root string) string { return filepath.Join(root, "bin", "relevo") }

// Find returns the kind of a name.
func Find(name string) (Kind, error) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("no peer is called %q", name)
}

// Prepare builds or looks for what the kind needs; root is the folder of this module.
func (k Kind) Prepare(ctx context.Context, root string) error {
	if k.Go {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join("bin", k.Name), "./peers/"+k.Name)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", k.Name, err, out)
		}
	}
	if k.Desk {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-o", Relevo(root), "./cmd/relevo")
		cmd.Dir = filepath.Dir(root)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build relevo: %w\n%s", err, out)
		}
	}
	_, err := k.command(root)
	return err
}

func built(name string) func(string) ([]string, error) {
	return func(root string) ([]string, error) { return []string{filepath.Join(root, "bin", name)}, nil }
}

// script runs a file of peers/node, with an interpreter from its packages or the path.
func script(interpreter, file string) func(string) ([]string, error) {
	return func(root string) ([]string, error) {
		dir := filepath.Join(root, "peers", "node")
		if _, err := os.Stat(filepath.Join(dir, "node_modules", "socket.io")); err != nil {
			return nil, errors.New("its packages are missing: npm ci --ignore-scripts --prefix bench/peers/node")
		}
		program := interpreter
		if filepath.Base(program) != program {
			program = filepath.Join(dir, program)
		}
		path, err := exec.LookPath(program)
		if err != nil {
			return nil, err
		}
		return []string{path, filepath.Join(dir, file)}, nil
	}
}

func flask(root string) ([]string, error) {
	// Debian's packages belong to Debian's interpreter, whatever stands first in the path.
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import flask_socketio, eventlet").Run(); err != nil {
		return nil, errors.New("not installed: apt-get install python3-flask-socketio python3-eventlet")
	}
	return []string{python, filepath.Join(root, "peers", "flask", "server.py")}, nil
}

// Settings of a server process.
type Settings struct {
	PingInterval time.Duration
	PingTimeout  time.Duration
	Secret       string // of the session cookies
	Sessions     int    // how many sessions exist; zero: cookies are not looked at
	Log          string // file that gets what the process prints
	Profile      string // file for a CPU profile of a Go peer, none when empty
	// Env is the whole environment of a Desk but for its address; nil for the others.
	Env []string
}

// Process is a running server.
type Process struct {
	Kind    Kind
	Address netip.AddrPort
	cmd     *exec.Cmd
	log     string
	ended   chan error
}

// Start runs a server on ServerCore and returns when it accepts connections. The
// process ends with Stop, with ctx or with this program.
func (k Kind) Start(ctx context.Context, root string, s Settings) (*Process, error) {
	args, err := k.command(root)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(s.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(),
		"PORT="+strconv.Itoa(int(address.Port())),
		"PING_INTERVAL="+strconv.FormatInt(s.PingInterval.Milliseconds(), 10),
		"PING_TIMEOUT="+strconv.FormatInt(s.PingTimeout.Milliseconds(), 10),
		"SESSION_SECRET="+s.Secret,
		"SESSIONS="+strconv.Itoa(s.Sessions),
		"CPU_PROFILE="+s.Profile,
		"NODE_ENV=production",
	)
	if k.Desk {
		cmd.Env = append(append(s.Env[:len(s.Env):len(s.Env)], k.env...), "RELEVO_HTTP_ADDR="+address.String())
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := proc.OnCore(ServerCore, cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", k.Name, err)
	}
	p := &Process{Kind: k, Address: address, cmd: cmd, log: s.Log, ended: make(chan error, 1)}
	go func() { p.ended <- cmd.Wait() }()
	if err := p.await(20 * time.Second); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func freeAddress() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort(), nil
}

func (p *Process) await(limit time.Duration) error {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("%s ended while starting: %v\n%s", p.Kind.Name, err, p.tail())
		default:
		}
		c, err := net.DialTimeout("tcp4", p.Address.String(), time.Second)
		if err == nil {
			return c.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s does not accept connections", p.Kind.Name)
}

func (p *Process) tail() []byte {
	text, _ := os.ReadFile(p.log)
	return text[max(0, len(text)-2000):]
}

// PID of the server.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal to the server.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Log returns what the process has printed.
func (p *Process) Log() (string, error) {
	text, err := os.ReadFile(p.log)
	return string(text), err
}

// Alive reports whether the process still runs.
func (p *Process) Alive() bool {
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

// Stop ends the process and waits for it: SIGTERM, and SIGKILL when that does not
// help. It may be called twice.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		p.ended <- err
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill()
		err := <-p.ended
		p.ended <- err
	}
}
