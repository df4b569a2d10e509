package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// running runs f until the returned function is called, which waits.
func running(t *testing.T, f func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { f(ctx) })
	stop = func() { cancel(); wait.Wait() }
	t.Cleanup(stop)
	return stop
}

func securityLines(t *testing.T, s *models.Store, kind string) []models.AuditLine {
	t.Helper()
	lines, _, err := s.AuditLines(t.Context(), models.AuditFilter{Action: kind, Limit: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// A limit is noted once a minute for each key, and the one who hit it never waits
// for the database.
func TestSecurityLogOfLimits(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			var mu sync.Mutex
			now := time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			s := modelstest.OpenAt(t, d, func() time.Time { mu.Lock(); defer mu.Unlock(); return now })
			log := models.NewSecurityLog(s, func(err error) { t.Error(err) })
			hit := func(limit, key string) {
				log.Limit(limit, key, models.NewSecurityEvent{Kind: "another", Address: key, UserID: 7, Details: "another"})
			}
			stop := running(t, log.Run)
			for range 1000 {
				hit("a", "192.0.2.1")
				hit("a", "192.0.2.2")
				hit("b", "192.0.2.1")
			}
			mu.Lock()
			now = now.Add(time.Minute)
			mu.Unlock()
			hit("a", "192.0.2.1")
			stop()
			var got []string
			for _, l := range securityLines(t, s, models.LimitHit) {
				got = append(got, *l.Details+" "+*l.Address+" "+fmt.Sprint(*l.UserID))
			}
			want := "Límite a 192.0.2.1 7,Límite b 192.0.2.1 7,Límite a 192.0.2.2 7,Límite a 192.0.2.1 7"
			if text := strings.Join(got, ","); text != want {
				t.Errorf("%s, want %s", text, want)
			}
			if n := len(securityLines(t, s, "another")); n != 0 {
				t.Errorf("%d lines of a kind that the caller chose", n)
			}
			// Nobody writes: what is too much is left out, nothing blocks, and it is told of.
			for i := range 300 {
				hit("c", fmt.Sprint(i))
			}
			mu.Lock()
			now = now.Add(time.Hour)
			mu.Unlock()
			if err := log.Record(t.Context(), models.NewSecurityEvent{Kind: models.LoginFailed, Details: "x"}); err != nil {
				t.Fatal(err)
			}
			running(t, log.Run)()
			if n := len(securityLines(t, s, models.LimitHit)); n != 4+256 {
				t.Errorf("%d lines", n)
			}
			if l := securityLines(t, s, models.LoginFailed); len(l) != 1 || *l[0].Details != "x (antes se omitieron 44 líneas)" {
				t.Errorf("%q", *l[0].Details)
			}
		})
	}
}

// Failed sign-ins from everywhere do not fill the disk; what a stranger typed is
// cut to what every database stores.
func TestSecurityLogIsBounded(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			now := time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			s := modelstest.OpenAt(t, d, func() time.Time { return now })
			log := models.NewSecurityLog(s, nil)
			record := func() {
				t.Helper()
				err := log.Record(t.Context(), models.NewSecurityEvent{
					Kind: models.LoginFailed, Login: strings.Repeat("ñ", 1000) + "\x00\xff", Address: strings.Repeat("9", 100),
					UserAgent: strings.Repeat("u", 1000), Details: strings.Repeat("d", 1000),
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for range 650 {
				record()
			}
			lines := securityLines(t, s, models.LoginFailed)
			if len(lines) != 600 {
				t.Errorf("%d lines", len(lines))
			}
			if l := lines[0]; *l.Login != strings.Repeat("ñ", 100) || len(*l.Address) != 45 || len(*l.UserAgent) != 200 || len(*l.Details) != 300 || l.UserID != nil {
				t.Errorf("%+v", l)
			}
			now = now.Add(time.Second)
			for range 20 {
				record()
			}
			if n := len(securityLines(t, s, models.LoginFailed)); n != 610 {
				t.Errorf("a second later %d lines", n)
			}
			// A line that cannot be written is told of, once, and ends nothing.
			var failed []error
			broken := models.NewSecurityLog(s, func(err error) { failed = append(failed, err) })
			broken.Limit("a", "b", models.NewSecurityEvent{})
			if err := s.Tx(t.Context(), func(tx *models.Tx) error { return tx.Exec("ALTER TABLE security_events RENAME TO gone") }); err != nil {
				t.Fatal(err)
			}
			running(t, broken.Run)()
			if len(failed) != 1 || errors.Is(failed[0], context.Canceled) {
				t.Errorf("%v", failed)
			}
		})
	}
}

// The use of a session is written at most once a minute, the newest of what waits.
func TestSightings(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			ctx, now := t.Context(), time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			s := modelstest.OpenAt(t, d, func() time.Time { return now })
			u := auditor(t, s, 1)
			var row, ended models.Session
			err := s.Tx(ctx, func(tx *models.Tx) error {
				var err error
				if _, ended, err = tx.CreateSession(u.ID, models.Actor{}, time.Hour, false); err == nil {
					_, row, err = tx.CreateSession(u.ID, models.Actor{IP: "192.0.2.1", UserAgent: "first"}, time.Hour, false)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			see := func(notes ...string) models.Session {
				t.Helper()
				seen := models.NewSightings(s, func(err error) { t.Error(err) })
				for _, agent := range notes {
					seen.Note(row, "192.0.2.9", agent)
				}
				seen.Note(ended, "192.0.2.9", "x")
				running(t, seen.Run)() // writes what waits when it ends
				list, err := s.ListSessions(ctx, u.ID, now, 10)
				if err != nil || len(list) == 0 {
					t.Fatalf("%v, %v", list, err)
				}
				row = list[0]
				return row
			}
			start := now
			now = start.Add(59 * time.Second)
			if got := see("early"); got.LastSeenAt != start.UnixMilli() || *got.UserAgent != "first" {
				t.Errorf("%+v", got)
			}
			if err := s.Tx(ctx, func(tx *models.Tx) error { return tx.EndSession(ended.ID) }); err != nil {
				t.Fatal(err)
			}
			now = start.Add(time.Minute)
			if got := see("second", "third"); got.LastSeenAt != now.UnixMilli() || *got.UserAgent != "third" || *got.IPAddress != "192.0.2.9" || got.ExpiresAt != start.Add(time.Hour).UnixMilli() {
				t.Errorf("%+v", got)
			}
			if list, err := s.ListSessions(ctx, u.ID, now, 10); err != nil || len(list) != 1 {
				t.Errorf("a use brought an ended session back: %v, %v", list, err)
			}
		})
	}
}
