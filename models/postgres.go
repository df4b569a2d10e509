package models

import (
	"errors"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// openPostgres opens one pool for reads and writes.
func (s *Store) openPostgres(cfg Config) error {
	g, err := gorm.Open(postgres.New(postgres.Config{DSN: cfg.URL}), gormConfig())
	if err != nil {
		// The driver's text may hold the URL and with it the password.
		return errors.New("open database: the Postgres server of database.url cannot be reached or refused the login")
	}
	db, err := g.DB()
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(cfg.MaxConns)
	db.SetMaxIdleConns(cfg.MaxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.dialect, s.write, s.Queries, s.listen = Postgres, g, Queries{g}, cfg.URL
	return nil
}
