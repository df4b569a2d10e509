package models_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// foreign is another program's open transaction on Postgres that holds events.
type foreign struct {
	t    *testing.T
	conn *pgx.Conn
	tx   pgx.Tx
}

// openPostgres is a migrated store and a way to begin foreign transactions on it.
func openPostgres(t *testing.T) (*models.Store, func() *foreign) {
	t.Helper()
	cfg := modelstest.Config(t, models.Postgres)
	ctx := context.Background()
	s, err := models.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return s, func() *foreign {
		t.Helper()
		conn, err := pgx.Connect(ctx, cfg.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(ctx) })
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return &foreign{t, conn, tx}
	}
}

// insert takes a number and returns the event's id.
func (f *foreign) insert(name string) string {
	f.t.Helper()
	id := uuid.NewString()
	_, err := f.tx.Exec(context.Background(), `INSERT INTO event_log (id, name, payload, rooms, created_at) VALUES ($1, $2, '{}', '["authenticated"]', $3)`,
		id, name, time.Now().UnixMilli())
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *foreign) commit() {
	f.t.Helper()
	if err := f.tx.Commit(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *foreign) rollback() {
	f.t.Helper()
	if err := f.tx.Rollback(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// A mark has settled exactly when every transaction that had a number by then has ended.
func TestEventLogSettles(t *testing.T) {
	s, begin := openPostgres(t)
	ctx := context.Background()
	settled := func(m models.EventMark) bool {
		t.Helper()
		ok, err := s.EventLogSettled(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	mark := func() models.EventMark {
		t.Helper()
		m, err := s.MarkEventLog(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := mark(); m.Seq != 0 || !settled(m) {
		t.Errorf("empty log: mark %+v, settled %v", m, settled(m))
	}
	early, doomed := begin(), begin()
	early.insert("early")
	doomed.insert("doomed")
	record(t, s, "x")
	m := mark()
	if m.Seq != 3 || settled(m) {
		t.Errorf("mark %+v settled with two transactions below it open", m)
	}
	late := begin()
	late.insert("late")
	doomed.rollback()
	if settled(m) {
		t.Error("settled with one transaction below it open")
	}
	early.commit()
	if !settled(m) {
		t.Error("not settled when only a younger transaction is open")
	}
	late.commit()
}

// A cursor at an event lets nothing pass that was uncommitted when the event was
// recorded, nor what still is.
func TestEventCursorAt(t *testing.T) {
	s, begin := openPostgres(t)
	ctx := context.Background()
	at := func(id string, settled int64) models.EventCursor {
		t.Helper()
		c, err := s.EventCursorAt(ctx, id, settled)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	record(t, s, "old")             // 1
	early, open := begin(), begin() //
	early.insert("early")           // 2
	open.insert("open")             // 3
	record(t, s, "x")               // 4
	record(t, s, "y")               // 5
	x := after(t, s, models.EventCursor{Low: 1}, 1)[0]
	if x.Name != "x" {
		t.Fatalf("found %s", x.Name)
	}
	early.commit()
	c := at(x.ID, 1)
	got := eventNames(after(t, s, c, 10))
	if !strings.Contains(got, "early") || !strings.Contains(got, "y") || strings.Contains(got, "x") {
		t.Errorf("after x at %s: %q", c, got)
	}
	open.commit()
	if got := eventNames(after(t, s, c, 10)); got != "early open y" {
		t.Errorf("after x at %s: %q", c, got)
	}
	// When all that time has settled the cursor still repeats what was open then.
	if got := eventNames(after(t, s, at(x.ID, 5), 10)); got != "early open y" {
		t.Errorf("after x, settled: %q", got)
	}
	record(t, s, "z")
	last := after(t, s, models.EventCursor{Low: 5}, 1)[0]
	if got := eventNames(after(t, s, at(last.ID, 6), 10)); got != "" {
		t.Errorf("after z: %q", got)
	}
	if got := eventNames(after(t, s, at(after(t, s, models.EventCursor{}, 1)[0].ID, 6), 10)); got != "early open x y z" {
		t.Errorf("after old: %q", got)
	}
}

// On both databases a cursor at each event of a quiet log continues right there.
func TestEventCursorAtInAQuietLog(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		record(t, s, "a")
		record(t, s, "b", "c", "d")
		record(t, s, "e")
		ctx := context.Background()
		all := after(t, s, models.EventCursor{}, 10)
		for i, e := range all {
			c, err := s.EventCursorAt(ctx, e.ID, all[4].Seq)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := eventNames(after(t, s, c, 10)), eventNames(all[i+1:]); got != want {
				t.Errorf("after %s: %q, want %q", e.Name, got, want)
			}
		}
		for _, id := range []string{uuid.NewString(), "", "x' OR '1'='1"} {
			if _, err := s.EventCursorAt(ctx, id, 4); models.CodeOf(err) != models.NotFound {
				t.Errorf("unknown id %q: %v", id, err)
			}
		}
	})
}
