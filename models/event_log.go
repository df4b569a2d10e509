package models

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// eventRow is one row of event_log.
type eventRow struct {
	Seq         int64 `gorm:"primaryKey;autoIncrement"`
	ID          string
	Name        string
	Payload     string
	Rooms       string
	ExceptRooms string
	Entity      string
	TraceID     string
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
}

func (eventRow) TableName() string { return "event_log" }

type traceKey struct{}

// WithTrace returns a context whose transactions note the id with their events.
// At most 64 characters are kept.
func WithTrace(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, traceKey{}, id)
}

// Record adds an event to the transaction. A durable one is in the log when the
// transaction commits; it has an ID and at least one room.
func (tx *Tx) Record(e EventRecord) error {
	if !e.Latest {
		if e.ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make event id: %w", err)
			}
			e.ID = id.String()
		}
		if e.Trace == "" {
			e.Trace, _ = tx.ctx.Value(traceKey{}).(string)
		}
	}
	tx.events = append(tx.events, e)
	return nil
}

// appendEvents writes the durable events of the transaction as its last act: the
// rows of their entities are locked by now, which makes seq the order of commits.
func (tx *Tx) appendEvents() error {
	var rows []eventRow
	at := tx.store.now().UnixMilli()
	for _, e := range tx.events {
		if e.Latest {
			continue
		}
		rooms, err := JSONText[string](e.Rooms).MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode rooms of %s: %w", e.Name, err)
		}
		except, err := JSONText[string](e.Except).MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode rooms of %s: %w", e.Name, err)
		}
		trace := e.Trace
		if len(trace) > 64 {
			trace = strings.ToValidUTF8(trace[:64], "")
		}
		payload := e.Payload
		if len(payload) == 0 {
			payload = json.RawMessage("{}")
		}
		rows = append(rows, eventRow{
			ID: e.ID, Name: e.Name, Payload: string(payload), Rooms: string(rooms), ExceptRooms: string(except),
			Entity: e.Entity, TraceID: trace, CreatedAt: at,
		})
	}
	if len(rows) == 0 || tx.store.withoutEventLog {
		return nil
	}
	return tx.insertEvents(rows)
}

// EventsAfter returns events that are visible now and not behind the cursor, by
// Seq, at most limit of them. Fewer than limit means that there are no more. It is
// one statement, so that of two events of one entity the later one is never seen
// without the earlier one.
func (q Queries) EventsAfter(ctx context.Context, c EventCursor, limit int) ([]LoggedEvent, error) {
	rows, err := q.eventsAfter(ctx, c, limit).Rows()
	if err != nil {
		return nil, fmt.Errorf("read event log: %w", unavailable(err))
	}
	defer rows.Close()
	var out []LoggedEvent
	for rows.Next() {
		var row eventRow
		if err := rows.Scan(&row.Seq, &row.ID, &row.Name, &row.Payload, &row.Rooms, &row.ExceptRooms, &row.Entity, &row.TraceID, &row.CreatedAt); err != nil {
			return nil, fmt.Errorf("read event log: %w", unavailable(err))
		}
		e, err := row.event()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read event log: %w", unavailable(err))
	}
	return out, nil
}

// eventFields are the columns that EventsAfter scans, in its order.
const eventFields = "seq, id, name, payload, rooms, except_rooms, entity, trace_id, created_at"

func (q Queries) eventsAfter(ctx context.Context, c EventCursor, limit int) *gorm.DB {
	switch {
	case len(c.Beyond) == 0:
		return q.q(ctx).Raw(`SELECT `+eventFields+` FROM event_log WHERE seq > ? ORDER BY seq LIMIT ?`, c.Low, limit)
	case q.db.Name() == string(SQLite):
		return q.q(ctx).Raw(`SELECT `+eventFields+` FROM event_log WHERE `+aheadOnSQLite+` ORDER BY seq LIMIT ?`, c.Low, spansJSON(c.Beyond), limit)
	}
	// From gap to gap: what was delivered behind a transaction that stays open for long is not read again.
	return q.q(ctx).Raw(`SELECT e.* FROM `+gapsOfPostgres+` CROSS JOIN LATERAL
		(SELECT `+eventFields+` FROM event_log WHERE seq BETWEEN gap.low AND gap.high ORDER BY seq LIMIT ?) AS e
		ORDER BY e.seq LIMIT ?`, spansJSON(c.gaps()), limit, limit)
}

// aheadOnSQLite is the condition of what is not behind a cursor: its Low and its spans
// are the parameters. Few rows if any are skipped: a single writer leaves no gaps.
const aheadOnSQLite = `seq > ? AND NOT EXISTS (SELECT 1 FROM json_each(?) AS span WHERE seq BETWEEN span.value->>0 AND span.value->>1)`

// gapsOfPostgres is a table of the spans of its one parameter.
const gapsOfPostgres = `(SELECT (value->>0)::bigint AS low, (value->>1)::bigint AS high FROM json_array_elements(CAST(? AS json))) AS gap`

// spansJSON is a list of pairs.
func spansJSON(spans []EventSpan) string {
	b := []byte("[")
	for i, s := range spans {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "[%d,%d]", s.From, s.To)
	}
	return string(append(b, ']'))
}

func (r *eventRow) event() (LoggedEvent, error) {
	e := LoggedEvent{Seq: r.Seq, At: time.UnixMilli(r.CreatedAt), EventRecord: EventRecord{
		ID: r.ID, Name: r.Name, Payload: json.RawMessage(r.Payload), Entity: r.Entity, Trace: r.TraceID,
	}}
	if err := json.Unmarshal([]byte(r.Rooms), &e.Rooms); err != nil {
		return e, fmt.Errorf("rooms of event %s: %w", r.ID, err)
	}
	if r.ExceptRooms != "[]" {
		if err := json.Unmarshal([]byte(r.ExceptRooms), &e.Except); err != nil {
			return e, fmt.Errorf("rooms of event %s: %w", r.ID, err)
		}
	}
	return e, nil
}

// EventLogEnd returns the cursor that has exactly what is visible now behind it.
func (q Queries) EventLogEnd(ctx context.Context) (EventCursor, error) {
	var spans []struct{ First, Last int64 }
	// Runs of consecutive numbers share the difference of number and rank.
	err := q.q(ctx).Raw(`SELECT MIN(seq) AS first, MAX(seq) AS last FROM
		(SELECT seq, seq - ROW_NUMBER() OVER (ORDER BY seq) AS run FROM event_log) AS numbered GROUP BY run ORDER BY 1`).Scan(&spans).Error
	if err != nil {
		return EventCursor{}, fmt.Errorf("read end of event log: %w", unavailable(err))
	}
	purged, err := q.EventLogPurged(ctx)
	if err != nil {
		return EventCursor{}, err
	}
	c := EventCursor{Low: purged}
	for _, s := range spans {
		if s.First <= c.Low+1 {
			c.Low = max(c.Low, s.Last)
			continue
		}
		c.Beyond = append(c.Beyond, EventSpan{s.First, s.Last})
	}
	return c, nil
}
