package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// ledger is what writers know to be committed: for each entity the names of the
// durable events that its changes stand for, in order.
type ledger struct {
	mu       sync.Mutex
	entities map[string][]string
	writes   int // that were answered with success
	unknown  int // whose answer never came
	settled  int // of those, that had been committed
}

func newLedger() *ledger { return &ledger{entities: map[string][]string{}} }

func (l *ledger) enter(entity string, names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entities[entity] = append(l.entities[entity], names...)
}

// agree compares the ledger with the log, both ways. Rows for a client's own room
// tell the same change once more and are left out.
func (l *ledger) agree(t *testing.T, rows []models.LoggedEvent) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	logged := map[string][]string{}
	for _, e := range rows {
		if len(e.Except) == 0 {
			logged[e.Entity] = append(logged[e.Entity], e.Name)
		}
	}
	keys := slices.Sorted(maps.Keys(logged))
	for k := range l.entities {
		if logged[k] == nil {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if !slices.Equal(l.entities[k], logged[k]) {
			t.Errorf("%s: committed %v, in the log %v", k, l.entities[k], logged[k])
		}
	}
}

// writer commits changes over REST, one after the other, while the server comes and goes.
type writer struct {
	*person
	ctx    context.Context
	ledger *ledger
	random *rand.Rand
	pause  time.Duration // longest one between two writes
	allow  chan struct{} // an element for each write that may be made; nil for any number
	err    error         // why it ended early
}

// frozen is a person who reaches the process where it is now; the process may be
// started again at the same place meanwhile.
func (w *person) frozen() *person {
	f := *w
	f.p = &process{t: w.t, url: w.p.url}
	return &f
}

var errStopped = errors.New("stopped")

// commit makes one write and returns when it is known to be committed. done looks
// whether it is. Between two writes ctx may end it; within one it is seen through.
func (w *writer) commit(what string, write func() (reply, error), done func() (bool, error)) error {
	if w.ctx.Err() != nil {
		return errStopped
	}
	if w.allow != nil {
		select {
		case <-w.allow:
		case <-w.ctx.Done():
			return errStopped
		}
	}
	time.Sleep(time.Duration(w.random.Int64N(int64(w.pause))))
	// A password hash on a busy machine may not fit between two kills for long.
	deadline := time.Now().Add(8 * patience)
	for time.Now().Before(deadline) {
		r, err := write()
		switch {
		case err == nil && r.status/100 == 2:
			w.note(&w.ledger.writes)
			return nil
		case refusedConnection(err):
			time.Sleep(10 * time.Millisecond)
			continue
		case err == nil && r.status/100 != 4:
			return fmt.Errorf("%s: %d %.300s", what, r.status, r.raw)
		}
		// Perhaps committed: the answer is lost, or an earlier answer was and the
		// change cannot be made twice.
		w.note(&w.ledger.unknown)
		is, lookErr := done()
		for lookErr != nil && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
			is, lookErr = done()
		}
		switch {
		case lookErr != nil:
			return fmt.Errorf("%s: look whether it happened: %w", what, lookErr)
		case is:
			w.note(&w.ledger.settled)
			return nil
		case err == nil:
			return fmt.Errorf("%s: refused with %d %.300s", what, r.status, r.raw)
		}
	}
	return fmt.Errorf("%s: the server did not come back", what)
}

func (w *writer) note(counter *int) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	*counter++
}

// refusedConnection tells whether the request never left.
func refusedConnection(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// ask sends a body as JSON to a server that may be gone.
func (w *writer) ask(method, path, body string) (reply, error) {
	if body == "" {
		return w.try(method, path, nil)
	}
	return w.try(method, path, []byte(body), "Content-Type", "application/json")
}

// find reads an object and gives its fields; found is false when there is none.
func (w *writer) find(path, key string) (object map[string]any, found bool, err error) {
	r, err := w.ask("GET", path, "")
	switch {
	case err != nil:
		return nil, false, err
	case r.status == 404:
		return nil, false, nil
	case r.status != 200:
		return nil, false, fmt.Errorf("%s: %d %.300s", path, r.status, r.raw)
	}
	object, found = r.body[key].(map[string]any)
	return object, found, nil
}

// search reads a list and gives the object whose field has the value.
func (w *writer) search(path, key, field, value string) (map[string]any, error) {
	r, err := w.ask("GET", path, "")
	if err != nil {
		return nil, err
	}
	if r.status != 200 {
		return nil, fmt.Errorf("%s: %d %.300s", path, r.status, r.raw)
	}
	list, _ := r.body[key].([]any)
	for _, item := range list {
		if o, ok := item.(map[string]any); ok && strings.Contains(fmt.Sprint(o[field]), value) {
			return o, nil
		}
	}
	return nil, nil
}

// job is work that one person does over and over.
type job struct {
	who *person
	do  func(*writer) error
}

// employ lets writers work until the returned function is called, which waits for
// them and fails the test when one ended early.
func employ(t *testing.T, l *ledger, seed uint64, pause time.Duration, allow chan struct{}, jobs ...job) (dismiss func()) {
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var writers []*writer
	for i, j := range jobs {
		w := &writer{person: j.who.frozen(), ctx: ctx, ledger: l, random: rand.New(rand.NewPCG(seed, uint64(i))), pause: pause, allow: allow}
		writers = append(writers, w)
		running.Go(func() {
			for w.err == nil {
				w.err = j.do(w)
			}
		})
	}
	end := sync.OnceFunc(func() { stop(); running.Wait() })
	t.Cleanup(end)
	return func() {
		t.Helper()
		end()
		for _, w := range writers {
			if !errors.Is(w.err, errStopped) {
				t.Errorf("writer %s: %v", w.name, w.err)
			}
		}
	}
}
