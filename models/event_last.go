package models

import (
	"context"
	"fmt"
)

// LastEvent is the Seq of the last event of this name in the log that was
// addressed to the room and has a Seq above after; 0 when there is none. It reads
// the log from after on, so its cost is that of the same EventsAfter.
func (q Queries) LastEvent(ctx context.Context, name, room string, after int64) (int64, error) {
	var seq int64
	err := q.q(ctx).Raw(`SELECT COALESCE(MAX(seq), 0) FROM event_log WHERE seq > ? AND name = ? AND rooms LIKE ? ESCAPE '\'`,
		after, name, `%"`+likeLiteral(room)+`"%`).Scan(&seq).Error
	if err != nil {
		return 0, fmt.Errorf("read event log: %w", unavailable(err))
	}
	return seq, nil
}
