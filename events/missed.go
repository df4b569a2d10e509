package events

import (
	"context"

	"github.com/relevo/relevo/models"
)

// Past is the log as those read it who were away; *models.Store is one.
type Past interface {
	EventsAfter(ctx context.Context, c models.EventCursor, limit int) ([]models.LoggedEvent, error)
	EventLogPurged(ctx context.Context) (int64, error)
	LastEvents
}

// pastPage is how many rows are read at a time.
const pastPage = 500

// ReadPast reads everything after from that at covers, and what it does not, which is
// still to come to who stands at it. Not whole: there are more rows than limit.
func ReadPast(ctx context.Context, log Past, from, at models.EventCursor, limit int) (rows, coming []models.LoggedEvent, whole bool, err error) {
	for len(rows)+len(coming) <= limit {
		page, err := log.EventsAfter(ctx, from, pastPage)
		if err != nil {
			return nil, nil, false, err
		}
		for _, row := range page {
			if at.Covers(row.Seq) {
				rows = append(rows, row)
			} else {
				coming = append(coming, row)
			}
		}
		if len(page) < pastPage {
			return rows, coming, true, nil
		}
		from.Settle(page[len(page)-1].Seq)
	}
	return nil, nil, false, nil
}

// Missed is what the viewer sees of ReadPast, with the role of now and since when that is
// held. Not whole, too, when events after from are not kept any more.
func Missed(ctx context.Context, log Past, v Viewer, from, at models.EventCursor, limit int) (visible []models.LoggedEvent, whole bool, err error) {
	rows, _, whole, err := ReadPast(ctx, log, from, at, limit)
	if err != nil || !whole {
		return nil, false, err
	}
	// After the reading: what was removed meanwhile may be missing in it.
	purged, err := log.EventLogPurged(ctx)
	if err != nil || from.Low < purged {
		return nil, false, err
	}
	if v.UserID != 0 {
		if v.RoleSince, err = LastRoleChange(ctx, log, v.UserID, from.Low); err != nil {
			return nil, false, err
		}
	}
	return Visible(rows, v), true, nil
}
