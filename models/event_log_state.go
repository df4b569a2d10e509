package models

import (
	"context"
	"fmt"
)

const purgedCounter = "event_log_purged" // highest Seq that was removed

// EventMark is where the log stood at a moment, see MarkEventLog.
type EventMark struct {
	// Seq is the last number given out by then.
	Seq int64
	// younger is a transaction that began after those numbers were given.
	younger int64
}

// MarkEventLog notes the last number given out. EventLogSettled tells later when
// every transaction that took a number up to it has ended.
func (s *Store) MarkEventLog(ctx context.Context) (EventMark, error) {
	var m EventMark
	if s.dialect == SQLite {
		// One writer: whatever has a lower number than a visible row is visible or gone.
		if err := s.scan(ctx, &m.Seq, `SELECT COALESCE(MAX(seq), 0) FROM event_log`); err != nil {
			return EventMark{}, err
		}
		return m, nil
	}
	// In this order: the number's transaction has its id before it has the number.
	if err := s.scan(ctx, &m.Seq, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_log_seq`); err != nil {
		return EventMark{}, err
	}
	if err := s.scan(ctx, &m.younger, `SELECT pg_current_xact_id()::text::bigint`); err != nil {
		return EventMark{}, err
	}
	return m, nil
}

// EventLogSettled reports whether no event up to m.Seq can appear any more that is
// not visible to a query made after this call.
func (s *Store) EventLogSettled(ctx context.Context, m EventMark) (bool, error) {
	if s.dialect == SQLite {
		return true, nil
	}
	var oldest int64
	if err := s.scan(ctx, &oldest, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint`); err != nil {
		return false, err
	}
	return oldest >= m.younger, nil
}

// EventLogPurged is the highest Seq that was removed from the log, 0 when none
// was. A cursor whose Low is lower has lost events.
func (q Queries) EventLogPurged(ctx context.Context) (int64, error) {
	var seq int64
	return seq, q.scan(ctx, &seq, `SELECT COALESCE(MAX(value), 0) FROM counters WHERE name = ?`, purgedCounter)
}

// EventCursorAt returns a cursor right after the event with this id: what follows
// it includes everything that may have been uncommitted when the event was
// recorded, so events of that moment may come again. Everything up to settled is
// known to have ended. Code NotFound when the log has no such event (any more).
func (q Queries) EventCursorAt(ctx context.Context, id string, settled int64) (EventCursor, error) {
	var row eventRow
	if err := q.q(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return EventCursor{}, found(err, "El evento no existe o ya no se conserva")
	}
	if q.db.Name() == string(SQLite) {
		return EventCursor{Low: row.Seq}, nil
	}
	var first int64
	err := q.scan(ctx, &first, `SELECT MIN(seq) FROM event_log WHERE xid >= (SELECT horizon FROM event_log WHERE seq = ?)`, row.Seq)
	if err != nil {
		return EventCursor{}, err
	}
	c := EventCursor{Low: first - 1}
	if row.Seq > settled {
		c.Low = min(c.Low, settled)
	}
	// Those of its own transaction that it follows came before it.
	var own []int64
	err = q.q(ctx).Raw(`SELECT seq FROM event_log WHERE seq BETWEEN ? AND ? AND xid = (SELECT xid FROM event_log WHERE seq = ?) ORDER BY seq`,
		first, row.Seq, row.Seq).Scan(&own).Error
	if err != nil {
		return EventCursor{}, fmt.Errorf("read event log: %w", unavailable(err))
	}
	for _, seq := range own {
		c.Add(seq)
	}
	return c, nil
}

// EventLogBacklog counts the events that are visible and not behind the cursor,
// with the age of the oldest in milliseconds of the store's clock; 0, 0 without any.
func (s *Store) EventLogBacklog(ctx context.Context, c EventCursor) (events, oldest int64, err error) {
	var log struct{ Events, Oldest int64 }
	const fields = `SELECT COUNT(*) AS events, COALESCE(MIN(created_at), 0) AS oldest FROM `
	count := s.q(ctx).Raw(fields+`event_log WHERE `+aheadOnSQLite, c.Low, spansJSON(c.Beyond))
	if s.dialect == Postgres {
		count = s.q(ctx).Raw(fields+gapsOfPostgres+` JOIN event_log ON seq BETWEEN gap.low AND gap.high`, spansJSON(c.gaps()))
	}
	if err := count.Scan(&log).Error; err != nil {
		return 0, 0, fmt.Errorf("count event log: %w", unavailable(err))
	}
	if log.Events == 0 {
		return 0, 0, nil
	}
	return log.Events, max(0, s.now().UnixMilli()-log.Oldest), nil
}

func (q Queries) scan(ctx context.Context, into *int64, query string, args ...any) error {
	if err := q.q(ctx).Raw(query, args...).Scan(into).Error; err != nil {
		return fmt.Errorf("read state of event log: %w", unavailable(err))
	}
	return nil
}
