package server

import (
	"context"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Bounds of what a push client that comes back is sent.
const (
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
	visible, whole, err := events.Missed(ctx, s.store, v, from, at, sinceScan*s.cfg.Events.ReplayMax)
	if err != nil || !whole {
		return nil, false, err
	}
	size := 0
	for _, row := range visible {
		if events.Pushed(row.Name) {
			missed = append(missed, events.Delivery{LoggedEvent: row})
			size += len(row.Payload)
		}
	}
	return missed, len(missed) <= s.cfg.Events.ReplayMax && size <= sinceBytes, nil
}
