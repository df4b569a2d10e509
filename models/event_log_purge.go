package models

import (
	"context"
	"fmt"
	"time"
)

// eventPurgeBatch bounds how long a purge keeps writers waiting.
const eventPurgeBatch = 1000

// PurgeEvents removes events that were recorded before the instant, and the
// oldest ones that exceed keep, in batches, and returns how many. It notes how far
// it went, so that a reader that stands before that learns of its loss.
func (s *Store) PurgeEvents(ctx context.Context, before time.Time, keep int) (int64, error) {
	var removed int64
	for ctx.Err() == nil {
		n, err := s.purgeEventBatch(ctx, before, keep)
		removed += n
		if err != nil || n < eventPurgeBatch {
			return removed, err
		}
	}
	return removed, ctx.Err()
}

func (s *Store) purgeEventBatch(ctx context.Context, before time.Time, keep int) (int64, error) {
	var n int64
	err := s.Tx(ctx, func(tx *Tx) error {
		// From the oldest on; an older one that is still uncommitted is removed next time.
		var last int64
		err := tx.scan(ctx, &last, `SELECT COALESCE(MAX(seq), 0) FROM (SELECT seq, created_at FROM event_log ORDER BY seq LIMIT ?) AS oldest
			WHERE created_at < ? OR seq <= (SELECT COALESCE(MIN(seq), 0) FROM (SELECT seq FROM event_log ORDER BY seq DESC LIMIT 1 OFFSET ?) AS excess)`,
			eventPurgeBatch, before.UnixMilli(), keep)
		if err != nil || last == 0 {
			return err
		}
		done := tx.db.Exec(`DELETE FROM event_log WHERE seq <= ?`, last)
		if done.Error != nil {
			return done.Error
		}
		n = done.RowsAffected
		return tx.db.Exec(`INSERT INTO counters (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = CASE WHEN counters.value > excluded.value THEN counters.value ELSE excluded.value END`, purgedCounter, last).Error
	})
	if err != nil {
		return 0, fmt.Errorf("purge event log: %w", err)
	}
	return n, nil
}
