package models

import (
	"context"
	"fmt"
	"strings"
)

// LastEvent is the Seq of the last event of this name in the log that was
// addressed to the room and has a Seq above after; 0 when there is none. It reads
// the log from after on, so its cost is that of the same EventsAfter.
func (q Queries) LastEvent(ctx context.Context, name, room string, after int64) (int64, error) {
	literal := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(room)
	var seq int64
	err := q.q(ctx).Raw(`SELECT COALESCE(MAX(seq), 0) FROM event_log WHERE seq > ? AND name = ? AND rooms LIKE ? ESCAPE '!'`,
		after, name, `%"`+literal+`"%`).Scan(&seq).Error
	if err != nil {
		return 0, fmt.Errorf("read event log: %w", unavailable(err))
	}
	return seq, nil
}

// Last is the highest Seq behind the cursor.
func (c EventCursor) Last() int64 {
	if n := len(c.Beyond); n > 0 {
		return c.Beyond[n-1].To
	}
	return c.Low
}
