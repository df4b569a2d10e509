package models

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// apart runs use with a connection outside of the pool, which is closed afterwards;
// what names it in errors. On SQLite, which has one process, it does nothing.
func (s *Store) apart(ctx context.Context, what string, use func(*pgx.Conn) error) error {
	if s.listen == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, s.listen)
	if err != nil {
		// The driver's text may hold the URL and with it the password.
		return fmt.Errorf("%s: the Postgres server of database.url cannot be reached or refused the login", what)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if err := use(conn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
