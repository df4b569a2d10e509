package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// lateCommits makes every transaction on Postgres that wrote events pause at its
// commit, when its numbers are taken and nobody sees them yet, and fail there when
// one of its events is called doomed.
const lateCommits = `
CREATE FUNCTION pause_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep(random() * random() * 0.03);
	IF NEW.name = 'doomed' THEN RAISE EXCEPTION 'doomed'; END IF;
	RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON event_log DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.name IN ('last', 'doomed')) EXECUTE FUNCTION pause_commit();`

var errDoomed = errors.New("doomed")

// writers commit to shared entities from many goroutines; each event tells which
// change of its entity it is, counted while the entity's row is locked.
type writers struct {
	store    *models.Store
	entities []int64
	changes  []int // of each entity, under its row lock

	mu        sync.Mutex
	committed map[string]bool // event ids
}

// newWriters makes the entities.
func newWriters(t *testing.T, s *models.Store, entities int) *writers {
	t.Helper()
	w := &writers{store: s, changes: make([]int, entities), committed: map[string]bool{}}
	for i := range entities {
		err := s.Tx(context.Background(), func(tx *models.Tx) error {
			u, err := tx.CreateUser(models.NewUser{Username: fmt.Sprint("u", i), Email: fmt.Sprintf("u%d@desk.example", i), DNI: fmt.Sprintf("%08d", i), Role: models.Trader, PasswordHash: "!"})
			w.entities = append(w.entities, u.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// write runs one transaction: a pause, up to three entities in ascending order with
// a pause between, an event or two of each; one in five fails.
func (w *writers) write(r *rand.Rand) error {
	var ids []string
	rest := func() { time.Sleep(time.Duration(r.Float64() * r.Float64() * float64(8*time.Millisecond))) }
	if w.store.Dialect() == models.SQLite {
		rest = func() { time.Sleep(time.Duration(r.Float64() * r.Float64() * float64(2*time.Millisecond))) }
	}
	doomed := r.IntN(5) == 0
	err := w.store.Tx(context.Background(), func(tx *models.Tx) error {
		rest()
		at := 0
		for range 1 + r.IntN(3) {
			at += r.IntN(len(w.entities))
			if at >= len(w.entities) {
				break
			}
			if err := tx.SetLastLogin(w.entities[at]); err != nil {
				return err
			}
			for range 1 + r.IntN(2) {
				w.changes[at]++
				e := event(fmt.Sprint("user/", at), w.changes[at])
				ids = append(ids, e.ID)
				if err := tx.Record(e); err != nil {
					return err
				}
			}
			rest()
		}
		end := models.EventRecord{Name: "last", Rooms: []string{"authenticated"}}
		if doomed {
			if w.store.Dialect() == models.SQLite || r.IntN(2) == 0 {
				return errDoomed
			}
			end.Name = "doomed"
		}
		return tx.Record(end)
	})
	if doomed {
		if err == nil {
			return errors.New("a doomed transaction committed")
		}
		return nil
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.committed[id] = true
	}
	return nil
}

// event is a change of an entity, with an id of its own.
func event(entity string, change int) models.EventRecord {
	payload, _ := json.Marshal(change)
	return models.EventRecord{ID: models.NewToken()[:36], Name: "changed", Payload: payload, Rooms: []string{"authenticated"}, Entity: entity}
}

// check says what a process delivered wrongly of the changes, "" when it is all
// that committed, once each, and each entity's in order.
func (w *writers) check(got []events.Delivery) string {
	seen, last := map[string]bool{}, map[string]int{}
	for i, d := range got {
		if d.Ordinal != uint64(i+1) || !d.Cursor.Covers(d.Seq) {
			return fmt.Sprintf("delivery %d has ordinal %d, seq %d, cursor %s", i+1, d.Ordinal, d.Seq, d.Cursor)
		}
		if d.Name != "changed" {
			continue
		}
		var change int
		if err := json.Unmarshal(d.Payload, &change); err != nil {
			return err.Error()
		}
		switch {
		case seen[d.ID]:
			return fmt.Sprintf("%s of %s was delivered twice", d.ID, d.Entity)
		case !w.committed[d.ID]:
			return fmt.Sprintf("%s of %s never committed", d.ID, d.Entity)
		case change <= last[d.Entity]:
			return fmt.Sprintf("%s: change %d after %d", d.Entity, change, last[d.Entity])
		}
		seen[d.ID], last[d.Entity] = true, change
	}
	if len(seen) != len(w.committed) {
		return fmt.Sprintf("%d of %d changes were delivered", len(seen), len(w.committed))
	}
	return ""
}

// 32 writers with random pauses inside their transactions, before and after they
// take their numbers; some fail. Two processes follow, one only by polling: both
// deliver all that committed, once, and each entity's changes in commit order.
func TestTailSkipsNothing(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			cfg := modelstest.Config(t, d)
			cfg.MaxConns = 48
			s := openStore(t, cfg)
			other := openStore(t, cfg)
			if d == models.Postgres {
				if _, err := sql(t, cfg.URL).Exec(context.Background(), lateCommits); err != nil {
					t.Fatal(err)
				}
			}
			w := newWriters(t, s, 12)
			woken := follow(t, s, time.Minute)
			polling := follow(t, other, 3*time.Millisecond)
			s.OnCommit(func(context.Context, []models.EventRecord) { woken.tail.Wake() })
			rounds := 12
			if d == models.SQLite {
				rounds = 6
			}
			var running sync.WaitGroup
			for i := range 32 {
				running.Go(func() {
					r := rand.New(rand.NewPCG(uint64(i), 4))
					for range rounds {
						err := w.write(r)
						for models.CodeOf(err) == models.Unavailable {
							// Too long in the queue for the one writer of SQLite: nothing was committed.
							err = w.write(r)
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			if t.Failed() {
				return
			}
			for name, f := range map[string]*follower{"woken": woken, "polling": polling} {
				eventually(t, func() string {
					w.mu.Lock()
					defer w.mu.Unlock()
					if fault := w.check(f.deliveries()); fault != "" {
						return name + ": " + fault
					}
					return ""
				})
				// With no transaction open the gaps that failed ones left close.
				eventually(t, func() string {
					if _, at := f.tail.Position(); len(at.Beyond) > 0 {
						return fmt.Sprintf("%s: gaps stay open: %s", name, at)
					}
					return ""
				})
			}
		})
	}
}

// A transaction that stays open neither delays what others commit nor is it lost:
// what it wrote is delivered when it commits, after a restart of a process too.
func TestTailWaitsForNoTransaction(t *testing.T) {
	s, url := onPostgres(t, 8)
	ctx := context.Background()
	f := follow(t, s, 5*time.Millisecond)
	insert := `INSERT INTO event_log (id, name, payload, rooms, created_at) VALUES ($1, $1, '{}', '["authenticated"]', 0)`
	open, err := sql(t, url).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	failing, err := sql(t, url).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Exec(ctx, insert, "late"); err != nil {
		t.Fatal(err)
	}
	if _, err := failing.Exec(ctx, insert, "never"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		commit(t, s, name)
	}
	f.wait(3)
	if err := failing.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	commit(t, s, "d")
	f.wait(4)
	if _, at := f.tail.Position(); at.Covers(1) || at.Covers(2) {
		t.Errorf("stands at %s with a transaction open that has number 1", at)
	}
	// A process that starts now has not the open one behind it.
	begun := follow(t, s, 5*time.Millisecond)
	commit(t, s, "e")
	if err := open.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	f.wait(6)
	begun.wait(2)
	if got := f.names(); !strings.HasPrefix(got, "a b c d") || !strings.Contains(got, "e") || !strings.Contains(got, "late") {
		t.Errorf("delivered %q", got)
	}
	if got := begun.names(); got != "late e" && got != "e late" {
		t.Errorf("the one that started later delivered %q", got)
	}
	for _, f := range []*follower{f, begun} {
		eventually(t, func() string {
			if _, at := f.tail.Position(); at.String() != "7" {
				return "stands at " + at.String()
			}
			return ""
		})
	}
}

// A start behind many numbers of failed transactions begins where the log ends, so
// that places which it gives out are exact.
func TestTailStartsBehindOldGaps(t *testing.T) {
	s, url := onPostgres(t, 8)
	foreign := sql(t, url)
	for range 60 {
		commit(t, s, "kept")
		if _, err := foreign.Exec(context.Background(), `SELECT event_log_next_seq()`); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, s, "end")
	f := follow(t, s, time.Minute)
	if _, at := f.tail.Position(); at.Low != 121 || len(at.Beyond) != 0 {
		t.Errorf("starts at %s", at)
	}
}
