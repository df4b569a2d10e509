package models_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// auditor is a user whose lines the tests write.
func auditor(t *testing.T, s *models.Store, n int) models.User {
	t.Helper()
	u := models.User{
		Username: fmt.Sprintf("u%d", n), Email: fmt.Sprintf("u%d@desk.example", n), PasswordHash: "!", DNI: fmt.Sprintf("%08d", n),
		Role: models.Master, Status: models.Active, CreatedAt: s.Now(),
	}
	if err := s.Tx(t.Context(), func(tx *models.Tx) error { return tx.InsertUser(&u) }); err != nil {
		t.Fatal(err)
	}
	return u
}

// contract 4.4: lines are only added; the database itself refuses everything else.
func TestAuditIsAppendOnly(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := t.Context()
		u, bare := auditor(t, s, 1), auditor(t, s, 2)
		err := s.Tx(ctx, func(tx *models.Tx) error {
			if err := tx.Audit(models.Actor{UserID: u.ID}, "LOGIN", "User", u.ID, "first"); err != nil {
				return err
			}
			return tx.RecordSecurity(models.NewSecurityEvent{Kind: models.LoginFailed, UserID: bare.ID, Login: "u2"})
		})
		if err != nil {
			t.Fatal(err)
		}
		read := func() string {
			lines, _, err := s.AuditLines(ctx, models.AuditFilter{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, l := range lines {
				fmt.Fprintf(&b, "%v %d %s", l.Security, l.ID, l.Action)
				for _, text := range []*string{l.Login, l.Details} {
					if text != nil {
						b.WriteString(" " + *text)
					}
				}
				b.WriteString("\n")
			}
			return b.String()
		}
		before := read()
		if strings.Count(before, "\n") != 2 {
			t.Fatalf("trail:\n%s", before)
		}
		for name, err := range s.AlterAudit(ctx, 1, 1) {
			if err == nil || !strings.Contains(err.Error(), "only added") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := read(); after != before {
			t.Errorf("the trail was\n%sand is\n%s", before, after)
		}
		// A user whom only security events name may go; they stay.
		if err := s.Tx(ctx, func(tx *models.Tx) error { return tx.Exec("DELETE FROM users WHERE id = ?", bare.ID) }); err != nil {
			t.Error(err)
		}
		if after := read(); after != before {
			t.Errorf("without the user the trail is\n%s", after)
		}
		// Unlike before, lines can still be added.
		if err := s.Tx(ctx, func(tx *models.Tx) error {
			return tx.Audit(models.Actor{UserID: u.ID}, "LOGOUT", "User", u.ID, "second")
		}); err != nil {
			t.Error(err)
		}
	})
}

// contract section 4: an adopted database keeps its foreign keys, also one that
// deletes a user's lines with the user; nothing else gets past the triggers.
func TestAuditOfAdoptedDatabase(t *testing.T) {
	ctx := t.Context()
	for rule, left := range map[string]string{"ON DELETE CASCADE": "", "ON DELETE SET NULL": "0"} {
		t.Run(rule, func(t *testing.T) {
			cfg := modelstest.Config(t, models.Postgres)
			old, err := pgx.Connect(ctx, cfg.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close(context.Background())
			script, err := os.ReadFile("testdata/old_system.sql")
			if err != nil {
				t.Fatal(err)
			}
			_, err = old.Exec(ctx, string(script)+`
				ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_user_id_fkey, ALTER user_id DROP NOT NULL, ADD FOREIGN KEY (user_id) REFERENCES users (id) `+rule+`;
				INSERT INTO users (username, email, password_hash, dni, role, status, created_at) VALUES ('ida', 'ida@desk.example', '!', '44444444', 'Trader', 'Activo', now());
				INSERT INTO audit_logs (user_id, action, entity, created_at) SELECT id, 'LOGIN', 'User', now() FROM users WHERE username = 'ida'`)
			if err != nil {
				t.Fatal(err)
			}
			s, err := models.Open(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			plan, err := s.MigrationPlan(ctx)
			if err != nil || !strings.Contains(strings.Join(plan, "\n"), "add trigger audit_logs.relevo_append_only") {
				t.Errorf("plan %v, %v", plan, err)
			}
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := old.Exec(ctx, "DELETE FROM audit_logs"); err == nil {
				t.Error("a line was deleted")
			}
			if _, err := old.Exec(ctx, "DELETE FROM users WHERE username = 'ida'"); err != nil {
				t.Error(err)
			}
			var lines string
			if err := old.QueryRow(ctx, "SELECT coalesce(string_agg(coalesce(user_id, 0)::text, ','), '') FROM audit_logs").Scan(&lines); err != nil || lines != left {
				t.Errorf("lines of %q, %v", lines, err)
			}
		})
	}
}

// Pages of the trail show each line of both tables once, newest first, also when
// lines are added between them; filters choose.
func TestAuditLines(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			ctx, now := t.Context(), time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)
			start := now
			s := modelstest.OpenAt(t, d, func() time.Time { return now })
			u, other := auditor(t, s, 1), auditor(t, s, 2)
			add := func(n int) {
				t.Helper()
				now = now.Add(time.Minute)
				err := s.Tx(ctx, func(tx *models.Tx) error {
					if n%3 == 0 {
						return tx.RecordSecurity(models.NewSecurityEvent{Kind: models.LoginFailed, Login: fmt.Sprint(n), UserID: int64(n%2) * u.ID})
					}
					by := []models.User{u, other}[n%2]
					return tx.Audit(models.Actor{UserID: by.ID}, []string{"LOGIN", "UPDATE_CLIENT"}[n%2], []string{"User", "Client"}[n%2], int64(n), fmt.Sprint(n))
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for n := range 20 {
				add(n)
			}
			read := func(f models.AuditFilter, meanwhile func()) string {
				t.Helper()
				var got []string
				for pages := 0; pages < 30; pages++ {
					lines, next, err := s.AuditLines(ctx, f)
					if err != nil || len(lines) > f.Limit || next != nil && len(lines) != f.Limit {
						t.Fatalf("%d lines, next %v, %v", len(lines), next, err)
					}
					for _, l := range lines {
						text := l.Details
						if l.Security {
							text = l.Login
						}
						got = append(got, *text)
					}
					if next == nil {
						break
					}
					if f.Before, err = models.ParseAuditCursor(next.String()); err != nil || f.Before != *next {
						t.Fatalf("%v, %v", f.Before, err)
					}
					meanwhile()
				}
				return strings.Join(got, " ")
			}
			idle := func() {}
			all := "19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0"
			for _, limit := range []int{1, 2, 3, 7, 20, 21} {
				if got := read(models.AuditFilter{Limit: limit}, idle); got != all {
					t.Errorf("by %d: %s", limit, got)
				}
			}
			for _, c := range []struct {
				want   string
				filter models.AuditFilter
			}{
				{"18 15 12 9 6 3 0", models.AuditFilter{Entity: models.SecurityEntity}},
				{"18 15 12 9 6 3 0", models.AuditFilter{Action: models.LoginFailed}},
				{"", models.AuditFilter{Entity: "nothing"}},
				{"19 17 13 11 7 5 1", models.AuditFilter{Entity: "Client"}},
				{"16 14 10 8 4 2", models.AuditFilter{Action: "LOGIN"}},
				{"", models.AuditFilter{Action: "LOGIN", Entity: models.SecurityEntity}},
				{"16 15 14 10 9 8 4 3 2", models.AuditFilter{UserID: u.ID}},
				{"6 5 4", models.AuditFilter{From: start.Add(5 * time.Minute), To: start.Add(8 * time.Minute)}},
			} {
				c.filter.Limit = 2
				if got := read(c.filter, idle); got != c.want {
					t.Errorf("%+v: %s, want %s", c.filter, got, c.want)
				}
			}
			n := 20
			if got := read(models.AuditFilter{Limit: 3}, func() { add(n); n++ }); got != all {
				t.Errorf("while lines are added: %s", got)
			}
			for _, text := range []string{"", "1", "1.", ".1", "-1.2", "1.2.3", "a.b", "99999999999999999999.1"} {
				if c, err := models.ParseAuditCursor(text); err == nil {
					t.Errorf("%q was read as %v", text, c)
				}
			}
		})
	}
}
