package models_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// What is too old or too much goes, the oldest first, and the log remembers how
// far: who stands before that knows that it lost something.
func TestPurgeEvents(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			now := time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			s := modelstest.OpenAt(t, d, func() time.Time { return now })
			ctx := context.Background()
			purge := func(before time.Time, keep int, wantGone, wantPurged int64) {
				t.Helper()
				gone, err := s.PurgeEvents(ctx, before, keep)
				if err != nil {
					t.Fatal(err)
				}
				purged, err := s.EventLogPurged(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if gone != wantGone || purged != wantPurged {
					t.Errorf("removed %d, purged up to %d; want %d, %d", gone, purged, wantGone, wantPurged)
				}
			}
			first := now
			purge(now.Add(time.Hour), 0, 0, 0)
			record(t, s, "a", "b") // 1, 2
			now = now.Add(time.Minute)
			record(t, s, "c") // 3
			now = now.Add(time.Minute)
			record(t, s, "d", "e") // 4, 5
			purge(first, 5, 0, 0)
			purge(first.Add(time.Millisecond), 5, 2, 2)
			purge(first.Add(time.Millisecond), 5, 0, 2)
			purge(first, 2, 1, 3)
			if got := eventNames(after(t, s, models.EventCursor{}, 10)); got != "d e" {
				t.Errorf("kept %q", got)
			}
			if c, err := s.EventLogEnd(ctx); err != nil || c.String() != "5" {
				t.Errorf("ends at %s, %v", c, err)
			}
			events, oldest, err := s.EventLogBacklog(ctx, models.EventCursor{Low: 4})
			if err != nil || events != 1 || oldest != 0 {
				t.Errorf("backlog %d, %d ms, %v", events, oldest, err)
			}
			now = now.Add(3 * time.Second)
			for _, c := range []struct {
				at     string
				events int64
			}{{"0", 2}, {"3", 2}, {"3.2", 1}, {"4", 1}, {"5", 0}, {"0.4-1", 0}} {
				at, err := models.ParseEventCursor(c.at)
				if err != nil {
					t.Fatal(err)
				}
				events, oldest, err := s.EventLogBacklog(ctx, at)
				if err != nil || events != c.events || (oldest != 3000) != (events == 0) {
					t.Errorf("backlog at %s: %d, %d ms, %v", c.at, events, oldest, err)
				}
			}
			purge(now.Add(time.Hour), 100, 2, 5)
			// Numbers are never given twice, even when the log is empty.
			record(t, s, "f")
			if found := after(t, s, models.EventCursor{Low: 5}, 10); eventNames(found) != "f" || found[0].Seq != 6 {
				t.Errorf("after the purge: %+v", found)
			}
		})
	}
}

// More than one batch, by rows.
func TestPurgeEventsInBatches(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		for i := range 5 {
			var names []string
			for j := range 500 {
				names = append(names, fmt.Sprintf("e%d", i*500+j))
			}
			record(t, s, names...)
		}
		gone, err := s.PurgeEvents(context.Background(), time.Now().Add(-time.Hour), 300)
		if err != nil || gone != 2200 {
			t.Errorf("removed %d, %v; want 2200", gone, err)
		}
		if found := after(t, s, models.EventCursor{}, 1000); len(found) != 300 || found[0].Name != "e2200" {
			t.Errorf("kept %d from %s on", len(found), found[0].Name)
		}
	})
}

// A purge stops before an event that is not committed yet; when it has committed,
// who stands before it gets it.
func TestPurgeEventsKeepsWhatIsUncommitted(t *testing.T) {
	s, begin := openPostgres(t)
	ctx := context.Background()
	purge := func() (gone, purged int64) {
		t.Helper()
		gone, err := s.PurgeEvents(ctx, time.Now().Add(time.Hour), 0)
		if err != nil {
			t.Fatal(err)
		}
		if purged, err = s.EventLogPurged(ctx); err != nil {
			t.Fatal(err)
		}
		return gone, purged
	}
	record(t, s, "a", "b") // 1, 2
	if gone, purged := purge(); gone != 2 || purged != 2 {
		t.Errorf("removed %d, up to %d", gone, purged)
	}
	record(t, s, "c") // 3
	open := begin()
	open.insert("late") // 4
	record(t, s, "d")   // 5
	if _, purged := purge(); purged > 3 {
		t.Errorf("purged up to %d over the open 4", purged)
	}
	end, err := s.EventLogEnd(ctx)
	if err != nil {
		t.Fatal(err)
	}
	open.commit()
	if got := eventNames(after(t, s, end, 10)); got != "late" {
		t.Errorf("who had everything then gets %q", got)
	}
	if _, purged := purge(); purged != 5 {
		t.Errorf("purged up to %d when all had committed", purged)
	}
}
