package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/relevo/relevo/events"
)

// streamTitle marks the events that the neighbours count.
const streamTitle = "stream"

// stream writes numbered events over REST, each batch after all neighbours have the
// one before, so that the number of them says nothing about the machine.
type stream struct {
	f         *field
	publisher *publisher
	sent      int

	mu      sync.Mutex
	batches int
	size    int           // bytes that each message is filled up with
	count   int           // events of a batch
	pause   time.Duration // between two: at most 1,000 events a second
	took    []time.Duration
}

func newStream(f *field) *stream {
	s := &stream{f: f, publisher: &publisher{f.stranger(), f.key}, count: many(10, 20), size: 300, pause: time.Duration(many(10, 20)) * time.Millisecond}
	for _, n := range f.neighbours {
		n.before = len(n.socket.Events())
	}
	return s
}

// run writes while f does, and tells how long the batches took.
func (s *stream) run(f func()) (took spread) {
	s.mu.Lock()
	s.took = nil
	s.mu.Unlock()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			s.mu.Lock()
			count, size, pause := s.count, s.size, s.pause
			s.mu.Unlock()
			time.Sleep(pause)
			if !s.publish(count, size) {
				return
			}
		}
	}()
	func() {
		defer func() { close(stop); <-stopped }()
		f()
	}()
	return spread(s.took)
}

// weigh changes the batches that are still to come.
func (s *stream) weigh(count, size int) (restore func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldCount, oldSize := s.count, s.size
	s.count, s.size = count, size
	return func() { s.mu.Lock(); defer s.mu.Unlock(); s.count, s.size = oldCount, oldSize }
}

// await returns when so many more batches have reached all neighbours.
func (s *stream) await(batches int) {
	s.f.t.Helper()
	s.mu.Lock()
	goal := s.batches + batches
	s.mu.Unlock()
	s.f.eventually("the neighbours are served", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.batches < goal {
			return fmt.Errorf("%d batches, want %d", s.batches, goal)
		}
		return nil
	})
}

// publish writes one batch and waits until every neighbour has it.
func (s *stream) publish(count, size int) bool {
	batch := make([]publication, count)
	for i := range batch {
		batch[i] = notice(streamTitle, fmt.Sprintf("%d %s", s.sent+1+i, strings.Repeat("x", size)), events.RoomAuthenticated)
	}
	began := time.Now()
	r, err := s.publisher.tryBatch(batch...)
	if err != nil || r.status != 202 {
		s.f.t.Errorf("publish: %d %.300s %v", r.status, r.raw, err)
		return false
	}
	s.sent += count
	for _, n := range s.f.neighbours {
		if err := n.socket.WaitCount(soon(s.f.t), n.before+s.sent); err != nil {
			s.f.t.Errorf("neighbour %s: %v", n.name, err)
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	s.took = append(s.took, time.Since(began))
	return true
}

// judgeNeighbours wants each to have got every number once and in order, and strangers
// to have got nothing.
func (f *field) judgeNeighbours() {
	f.t.Helper()
	for _, n := range f.neighbours {
		if err := n.socket.Barrier(soon(f.t)); err != nil {
			f.t.Errorf("neighbour %s: %v", n.name, err)
		}
		next := 1
		for _, e := range n.socket.Events() {
			var told struct{ Title, Message string }
			if e.Name != "notification" || json.Unmarshal([]byte(e.Arg()), &told) != nil || told.Title != streamTitle {
				continue
			}
			if number, _, _ := strings.Cut(told.Message, " "); number != fmt.Sprint(next) {
				f.t.Errorf("neighbour %s got %s where %d was due", n.name, number, next)
				break
			}
			next++
		}
		if next != f.stream.sent+1 {
			f.t.Errorf("neighbour %s got %d of %d events", n.name, next-1, f.stream.sent)
		}
	}
	for _, s := range f.strangers {
		if err := s.Barrier(soon(f.t)); err != nil {
			f.t.Errorf("a stranger: %v", err)
		}
		if names := s.Names(); len(names) > 0 {
			f.t.Errorf("a stranger got %v", names)
		}
	}
}

// spread is a number of durations.
type spread []time.Duration

func (d spread) String() string {
	if len(d) == 0 {
		return "none"
	}
	sorted := slices.Sorted(slices.Values(d))
	return fmt.Sprintf("%d batches, p50 %v, p99 %v", len(d), sorted[len(d)/2].Round(time.Millisecond), sorted[len(d)*99/100].Round(time.Millisecond))
}
