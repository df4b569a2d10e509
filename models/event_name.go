package models

import (
	"context"
	"fmt"
)

// EventName is a row of the table of events as the SQL function relevo_emit reads
// it; the migration that makes the table describes the columns.
type EventName struct {
	Name string
	// Variant numbers the rows of one name.
	Variant int
	// Rooms is a regular expression that the whole name of a room must match.
	Rooms string
	// ExceptRooms and Shape are JSON.
	ExceptRooms, Shape string
}

// SetEventNames makes these rows the whole of what relevo_emit knows. It does
// nothing on SQLite, which has no such function.
func (s *Store) SetEventNames(ctx context.Context, names []EventName) error {
	if s.dialect != Postgres {
		return nil
	}
	err := s.Tx(ctx, func(tx *Tx) error {
		// Two servers that start at once must not meet in the same rows.
		if err := tx.db.Exec("LOCK TABLE event_names IN SHARE ROW EXCLUSIVE MODE").Error; err != nil {
			return err
		}
		if err := tx.db.Exec("DELETE FROM event_names").Error; err != nil {
			return err
		}
		return tx.db.Create(&names).Error
	})
	if err != nil {
		return fmt.Errorf("write event names: %w", err)
	}
	return nil
}
