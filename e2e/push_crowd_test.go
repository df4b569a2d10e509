package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// Among 500 operators some do not read what they are sent, until their connections can
// take no more: all the others hear every request, in order and once, nobody is closed but
// who does not read, and the patient's own request is answered meanwhile (emergencies
// contract 4.2 b, 4.3 rule 8).
func TestPushStalledAmong500(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	const operators, stalled = 500, 3
	sockets := make([]*pushSocket, operators)
	var all sync.WaitGroup
	for part := range 8 {
		all.Go(func() {
			for k := part; k < operators; k += 8 {
				sockets[k] = e.olga.push("")
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	var mean []*intruder
	for range stalled {
		i := e.pushIntruder(e.omar)
		_ = i.conn.SetReadBuffer(4096)
		mean = append(mean, i)
		// It asks for answers that it never reads.
		all.Go(func() {
			ping := frame(0x81, `{"type":"ping"}`)
			many := slices.Repeat(ping, 1000)
			for i.write(many) == nil {
			}
		})
	}
	e.counts(operators + stalled)
	var ids []int64
	for range 20 {
		ids = append(ids, e.request())
	}
	for _, s := range sockets {
		s.hears(ids...)
		if got := s.requests(); !slices.Equal(got, ids) {
			t.Fatalf("a neighbour of those who do not read got %v, want %v", got, ids)
		}
	}
	e.counts(operators)
	all.Wait()
	if n := e.sum(`relevo_push_disconnects_total{reason="slow_consumer"}|relevo_push_disconnects_total{reason="transport_`); n != stalled {
		t.Errorf("%d ended for not reading, want %d", n, stalled)
	}
	for _, s := range sockets {
		if !s.open() {
			t.Fatal("a neighbour was closed")
		}
	}
	for _, i := range mean {
		i.close()
	}
}

// An idle push socket costs no more memory than an idle socket of Socket.IO does.
func TestPushIdleMemory(t *testing.T) {
	t.Parallel()
	const crowd = 1000
	cost := func(join func(p *process, cookie string) *intruder) int64 {
		p := start(t, models.SQLite)
		cookie := p.hire("olga", models.Operador).cookie()
		gather := func(n int) {
			var all sync.WaitGroup
			for part := range 8 {
				all.Go(func() {
					for k := part; k < n; k += 8 {
						join(p, cookie)
					}
				})
			}
			all.Wait()
			if t.Failed() {
				t.FailNow()
			}
		}
		gather(100) // until pools and tables have their size
		before := p.live()
		gather(crowd)
		return (p.live() - before) / crowd
	}
	socketIO := cost(func(p *process, cookie string) *intruder { return p.intruder(cookie) })
	push := cost(func(p *process, cookie string) *intruder {
		i, err := p.call()
		if err == nil {
			err = i.upgrade(pushPath, cookie)
		}
		if err == nil {
			_, err = i.readUntil("connection")
		}
		if err != nil {
			t.Errorf("a socket of the crowd: %v", err)
		}
		return i
	})
	t.Logf("bytes for each idle socket: push %d, Socket.IO %d", push, socketIO)
	if push > socketIO {
		t.Errorf("an idle push socket costs %d bytes, one of Socket.IO %d", push, socketIO)
	}
}

// live is what the process holds after a collection, heap and stacks, in bytes.
func (p *process) live() (sum int64) {
	p.t.Helper()
	for line := range strings.Lines(p.read("/debug/pprof/heap?debug=1&gc=1")) {
		for _, name := range []string{"HeapInuse", "Stack"} {
			var n int64
			if found, _ := fmt.Sscanf(line, "# "+name+" = %d", &n); found == 1 {
				sum += n
			}
		}
	}
	if sum == 0 {
		p.t.Fatal("the heap profile has no sums")
	}
	return sum
}
