package models

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// eventChannel is what processes notify each other on.
const eventChannel = "relevo_events"

// ListenEvents calls wake for each notification of another process until ctx ends,
// and once, with an empty payload, when it begins to listen: what was committed
// before may have been missed. It holds a connection of its own and returns an
// error when that is lost. On SQLite, where there is one process, it returns nil at
// once. A notification is a hint; the log is the truth.
func (s *Store) ListenEvents(ctx context.Context, wake func(payload string)) error {
	return s.apart(ctx, "listen for events", func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "LISTEN "+eventChannel); err != nil {
			return unavailable(err)
		}
		wake("")
		for {
			n, err := conn.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			wake(n.Payload)
		}
	})
}

// NotifyEvents wakes the other processes; it does nothing on SQLite. A commit with
// a notification takes a lock of the whole database, so this is called seldom and
// in no transaction of its caller. The payload is at most 7,999 bytes.
func (s *Store) NotifyEvents(ctx context.Context, payload string) error {
	if s.listen == "" {
		return nil
	}
	if err := s.write.WithContext(ctx).Exec("SELECT pg_notify(?, ?)", eventChannel, payload).Error; err != nil {
		return fmt.Errorf("notify of events: %w", unavailable(err))
	}
	return nil
}
