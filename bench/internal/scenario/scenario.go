// Package scenario holds what is measured. Every run has a server process of its own.
package scenario

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/relevo/relevo/bench/internal/database"
	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/proc"
	"github.com/relevo/relevo/bench/internal/wire"
)

// Figure is one number of a scenario. Less is better in all of them with a ratio but
// those of AtLeast.
type Figure struct {
	Key   string
	Title string
	Ratio bool
	// AtMost are the ratios to reach, by the name of the peer compared with.
	AtMost map[string]float64
	// AtLeast are ratios to reach where more is better.
	AtLeast map[string]float64
	// Limit is the value to reach itself, none when zero.
	Limit float64
}

// Scenario is one way to load a server.
type Scenario struct {
	Name     string
	Title    string
	Figures  []Figure
	Estimate time.Duration // of one run, for the plan that is printed first
	NotPlain bool          // a server without Socket.IO cannot take part
	Database Database      // for those that measure the program itself; none when empty
	NeedsLog bool          // the program without its event log cannot take part
	ping     time.Duration
	sessions int
	load     func(r *run) error
}

// Takes reports whether a kind of server can take part.
func (s Scenario) Takes(k peer.Kind) bool {
	return !(k.Plain && s.NotPlain) && !(k.NoLog && s.NeedsLog)
}

// Result of one run.
type Result struct {
	Scenario string             `json:"scenario"`
	Peer     string             `json:"peer"`
	Run      int                `json:"run"`
	Figures  map[string]float64 `json:"figures"`
	Expected int                `json:"expected"` // deliveries or answers that had to come
	Lost     int                `json:"lost"`     // of them, those that did not
	Faults   []string           `json:"faults,omitempty"`
}

// Sound reports whether the figures may be shown.
func (r Result) Sound() bool { return r.Lost == 0 && len(r.Faults) == 0 }

// Options of a run.
type Options struct {
	Root    string        // folder of this module
	Logs    string        // folder for what the servers print
	Window  time.Duration // measured part of a run
	Profile bool          // ask Go peers for CPU profiles, into Logs
	// Postgres is where scenarios with that database write.
	Postgres *database.Server
}

// run is the state of one run. It is the wire.Handler of its clients.
type run struct {
	options Options
	loop    *wire.Loop
	server  *peer.Process
	target  wire.Target
	desk    *desk // of scenarios with a database
	result  *Result
	leaving bool // closed connections are no fault any more
	onEvent func(c *wire.Client, array []byte)
	onAck   func(c *wire.Client, id int, array []byte)
}

const (
	secret = "the same secret for every server"
	// openWindow is how many connections are on their way in at a time.
	openWindow = 64
	maxFaults  = 5
)

// Run starts a server of the kind, loads it and ends it. A load that failed is in the
// result's Faults; the error is for a benchmark that cannot go on.
func (s Scenario) Run(ctx context.Context, k peer.Kind, number int, o Options) (Result, error) {
	result := Result{Scenario: s.Name, Peer: k.Name, Run: number, Figures: map[string]float64{}}
	name := filepath.Join(o.Logs, s.Name+"-"+k.Name)
	settings := peer.Settings{PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, Secret: secret, Sessions: s.sessions, Log: name + ".log"}
	if s.ping > 0 {
		settings.PingInterval = s.ping
	}
	if o.Profile {
		settings.Profile = name + ".prof"
	}
	var d *desk
	if s.Database != "" {
		var err error
		if d, err = newDesk(ctx, s.Database, o); err != nil {
			return result, err
		}
		defer d.close()
		settings.Env = d.env
	}
	server, err := k.Start(ctx, o.Root, settings)
	if err != nil {
		return result, err
	}
	defer server.Stop()
	loop, err := wire.NewLoop()
	if err != nil {
		return result, err
	}
	defer loop.Close()
	r := &run{options: o, loop: loop, server: server, desk: d, result: &result, target: wire.Target{Address: server.Address, Plain: k.Plain}}
	if err := s.load(r); err != nil {
		r.fault(err.Error())
	}
	if !server.Alive() {
		r.fault("the server ended")
	}
	return result, ctx.Err()
}

func (r *run) Event(c *wire.Client, array []byte) {
	if r.onEvent != nil {
		r.onEvent(c, array)
	}
}

func (r *run) Ack(c *wire.Client, id int, array []byte) {
	if r.onAck != nil {
		r.onAck(c, id, array)
	}
}

func (r *run) Closed(c *wire.Client, err error) {
	if !r.leaving {
		r.fault(fmt.Sprintf("client %d closed: %v", c.Index, err))
	}
}

func (r *run) fault(text string) {
	if len(r.result.Faults) < maxFaults && !slices.Contains(r.result.Faults, text) {
		r.result.Faults = append(r.result.Faults, text)
	}
}

func (r *run) set(key string, value float64) { r.result.Figures[key] = value }

// clients makes n clients that have not dialled.
func (r *run) clients(n int, to wire.Target) []*wire.Client {
	all := make([]*wire.Client, n)
	for i := range all {
		all[i] = r.loop.NewClient(i, to, r)
	}
	return all
}

// connect makes n clients and waits until they are ready.
func (r *run) connect(n int, to wire.Target) ([]*wire.Client, error) {
	all := r.clients(n, to)
	return all, r.loop.Open(all, openWindow, 60*time.Second)
}

// emitters connects n clients by WebSocket that have left the room.
func (r *run) emitters(n int) ([]*wire.Client, error) {
	all, err := r.connect(n, r.target)
	if err != nil {
		return nil, fmt.Errorf("emitters: %w", err)
	}
	left := 0
	r.onAck = func(*wire.Client, int, []byte) { left++ }
	for _, c := range all {
		c.Emit(0, `["leave"]`)
	}
	if err := r.loop.Until(5*time.Second, func() bool { return left == n }); err != nil {
		return nil, fmt.Errorf("emitters leave the room: %w", err)
	}
	r.onAck = nil
	return all, nil
}

// leave resets all clients, so that no port stays behind in TIME_WAIT.
func (r *run) leave(clients ...[]*wire.Client) {
	r.leaving = true
	for _, group := range clients {
		for _, c := range group {
			c.Reset()
		}
	}
}

// sample is the state of both processes at a moment.
type sample struct {
	at        time.Duration
	server    time.Duration
	generator time.Duration
}

func (r *run) sample() (sample, error) {
	server, err := proc.CPU(r.server.PID())
	own, err2 := proc.CPU(syscall.Getpid())
	return sample{r.loop.Now(), server, own}, errors.Join(err, err2)
}

// measure runs the loop for the window and returns the CPU time of the server in it.
func (r *run) measure(window time.Duration) (cpu time.Duration, err error) {
	if r.options.Profile && r.server.Kind.Go {
		_ = r.server.Signal(syscall.SIGUSR1)
		r.loop.For(20 * time.Millisecond)
	}
	before, err := r.sample()
	if err != nil {
		return 0, err
	}
	r.loop.For(window)
	after, err := r.sample()
	if err != nil {
		return 0, err
	}
	if r.options.Profile && r.server.Kind.Go {
		_ = r.server.Signal(syscall.SIGUSR2)
		r.loop.For(time.Second) // for the heap profile, which wants the connections
	}
	r.busy(before, after)
	return after.server - before.server, nil
}

func (r *run) busy(before, after sample) {
	wall := float64(after.at - before.at)
	r.set("server_busy", float64(after.server-before.server)/wall)
	r.set("generator_busy", float64(after.generator-before.generator)/wall)
}

func (r *run) rss() float64 {
	n, err := proc.RSS(r.server.PID())
	if err != nil {
		r.fault(err.Error())
	}
	return float64(n)
}

func (r *run) files() int {
	n, err := proc.Files(r.server.PID())
	if err != nil {
		r.fault(err.Error())
	}
	return n
}

// cookie returns the Cookie header of a session.
func cookie(user int) string {
	token := "token-" + strconv.Itoa(user)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return "theme=dark; session=" + token + "." + hex.EncodeToString(mac.Sum(nil))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const (
	kib = 1 << 10
	mib = 1 << 20
)
