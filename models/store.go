// Package models holds the entities of the desk and their queries, on embedded
// SQLite or on Postgres, and the transaction that ties a row, its audit line and
// its events together. It is the only package that knows GORM.
package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Dialect names the database behind a Store.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config says which database to open.
type Config struct {
	// URL is postgres://… or empty for the embedded SQLite.
	URL string
	// Path is the SQLite file; ignored with URL.
	Path string
	// MaxConns bounds the Postgres pool and the SQLite readers. Zero means 10.
	MaxConns int
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// WithoutEventLog keeps durable events out of the database: they reach OnCommit
	// only, are lost in a crash and cannot be replayed. It exists to measure what
	// the log costs.
	WithoutEventLog bool
}

// Store is an open database. All methods may be called concurrently.
type Store struct {
	Queries
	dialect  Dialect
	write    *gorm.DB
	now      func() time.Time
	onCommit func(context.Context, []EventRecord)
	listen   string // URL for apart; empty on SQLite

	withoutEventLog bool
	presence        PresenceRule
	purge           eventPurge
	refuses         atomic.Bool // the last transaction found that the database cannot serve
}

// Queries are the reads that both a Store and a Tx offer; on a Tx they see its own writes.
type Queries struct{ db *gorm.DB }

// Open connects and pings; it does not migrate. The error names the database
// without its password.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = 10
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Store{now: cfg.Now, withoutEventLog: cfg.WithoutEventLog, presence: PresenceRule{}.withDefaults()}
	var err error
	switch {
	case cfg.URL == "":
		err = s.openSQLite(cfg)
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		err = s.openPostgres(cfg)
	default:
		err = errors.New("open database: the URL must begin with postgres://")
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// gormConfig is shared by both dialects: errors come back translated and are
// logged by whoever handles them, so GORM itself stays silent.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard,
		TranslateError:         true,
		SkipDefaultTransaction: true,
	}
}

// Dialect tells which database this is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Now is the desk's wall clock.
func (s *Store) Now() LimaTime { return ToLima(s.now()) }

// Instant is the store's clock as an instant.
func (s *Store) Instant() time.Time { return s.now() }

// OnCommit sets what receives the events of a transaction after it committed, in
// the order in which they were recorded, before Tx returns. It must be set before
// the first Tx and must not fail.
func (s *Store) OnCommit(f func(context.Context, []EventRecord)) { s.onCommit = f }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	for _, db := range s.pools() {
		if err := db.PingContext(ctx); err != nil {
			return fmt.Errorf("ping database: %w", unavailable(err))
		}
	}
	return nil
}

// Close closes all connections, waiting for running statements.
func (s *Store) Close() error {
	var errs []error
	for _, db := range s.pools() {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// pools lists the distinct connection pools.
func (s *Store) pools() []*sql.DB {
	var out []*sql.DB
	for _, g := range []*gorm.DB{s.write, s.db} {
		if g == nil {
			continue
		}
		if db, err := g.DB(); err == nil && (len(out) == 0 || out[0] != db) {
			out = append(out, db)
		}
	}
	return out
}
