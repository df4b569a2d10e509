// Package modelstest opens real databases for tests: a temporary SQLite file and a
// fresh database on a real Postgres server.
package modelstest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
)

// Each runs f as a subtest on a migrated, empty store of every dialect. A Postgres
// server is started once per test binary unless TEST_DATABASE_URL names one; a
// machine without Postgres skips that half and says so.
func Each(t *testing.T, f func(t *testing.T, s *models.Store)) {
	t.Helper()
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) { f(t, Open(t, d)) })
	}
}

// Open opens a migrated, empty store that is closed with the test.
func Open(t testing.TB, d models.Dialect) *models.Store {
	t.Helper()
	return OpenAt(t, d, time.Now)
}

// OpenAt is Open with a clock.
func OpenAt(t testing.TB, d models.Dialect, now func() time.Time) *models.Store {
	t.Helper()
	cfg := Config(t, d)
	cfg.Now = now
	ctx := context.Background()
	s, err := models.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("open %s: %v", d, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close %s: %v", d, err)
		}
	})
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatalf("migrate %s: %v", d, err)
	}
	return s
}

// Config names an empty database of the dialect that goes with the test.
func Config(t testing.TB, d models.Dialect) models.Config {
	t.Helper()
	if d == models.Postgres {
		return models.Config{URL: PostgresURL(t), MaxConns: 8}
	}
	return models.Config{Path: filepath.Join(t.TempDir(), "relevo.db")}
}

var databases atomic.Int64

// PostgresURL makes an empty database on a real server and returns its URL. The
// database goes with the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server, err := postgresServer()
	if err != nil {
		t.Skipf("no Postgres: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to Postgres: %v", err)
	}
	defer admin.Close(ctx)
	name := fmt.Sprintf("relevo_test_%d_%d", time.Now().UnixNano(), databases.Add(1))
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		admin, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Errorf("connect to Postgres: %v", err)
			return
		}
		defer admin.Close(ctx)
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return strings.Replace(server, "/postgres?", "/"+name+"?", 1)
}
