package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// noPoll is a poll interval that no test lives to see: only wake-ups work.
const noPoll = time.Hour

// unsteadyLog is a real log whose reads can be made to fail or to wait.
type unsteadyLog struct {
	*models.Store
	failing atomic.Bool
	reads   atomic.Int64
	gate    sync.RWMutex // held for writing: reads wait
}

var errUnreadable = errors.New("log unreadable")

func (l *unsteadyLog) EventsAfter(ctx context.Context, c models.EventCursor, limit int) ([]models.LoggedEvent, error) {
	l.reads.Add(1)
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.failing.Load() {
		return nil, errUnreadable
	}
	return l.Store.EventsAfter(ctx, c, limit)
}

// fail makes every read fail that has not returned.
func (l *unsteadyLog) fail() {
	l.failing.Store(true)
	l.gate.Lock() // one that looked before
	defer l.gate.Unlock()
}

// latest is an event that is not kept.
func latest(name, payload string, rooms ...string) models.EventRecord {
	return models.EventRecord{Name: name, Payload: []byte(payload), Rooms: rooms, Latest: true}
}

// A tail delivers what is committed after its start, in order, with growing
// ordinals and places that say exactly what is behind them.
func TestTailDelivers(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		commit(t, s, "before")
		f := follow(t, s, noPoll)
		if ordinal, at := f.tail.Position(); ordinal != 0 || !at.Covers(1) || at.Covers(2) {
			t.Errorf("starts at %d, %s", ordinal, at)
		}
		commit(t, s, "a", "b")
		commit(t, s, "c")
		f.tail.Wake()
		f.wait(3)
		if got := f.names(); got != "a b c" {
			t.Errorf("delivered %q", got)
		}
		for i, d := range f.deliveries() {
			if d.Ordinal != uint64(i+1) || !d.Cursor.Covers(d.Seq) || d.Cursor.Covers(d.Seq+1) {
				t.Errorf("delivery %d: %+v", i, d)
			}
			kept, ok := f.tail.At(d.Ordinal)
			if !ok || kept.ID != d.ID {
				t.Errorf("journal has %+v at %d, %v", kept, d.Ordinal, ok)
			}
			for _, text := range []string{d.Offset(), d.ID, d.Cursor.String()} {
				place, err := events.ParsePlace(text)
				if err != nil {
					t.Fatal(err)
				}
				at, err := f.tail.CursorOf(context.Background(), place)
				if err != nil {
					t.Fatal(err)
				}
				rest, err := s.EventsAfter(context.Background(), at, 10)
				if err != nil || len(rest) != 2-i {
					t.Errorf("%d events after %s, %v; want %d", len(rest), text, err, 2-i)
				}
			}
		}
		if missed, whole := f.tail.Since(1); !whole || len(missed) != 2 || missed[0].Name != "b" {
			t.Errorf("since 1: %d, %v", len(missed), whole)
		}
		if _, ok := f.tail.At(0); ok {
			t.Error("the journal has an ordinal 0")
		}
		if _, ok := f.tail.At(4); ok {
			t.Error("the journal has what is to come")
		}
		if c := f.tail.Counts(); c.Delivered != 3 || c.ReadFailures != 0 {
			t.Errorf("counts %+v", c)
		}
	})
}

// Without any wake-up the poll finds what was committed.
func TestTailPolls(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		f := follow(t, s, 5*time.Millisecond)
		commit(t, s, "a")
		f.wait(1)
	})
}

// More than one batch, and all of them in order.
func TestTailReadsInBatches(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		f := follow(t, s, noPoll)
		var want []string
		for i := range 3 {
			var names []string
			for j := range 417 {
				names = append(names, fmt.Sprintf("e%d", i*417+j))
			}
			commit(t, s, names...)
			want = append(want, names...)
		}
		f.tail.Wake()
		f.wait(len(want))
		if f.names() != strings.Join(want, " ") {
			t.Error("delivered in another order")
		}
	})
}

// A thousand wake-ups while the tail reads make one more read, not a thousand.
func TestTailCoalescesWakeUps(t *testing.T) {
	log := &unsteadyLog{Store: modelstest.Open(t, models.SQLite)}
	log.gate.Lock()
	f := follow(t, log, noPoll)
	eventually(t, func() string {
		if log.reads.Load() == 1 {
			return ""
		}
		return "the first read has not begun"
	})
	for range 1000 {
		f.tail.Wake()
	}
	commit(t, log.Store, "a")
	log.gate.Unlock()
	f.wait(1)
	commit(t, log.Store, "b")
	f.tail.Wake()
	f.wait(2)
	if n := log.reads.Load(); n > 4 {
		t.Errorf("%d reads", n)
	}
}

// Latest events go out after the durable ones that were committed with them or
// before; of equal ones that wait the newest is sent, at its place.
func TestTailSendsLatestAfterDurable(t *testing.T) {
	log := &unsteadyLog{Store: modelstest.Open(t, models.SQLite)}
	log.gate.Lock()
	f := follow(t, log, noPoll)
	eventually(t, func() string {
		if log.reads.Load() == 1 {
			return ""
		}
		return "the first read has not begun"
	})
	commit(t, log.Store, "a")
	f.tail.Wake(latest("dash", `1`, "authenticated"), latest("position", `1`, "authenticated"))
	commit(t, log.Store, "b")
	f.tail.Wake(latest("dash", `2`, "authenticated"), latest("dash", `3`, "user_1"))
	log.gate.Unlock()
	f.wait(5)
	if got := f.names(); got != "a b position dash dash" {
		t.Errorf("sent %q", got)
	}
}

// A log that cannot be read delays durable events and nothing else; when it can be
// read again they go out without anybody's doing, once and in order.
func TestTailSurvivesAnUnreadableLog(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		log := &unsteadyLog{Store: s}
		f := follow(t, log, 5*time.Millisecond)
		commit(t, s, "a")
		f.wait(1)
		log.fail()
		commit(t, s, "b", "c")
		f.tail.Wake(latest("dash", `1`, "authenticated"))
		f.wait(2)
		failures := f.tail.Counts().ReadFailures
		eventually(t, func() string {
			if f.tail.Counts().ReadFailures > failures+2 {
				return ""
			}
			return "failures are not counted"
		})
		if got := f.names(); got != "a dash" {
			t.Errorf("sent %q while the log was unreadable", got)
		}
		log.failing.Store(false)
		f.wait(4)
		if got := f.names(); got != "a dash b c" {
			t.Errorf("sent %q", got)
		}
	})
}

// What is committed when a tail is stopped is delivered before it has ended.
func TestTailStopDeliversTheRest(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		f := follow(t, s, noPoll)
		commit(t, s, "a", "b")
		f.tail.Wake(latest("dash", `1`, "authenticated"))
		commit(t, s, "c")
		f.stop()
		if got := f.names(); got != "a b c dash" && got != "a b dash c" {
			t.Errorf("delivered %q", got)
		}
		commit(t, s, "d")
		if got := f.deliveries(); len(got) != 3 {
			t.Errorf("%d delivered after the stop", len(got))
		}
	})
}

// Places that no event or cursor can have.
func TestParsePlaceRefuses(t *testing.T) {
	id := "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, text := range []string{
		"", "_", id + "_", "_5", "x_5", strings.ToUpper(id), strings.ToUpper(id) + "_5", "{" + id + "}", id + "_5_6", id + "_5.1", strings.ReplaceAll(id, "-", ""), "5 ", id[:35],
	} {
		if p, err := events.ParsePlace(text); err == nil {
			t.Errorf("%q is the place %+v", text, p)
		}
	}
}

// Who waits for the tail goes on when what is committed has been delivered, not before;
// nobody waits for a tail that stands still.
func TestTailCatchesUp(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		f := follow(t, s, noPoll)
		commit(t, s, "a", "b")
		f.tail.Wake()
		f.wait(2) // it runs
		for i := 1; i <= 20; i++ {
			commit(t, s, "a", "b")
			if err := f.tail.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := len(f.deliveries()); got != 2*(i+1) {
				t.Fatalf("%d deliveries, want %d", got, 2*(i+1))
			}
		}
		still, err := events.StartTail(t.Context(), events.TailConfig{Log: s, Poll: noPoll})
		if err != nil {
			t.Fatal(err)
		}
		if still.CatchUp(t.Context()) == nil {
			t.Error("a tail that stands still has caught up")
		}
	})
}
