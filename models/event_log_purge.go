package models

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// eventPurgeBatch bounds how long a purge keeps writers waiting.
const eventPurgeBatch = 1000

// eventPurge is what a purge remembers for the next one.
type eventPurge struct {
	sync.Mutex
	settled int64     // every event up to it is visible or gone
	open    EventMark // the end of the log at an earlier purge, while that had not settled
}

// purgeSettles is how long a purge waits for open transactions.
const purgeSettles = time.Second

// PurgeEvents removes events that were recorded before the instant, and the
// oldest ones that exceed keep, in batches, and returns how many. It notes how far
// it went, so that a reader that stands before that learns of its loss. It does not
// pass an event that is still uncommitted: nobody would ever be told of that.
func (s *Store) PurgeEvents(ctx context.Context, before time.Time, keep int) (int64, error) {
	bound, err := s.purgeBound(ctx)
	if err != nil {
		return 0, fmt.Errorf("purge event log: %w", err)
	}
	var removed int64
	for ctx.Err() == nil {
		n, err := s.purgeEventBatch(ctx, before, keep, bound)
		removed += n
		if err != nil || n < eventPurgeBatch {
			return removed, err
		}
	}
	return removed, ctx.Err()
}

// purgeBound is a number up to which every event is visible or gone: the present
// end of the log, or what the last purge found to be it while a transaction is open.
func (s *Store) purgeBound(ctx context.Context) (int64, error) {
	s.purge.Lock()
	defer s.purge.Unlock()
	present, err := s.MarkEventLog(ctx)
	if err != nil {
		return 0, err
	}
	for until := time.Now().Add(purgeSettles); ; time.Sleep(purgeSettles / 50) {
		settled, err := s.EventLogSettled(ctx, present)
		if err != nil {
			return 0, err
		}
		if settled {
			s.purge.settled = present.Seq
			return present.Seq, nil
		}
		if time.Now().After(until) {
			break
		}
	}
	if settled, err := s.EventLogSettled(ctx, s.purge.open); err == nil && settled {
		s.purge.settled, s.purge.open = max(s.purge.settled, s.purge.open.Seq), present
	}
	return s.purge.settled, nil
}

func (s *Store) purgeEventBatch(ctx context.Context, before time.Time, keep int, bound int64) (int64, error) {
	var n int64
	err := s.Tx(ctx, func(tx *Tx) error {
		// From the oldest on; an older one that is still uncommitted is removed next time.
		var last int64
		err := tx.scan(ctx, &last, `SELECT COALESCE(MAX(seq), 0) FROM (SELECT seq, created_at FROM event_log WHERE seq <= ? ORDER BY seq LIMIT ?) AS oldest
			WHERE created_at < ? OR seq <= (SELECT COALESCE(MIN(seq), 0) FROM (SELECT seq FROM event_log ORDER BY seq DESC LIMIT 1 OFFSET ?) AS excess)`,
			bound, eventPurgeBatch, before.UnixMilli(), keep)
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
