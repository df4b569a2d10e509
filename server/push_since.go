package server

import (
	"context"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Bounds of what a push client that comes back is sent.
const (
	sincePage  = 500       // rows of one reading
	sinceScan  = 10        // rows looked at, in multiples of events.replay_max
	sinceBytes = 512 << 10 // of payloads: the queue of the socket must hold them
)

// missedSince reads the pushed events that a viewer has missed since a place, of what
// this process has delivered: the rest comes live. Not whole: the place is unknown or too
// long ago, or it is too much.
func (s *Server) missedSince(ctx context.Context, text string, v events.Viewer) (missed []events.Delivery, whole bool, err error) {
	place, err := events.ParsePlace(text)
	// Without an id it could be a place that the log never had.
	if err != nil || place.EventID == "" || s.cfg.Events.Log == "off" {
		return nil, false, nil
	}
	place.Exact = false
	_, at := s.tail.Position()
	from, err := s.tail.CursorOf(ctx, place)
	if models.CodeOf(err) == models.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	rows, whole, err := s.deliveredBetween(ctx, from, at)
	if err != nil || !whole {
		return nil, false, err
	}
	// After the reading: what was removed meanwhile may be missing in it.
	purged, err := s.store.EventLogPurged(ctx)
	if err != nil || from.Low < purged {
		return nil, false, err
	}
	if v.UserID != 0 {
		if v.RoleSince, err = events.LastRoleChange(ctx, s.store, v.UserID, from.Low); err != nil {
			return nil, false, err
		}
	}
	size := 0
	for _, row := range events.Visible(rows, v) {
		if events.Pushed(row.Name) {
			missed = append(missed, events.Delivery{LoggedEvent: row})
			size += len(row.Payload)
		}
	}
	return missed, len(missed) <= s.cfg.Events.ReplayMax && size <= sinceBytes, nil
}

// deliveredBetween reads the rows after from that at covers. Not whole: there are too
// many.
func (s *Server) deliveredBetween(ctx context.Context, from, at models.EventCursor) (rows []models.LoggedEvent, whole bool, err error) {
	for seen := 0; seen <= sinceScan*s.cfg.Events.ReplayMax; {
		page, err := s.store.EventsAfter(ctx, from, sincePage)
		if err != nil {
			return nil, false, err
		}
		for _, row := range page {
			if at.Covers(row.Seq) {
				rows = append(rows, row)
			}
		}
		if len(page) < sincePage {
			return rows, true, nil
		}
		seen += len(page)
		from.Settle(page[len(page)-1].Seq)
	}
	return nil, false, nil
}
