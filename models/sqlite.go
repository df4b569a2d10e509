package models

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
)

// preparedStatements bounds the statements that a pool keeps compiled.
const preparedStatements = 500

// preparedFor is for ever: with any other time GORM starts a goroutine that outlives the store.
const preparedFor = 10 * 365 * 24 * time.Hour

// openSQLite opens one writer connection, so that writers queue in this process
// instead of failing with SQLITE_BUSY, and a pool of readers that WAL lets run
// beside it. synchronous=FULL makes a commit survive a power cut.
func (s *Store) openSQLite(cfg Config) error {
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o750); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	write, err := openSQLitePool(cfg.Path, 1, "_txlock", "immediate")
	if err != nil {
		return err
	}
	read, err := openSQLitePool(cfg.Path, cfg.MaxConns, "_pragma", "query_only(1)")
	if err != nil {
		return err
	}
	s.dialect, s.write, s.Queries = SQLite, write, Queries{read}
	return nil
}

func openSQLitePool(path string, conns int, key, value string) (*gorm.DB, error) {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	q.Add(key, value)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	config := gormConfig()
	// SQLite compiles a statement in the process, which takes longer than most take to run.
	config.PrepareStmt, config.PrepareStmtMaxSize, config.PrepareStmtTTL = true, preparedStatements, preparedFor
	g, err := gorm.Open(sqlite.New(sqlite.Config{Conn: db}), config)
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return g, nil
}
