package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// record commits one transaction with an event of each name, of entity "test/1".
func record(t testing.TB, s *models.Store, names ...string) {
	t.Helper()
	if err := s.Tx(context.Background(), func(tx *models.Tx) error { return recordIn(tx, names...) }); err != nil {
		t.Fatal(err)
	}
}

func recordIn(tx *models.Tx, names ...string) error {
	for _, name := range names {
		e := models.EventRecord{Name: name, Payload: json.RawMessage(`{"n":"ñ"}`), Rooms: []string{"authenticated"}, Entity: "test/1"}
		if err := tx.Record(e); err != nil {
			return err
		}
	}
	return nil
}

// after reads what is not behind the cursor.
func after(t testing.TB, q interface {
	EventsAfter(context.Context, models.EventCursor, int) ([]models.LoggedEvent, error)
}, c models.EventCursor, limit int) []models.LoggedEvent {
	t.Helper()
	found, err := q.EventsAfter(context.Background(), c, limit)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func eventNames(found []models.LoggedEvent) string {
	var names []string
	for _, e := range found {
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

// Everything that was recorded comes back from the log.
func TestEventLogKeepsTheRecord(t *testing.T) {
	at := time.Date(2026, 1, 15, 17, 0, 0, 123456789, time.UTC)
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s := modelstest.OpenAt(t, d, func() time.Time { return at })
			given := models.EventRecord{
				ID: uuid.NewString(), Name: "nueva_operacion", Payload: json.RawMessage(`{"b":1.50,"a":"Ñandú  \u00e1","z":[null]}`),
				Rooms: []string{"authenticated", "user_7"}, Except: []string{"role_Trader"}, Entity: "operation/17", Trace: "of its own",
			}
			bare := models.EventRecord{Name: "bare", Rooms: []string{"public"}}
			ctx := models.WithTrace(context.Background(), strings.Repeat("t", 63)+"ñandú")
			if err := s.Tx(ctx, func(tx *models.Tx) error { return errors.Join(tx.Record(given), tx.Record(bare)) }); err != nil {
				t.Fatal(err)
			}
			found := after(t, s, models.EventCursor{}, 10)
			if len(found) != 2 {
				t.Fatalf("%d events, want 2", len(found))
			}
			got := found[0]
			if got.ID != given.ID || got.Name != given.Name || string(got.Payload) != string(given.Payload) || got.Entity != given.Entity || got.Trace != given.Trace ||
				!slices.Equal(got.Rooms, given.Rooms) || !slices.Equal(got.Except, given.Except) || !got.At.Equal(at.Truncate(time.Millisecond)) || got.Latest {
				t.Errorf("logged %+v, want %+v", got, given)
			}
			got = found[1]
			if id, err := uuid.Parse(got.ID); err != nil || id.Version() != 7 {
				t.Errorf("id %q is no UUIDv7", got.ID)
			}
			if string(got.Payload) != "{}" || len(got.Except) != 0 || got.Trace != strings.Repeat("t", 63) || got.Seq <= found[0].Seq {
				t.Errorf("logged %+v", got)
			}
		})
	}
}

// The log has what committed, in the order of recording; latest events are handed
// over and never stored.
func TestEventLogHasWhatCommitted(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		var handed []string
		s.OnCommit(func(_ context.Context, records []models.EventRecord) {
			for _, e := range records {
				handed = append(handed, e.Name)
				if e.Latest != (e.ID == "") {
					t.Errorf("%s has the id %q", e.Name, e.ID)
				}
			}
		})
		ctx := context.Background()
		refused := errors.New("no")
		record(t, s, "a", "b")
		if err := s.Tx(ctx, func(tx *models.Tx) error { return errors.Join(recordIn(tx, "x"), refused) }); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Tx(ctx, func(tx *models.Tx) error { _ = recordIn(tx, "y"); panic("handler") })
		}()
		gone, cancel := context.WithCancel(ctx)
		if err := s.Tx(gone, func(tx *models.Tx) error { cancel(); return recordIn(tx, "z") }); err == nil {
			t.Fatal("a transaction whose context ended committed")
		}
		err := s.Tx(ctx, func(tx *models.Tx) error {
			return errors.Join(recordIn(tx, "c"), tx.Record(models.EventRecord{Name: "dashboard_update", Rooms: []string{"authenticated"}, Latest: true}), recordIn(tx, "d"))
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := eventNames(after(t, s, models.EventCursor{}, 100)); got != "a b c d" {
			t.Errorf("log has %q", got)
		}
		if got := strings.Join(handed, " "); got != "a b c dashboard_update d" {
			t.Errorf("handed over %q", got)
		}
	})
}

// Two events with one id: the second transaction leaves nothing.
func TestEventLogRefusesAnIDTwice(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		id := uuid.NewString()
		put := func(name string) error {
			return s.Tx(context.Background(), func(tx *models.Tx) error {
				return tx.Record(models.EventRecord{ID: id, Name: name, Rooms: []string{"authenticated"}})
			})
		}
		if err := put("first"); err != nil {
			t.Fatal(err)
		}
		if err := put("second"); err == nil {
			t.Error("the id was taken twice")
		}
		if got := eventNames(after(t, s, models.EventCursor{}, 10)); got != "first" {
			t.Errorf("log has %q", got)
		}
	})
}

// Batches follow each other without gap or repetition, whatever is behind the
// cursor already.
func TestEventsAfterInBatches(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		var names []string
		for i := range 130 {
			names = append(names, fmt.Sprintf("e%03d", i))
		}
		record(t, s, names...)
		all := after(t, s, models.EventCursor{}, 1000)
		if eventNames(all) != strings.Join(names, " ") {
			t.Fatalf("log has %q", eventNames(all))
		}
		for _, limit := range []int{1, 7, 65, 130, 131} {
			for _, every := range []int{1, 2, 3, 50, 1000} {
				var c models.EventCursor
				var want, got []models.LoggedEvent
				for i, e := range all {
					if i%every == 0 && i > 0 { // many gaps, more than a query spells out
						c.Add(e.Seq)
					} else {
						want = append(want, e)
					}
				}
				for {
					found := after(t, s, c, limit)
					if len(found) > limit {
						t.Fatalf("%d events, limit %d", len(found), limit)
					}
					for _, e := range found {
						c.Add(e.Seq)
					}
					got = append(got, found...)
					if len(found) < limit {
						break
					}
				}
				if eventNames(got) != eventNames(want) {
					t.Errorf("limit %d, every %d behind: got %q, want %q", limit, every, eventNames(got), eventNames(want))
				}
			}
		}
	})
}

// The end of the log covers what is visible and nothing else, over gaps too.
func TestEventLogEnd(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := context.Background()
		end := func() models.EventCursor {
			t.Helper()
			c, err := s.EventLogEnd(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := end(); c.Low != 0 || len(c.Beyond) != 0 {
			t.Errorf("empty log ends at %v", c)
		}
		record(t, s, "a", "b")
		taken := after(t, s, models.EventCursor{}, 1)[0].ID
		for range 3 {
			// On Postgres the number of a failed transaction is lost, which leaves a gap.
			err := s.Tx(ctx, func(tx *models.Tx) error {
				return errors.Join(recordIn(tx, "lost"), tx.Record(models.EventRecord{ID: taken, Name: "twice", Rooms: []string{"authenticated"}}))
			})
			if err == nil {
				t.Fatal("an id was taken twice")
			}
			record(t, s, "c", "d")
		}
		c := end()
		found := after(t, s, models.EventCursor{}, 100)
		for _, e := range found {
			if !c.Covers(e.Seq) {
				t.Errorf("%v does not cover %d", c, e.Seq)
			}
		}
		if s.Dialect() == models.Postgres && len(c.Beyond) != 3 {
			t.Errorf("ends at %v; want three islands", c)
		}
		if got := after(t, s, c, 100); len(got) != 0 {
			t.Errorf("%q after the end", eventNames(got))
		}
		record(t, s, "new")
		if got := eventNames(after(t, s, c, 100)); got != "new" {
			t.Errorf("%q after the old end", got)
		}
	})
}

// Without the event log nothing is stored and everything is handed over.
func TestWithoutEventLog(t *testing.T) {
	cfg := modelstest.Config(t, models.SQLite)
	cfg.WithoutEventLog = true
	s, err := models.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	handed := 0
	s.OnCommit(func(_ context.Context, records []models.EventRecord) { handed += len(records) })
	record(t, s, "a", "b")
	if found := after(t, s, models.EventCursor{}, 10); len(found) != 0 || handed != 2 {
		t.Errorf("stored %d, handed over %d; want 0 and 2", len(found), handed)
	}
}
