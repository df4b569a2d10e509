package live

import (
	"context"
	"encoding/json"
	"slices"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// missedEvent is an event on its way to one socket. Offset is empty for one that
// is not of the log.
type missedEvent struct {
	name    string
	payload json.RawMessage
	offset  string
}

// packet is the JSON array that goes on the wire.
func (m missedEvent) packet() []byte {
	name, err := json.Marshal(m.name)
	if err != nil {
		return nil // a string is always encoded
	}
	out := make([]byte, 0, len(name)+len(m.payload)+3)
	out = append(append(append(out, '['), name...), ',')
	return append(append(out, m.payload...), ']')
}

// collect reads what the plan's socket missed of what this process has delivered
// up to at. It returns a reason when that cannot be had.
func (r *Replay) collect(ctx context.Context, p *plan, at models.EventCursor) (reason string) {
	if covers(p.start, at) {
		return ""
	}
	select {
	case r.reads <- struct{}{}:
		defer func() { <-r.reads }()
	case <-ctx.Done():
		return events.ResyncFailed
	}
	rows, coming, whole, err := events.ReadPast(ctx, r.config.Store, p.start, at, replayScan*r.config.Max)
	if err != nil {
		r.config.Log.Debug("missed events cannot be read", zap.Error(err))
		return events.ResyncFailed
	}
	// After the reading: what was removed meanwhile may be missing in it.
	purged, err := r.config.Store.EventLogPurged(ctx)
	switch {
	case err != nil:
		return events.ResyncFailed
	case p.start.Low < purged:
		return events.ResyncWindow
	case !whole:
		return events.ResyncTooMany
	}
	visible := events.Visible(rows, p.viewer)
	if len(visible) > r.config.Max {
		return events.ResyncTooMany
	}
	// A change of role that is still to come would let in what was said before it.
	p.stale = roleDiffers(rows, p.viewer) || changesRole(coming, p.viewer)
	p.missed = withOffsets(rows, visible, p.start, at)
	size := 0
	for _, m := range p.missed {
		size += len(m.payload) + len(m.offset)
	}
	if size > replayBytes {
		return events.ResyncTooMany
	}
	return ""
}

// withOffsets makes the visible ones of rows ready. Each offset has behind it what
// the socket has had or is not to have by then.
func withOffsets(rows, visible []models.LoggedEvent, start, at models.EventCursor) []missedEvent {
	out := make([]missedEvent, 0, len(visible))
	place := start
	for _, row := range rows {
		if row.Seq <= at.Low {
			place.Settle(row.Seq) // nothing can come in between any more
		} else {
			place.Add(row.Seq)
		}
		if len(out) < len(visible) && visible[len(out)].Seq == row.Seq {
			offset := events.Delivery{LoggedEvent: row, Cursor: place}.Offset()
			out = append(out, missedEvent{row.Name, events.WithEventID(row.Payload, row.ID), offset})
		}
	}
	return out
}

// between returns what the viewer sees of what was delivered while its socket was
// planned; false when the rest cannot be known any more.
func (r *Replay) between(p *plan) (between []missedEvent, mark uint64, place models.EventCursor, whole bool) {
	// In this order: what is delivered after the first look is in the second.
	ordinal, at := r.config.Tail.Position()
	deliveries, whole := r.config.Tail.Since(p.ordinal)
	rows := make([]models.LoggedEvent, 0, len(deliveries))
	offsets := map[int64]string{}
	for _, d := range deliveries {
		if d.Ordinal <= ordinal && !p.start.Covers(d.Seq) {
			rows = append(rows, d.LoggedEvent)
			offsets[d.Seq] = d.Offset()
		}
	}
	p.stale = p.stale || roleDiffers(rows, p.viewer)
	for _, row := range events.Visible(rows, p.viewer) {
		payload := row.Payload
		if p.returns {
			payload = events.WithEventID(payload, row.ID)
		}
		between = append(between, missedEvent{row.Name, payload, offsets[row.Seq]})
	}
	return between, markOf(ordinal), union(p.start, at), whole
}

// roleDiffers reports whether the log knows of a later role than the viewer does.
func roleDiffers(rows []models.LoggedEvent, v events.Viewer) bool {
	for _, row := range slices.Backward(rows) {
		if id, role, ok := events.RoleChange(row.EventRecord); ok && id == v.UserID {
			return role != v.Role
		}
	}
	return false
}

// changesRole reports whether one of the rows changes the viewer's role.
func changesRole(rows []models.LoggedEvent, v events.Viewer) bool {
	return slices.ContainsFunc(rows, func(row models.LoggedEvent) bool {
		id, _, ok := events.RoleChange(row.EventRecord)
		return ok && id == v.UserID
	})
}

// owed reads what the viewer has missed between two places, for a socket that is
// connected already.
func (r *Replay) owed(ctx context.Context, v events.Viewer, from, to models.EventCursor) ([]missedEvent, error) {
	if covers(from, to) {
		return nil, nil
	}
	visible, whole, err := events.Missed(ctx, r.config.Store, v, from, to, replayScan*r.config.Max)
	if err != nil {
		return nil, err
	}
	if !whole || len(visible) > r.config.Max {
		return nil, errWindow
	}
	out := make([]missedEvent, 0, len(visible))
	for _, row := range visible {
		out = append(out, missedEvent{name: row.Name, payload: events.WithEventID(row.Payload, row.ID)})
	}
	return out, nil
}
