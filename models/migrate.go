package models

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to date and returns the steps it took. A database
// of the system replaced is adopted: nothing is dropped or retyped, missing tables,
// columns and indexes are added.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var out []Migration
	for _, r := range results {
		out = append(out, Migration{r.Source.Version, r.Source.Path, true})
	}
	return out, nil
}

// MigrationStatus lists every step and whether it was taken; it changes nothing
// but the goose table, which it makes when missing.
func (s *Store) MigrationStatus(ctx context.Context) ([]Migration, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	states, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	var out []Migration
	for _, st := range states {
		out = append(out, Migration{st.Source.Version, st.Source.Path, st.State == goose.StateApplied})
	}
	return out, nil
}

// MigrationsPending reports whether Migrate would do anything.
func (s *Store) MigrationsPending(ctx context.Context) (bool, error) {
	p, err := s.provider()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fmt.Errorf("migration status: %w", err)
	}
	return pending, nil
}

func (s *Store) provider() (*goose.Provider, error) {
	var db *sql.DB
	db, err := s.write.DB()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	if s.dialect == Postgres {
		dialect, folder = goose.DialectPostgres, "migrations/postgres"
	}
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}
