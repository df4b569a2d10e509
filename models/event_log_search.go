package models

import (
	"context"
	"fmt"
)

// EventSearch chooses events of the log; empty fields choose all.
type EventSearch struct {
	Name, Entity string
	// Room is one of the rooms that the event was addressed to.
	Room string
	// Below and Above bound Seq, both excluded; 0 does not.
	Below, Above int64
	// Limit is how many are returned at most; it must be positive.
	Limit int
}

// SearchEvents returns events of the log, the newest first. It reads the log between
// Above and Below, so its cost is bounded by their distance.
func (q Queries) SearchEvents(ctx context.Context, f EventSearch) ([]LoggedEvent, error) {
	db := q.q(ctx).Model(&eventRow{})
	if f.Below > 0 {
		db = db.Where("seq < ?", f.Below)
	}
	if f.Above > 0 {
		db = db.Where("seq > ?", f.Above)
	}
	if f.Name != "" {
		db = db.Where("name = ?", f.Name)
	}
	if f.Entity != "" {
		db = db.Where("entity = ?", f.Entity)
	}
	if f.Room != "" {
		db = db.Where(`rooms LIKE ? ESCAPE '\'`, `%"`+likeLiteral(f.Room)+`"%`)
	}
	var rows []eventRow
	if err := db.Order("seq DESC").Limit(f.Limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("search event log: %w", unavailable(err))
	}
	return eventsOf(rows)
}

// EventByID returns an event of the log; code NotFound when there is none (any more).
func (q Queries) EventByID(ctx context.Context, id string) (LoggedEvent, error) {
	var row eventRow
	if err := q.q(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return LoggedEvent{}, found(err, "El evento no existe o ya no se conserva")
	}
	return row.event()
}

// EventsNamed returns the events of the name with a Seq above after, oldest first, at
// most limit of them.
func (q Queries) EventsNamed(ctx context.Context, name string, after int64, limit int) ([]LoggedEvent, error) {
	var rows []eventRow
	err := q.q(ctx).Where("seq > ? AND name = ?", after, name).Order("seq").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read event log: %w", unavailable(err))
	}
	return eventsOf(rows)
}

func eventsOf(rows []eventRow) ([]LoggedEvent, error) {
	out := make([]LoggedEvent, 0, len(rows))
	for i := range rows {
		e, err := rows[i].event()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
