package models_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// contract section 4: a Postgres database that the old ORM made, partly by hand
// scripts, is adopted: rows, types and foreign columns stay, what is missing comes.
func TestAdoptOldPostgres(t *testing.T) {
	ctx := context.Background()
	cfg := modelstest.Config(t, models.Postgres)
	old, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close(ctx)
	script, err := os.ReadFile("testdata/old_system.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(ctx, string(script)); err != nil {
		t.Fatal(err)
	}
	shape := func() map[string]string {
		rows, err := old.Query(ctx, `SELECT table_name || '.' || column_name, data_type || coalesce('(' || character_maximum_length || ')', '') || is_nullable
			FROM information_schema.columns WHERE table_schema = 'public'`)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		var name, kind string
		if _, err := pgx.ForEachRow(rows, []any{&name, &kind}, func() error { out[name] = kind; return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := shape()

	s, err := models.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan, err := s.MigrationPlan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text := "\n" + strings.Join(plan, "\n") + "\n"
	for _, want := range []string{"table sessions", "table trader_goals", "column operations.assigned_operator_id integer", "column clients.validation_oc_url character varying(500)", "index ix_operations_assigned_operator_id"} {
		if !strings.Contains(text, "\nadd "+want+"\n") {
			t.Errorf("the plan lacks %q:%s", want, text)
		}
	}
	for _, not := range []string{"lose", "add table users", "add table operations", "add index ix_users_username"} {
		if strings.Contains(text, "\n"+not) {
			t.Errorf("the plan has %q:%s", not, text)
		}
	}
	if now := shape(); len(now) != len(before)+countGoose(now) {
		t.Errorf("planning changed the schema: %d columns, had %d", len(now), len(before))
	}

	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	after := shape()
	for column, kind := range before {
		if after[column] != kind {
			t.Errorf("%s was %s and is %q", column, kind, after[column])
		}
	}
	var users, counter int64
	var oddity, hash string
	if err := old.QueryRow(ctx, `SELECT (SELECT count(*) FROM users), (SELECT value FROM counters WHERE name = 'operation'),
		(SELECT oddity FROM operations WHERE operation_id = 'EXP-2044'), (SELECT password_hash FROM users WHERE username = 'maria')`).
		Scan(&users, &counter, &oddity, &hash); err != nil {
		t.Fatal(err)
	}
	if users != 2 || counter != 2044 || oddity != "kept" || !strings.HasPrefix(hash, "scrypt:32768:8:1$") {
		t.Errorf("users %d, counter %d, oddity %q, hash %q", users, counter, oddity, hash)
	}
	if plan, err := s.MigrationPlan(ctx); err != nil || len(plan) != 0 {
		t.Errorf("a second plan says %v, %v", plan, err)
	}
}

// countGoose counts the columns of goose's own table, which asking for the status makes.
func countGoose(shape map[string]string) int {
	n := 0
	for name := range shape {
		if strings.HasPrefix(name, "goose_db_version.") {
			n++
		}
	}
	return n
}

// A new database is planned whole.
func TestPlanOfNewDatabase(t *testing.T) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			ctx := context.Background()
			s, err := models.Open(ctx, modelstest.Config(t, d))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			plan, err := s.MigrationPlan(ctx)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(plan, "\n")
			if !strings.Contains(text, "table operations") || strings.Contains(text, "lose") {
				t.Errorf("plan:\n%s", text)
			}
			if pending, err := s.MigrationsPending(ctx); err != nil || !pending {
				t.Errorf("pending %v, %v", pending, err)
			}
		})
	}
}
