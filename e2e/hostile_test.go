package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// many is how often something hostile is done; RELEVO_HOSTILE=long makes it more
// (docs/hostile.md).
func many(short, long int) int {
	if longForm() {
		return long
	}
	return short
}

func longForm() bool { return os.Getenv("RELEVO_HOSTILE") == "long" }

// besides lets a test run beside others; the long form has the machine to itself.
func besides(t *testing.T) {
	t.Helper()
	if !longForm() {
		t.Parallel()
	}
}

// field is a process that will be attacked, with neighbours who must not notice.
type field struct {
	*process
	max, tina, olga, idle *person
	key                   string // publishes what the neighbours hear
	neighbours            []*neighbour
	strangers             []*livetest.Client // who must hear nothing at all
	stream                *stream
	visitor               http.Header // cookie and token of somebody who may try to sign in
}

// neighbour is a well-behaved socket of somebody who is signed in.
type neighbour struct {
	name   string
	socket *livetest.Client
	before int // events that it had when the numbered ones began
}

// newField starts a process whose patience with clients is short, so that the test
// need not wait long for it, and lets neighbours in. Settings come on top.
func newField(t *testing.T, settings ...string) *field {
	t.Helper()
	f := hireField(t, settings...)
	f.takePlaces()
	return f
}

// hireField is newField without the neighbours.
func hireField(t *testing.T, settings ...string) *field {
	t.Helper()
	p := start(t, models.SQLite, append([]string{
		"RELEVO_EVENTS_EMIT_PER_SECOND=1000000", "RELEVO_LIMITS_CONNECTIONS_PER_USER=20000",
		"RELEVO_HTTP_READ_HEADER_TIMEOUT=3s", "RELEVO_SOCKET_CONNECT_TIMEOUT=10s",
		"RELEVO_SOCKET_PING_INTERVAL=2s", "RELEVO_SOCKET_PING_TIMEOUT=10s",
	}, settings...)...)
	f := &field{process: p, max: p.hire("max", models.Master), tina: p.hire("tina", models.Trader), olga: p.hire("olga", models.Operador)}
	f.idle = p.hire("idle", models.Trader)
	f.max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", f.idle.id), nil).want(200)
	f.key = f.newPublisher().key
	return f
}

// takePlaces lets neighbours, strangers and a deactivated user's socket in.
func (f *field) takePlaces() {
	f.t.Helper()
	for who, transport := range map[*person]string{f.max: "websocket", f.tina: "polling", f.olga: "websocket"} {
		n := &neighbour{name: who.name, socket: who.listen(transport)}
		f.neighbours = append(f.neighbours, n)
	}
	for _, who := range []*person{f.stranger(), f.idle} {
		for _, transport := range []string{"websocket", "polling"} {
			who.p, who.t = f.process, f.t
			f.strangers = append(f.strangers, who.listen(transport))
		}
	}
	if f.t.Failed() {
		f.t.FailNow()
	}
	for _, n := range f.neighbours {
		if _, err := n.socket.WaitEvent(soon(f.t), "connection_established"); err != nil {
			f.t.Fatalf("neighbour %s: %v", n.name, err)
		}
	}
	f.stream = newStream(f)
	// What grows with the first events and connections is there before anything is measured.
	f.stream.publish(20, 0)
	for range 20 {
		f.intruder("").close()
	}
	f.noSocketsBut(f.residents())
	f.settle()
}

// settle makes every polling client dial the second connection that it comes to need:
// for a POST while its poll is open.
func (f *field) settle() {
	f.t.Helper()
	sockets := slices.Clone(f.strangers)
	for _, n := range f.neighbours {
		sockets = append(sockets, n.socket)
	}
	for _, s := range sockets {
		if s.Transport() != "polling" {
			continue
		}
		f.soonOr("a polling client has two connections", func() error {
			if err := s.Barrier(soon(f.t)); err != nil {
				return fatal{err}
			}
			if n := s.Dialed(); n < 2 {
				return fmt.Errorf("it has %d", n)
			}
			return nil
		})
	}
}

func (f *field) residents() int { return len(f.neighbours) + len(f.strangers) }

// moved are the metrics that an attack has to move: the beginnings of their lines,
// where | separates lines that are added up, and by how much at least.
type moved map[string]int

// underFire runs an attack while numbered events are written over REST, and then holds
// the process to what no client may change: it lives, it keeps neither goroutine nor
// descriptor, every neighbour got every event once and in order, strangers nothing, the
// metrics tell of the attack, and the log does not take a client's fault for its own.
func (f *field) underFire(t *testing.T, name string, metrics moved, attack func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		defer f.report(t)()
		goroutines, descriptors := f.holds(f.max, f.tina, f.olga, f.stream.publisher.person)
		before := map[string]int{}
		for lines := range metrics {
			before[lines] = f.sum(lines)
		}
		mark := len(f.log.lines())

		calm := f.stream.run(func() { f.stream.await(many(5, 50)) })
		fire := f.stream.run(func() {
			attack(t)
			f.stream.await(2) // also of what came after it
		})
		t.Logf("%d events; until all neighbours had a batch: before %v, under fire %v", f.stream.sent, calm, fire)

		if f.ended() {
			t.Fatalf("the process ended: %v", f.cmd.ProcessState)
		}
		f.judgeNeighbours()
		f.noSocketsBut(f.residents())
		f.soonOr("goroutines and descriptors go back", func() error {
			g, d := f.holds(f.max, f.tina, f.olga, f.stream.publisher.person)
			if g > goroutines || len(d) > len(descriptors) {
				return fmt.Errorf("%d goroutines, %d before; %d descriptors, %d before: %v", g, goroutines, len(d), len(descriptors), d)
			}
			return nil
		})
		for lines, least := range metrics {
			if got := f.sum(lines) - before[lines]; got < least {
				t.Errorf("%s grew by %d, want at least %d", lines, got, least)
			}
		}
		f.quietSince(mark)
	})
}

// report makes the field's people and helpers fail t from now on, until the returned
// function is called.
func (f *field) report(t *testing.T) (restore func()) {
	whole := f.t
	tell := func(t *testing.T) {
		f.t = t
		for _, who := range []*person{f.max, f.tina, f.olga, f.idle, f.stream.publisher.person} {
			who.t = t
		}
	}
	tell(t)
	return func() { tell(whole) }
}

// quietSince fails the test for each log line that accuses the process itself.
func (p *process) quietSince(mark int) {
	p.t.Helper()
	for _, e := range p.log.entries(mark) {
		if !slices.Contains([]string{"debug", "info", "warn"}, e.Level) {
			p.t.Errorf("log: %s", e.raw)
		}
	}
}

// sum adds up the metrics whose lines begin with one of the words between |.
func (p *process) sum(lines string) int {
	p.t.Helper()
	sum := 0.0
	for line := range strings.Lines(p.read("/metrics")) {
		for begin := range strings.SplitSeq(lines, "|") {
			if strings.HasPrefix(line, begin) {
				v, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:len(line)-1], 64)
				sum += v
			}
		}
	}
	return int(sum)
}

// memory is what the process keeps in RAM, in bytes.
func (p *process) memory() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if kb, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			return n << 10
		}
	}
	p.t.Fatal("no VmRSS")
	return 0
}

// status sends a request whose header is given and returns the status of the answer.
func (p *process) status(client *http.Client, method, path string, header http.Header, body string) int {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = header
	resp, err := client.Do(req)
	if err != nil {
		p.t.Errorf("%s %.80s: %v", method, path, err)
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
