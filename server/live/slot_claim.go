package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// How long slots serve (docs/replay.md).
const (
	politeServes = time.Minute      // of a client that closed in words
	takenServes  = time.Minute      // after another connection took its place
	doubtServes  = 10 * time.Minute // when a later connection may have been its successor
	slotsAtOnce  = 32               // of one session
)

// claim is what a session that connects again finds.
type claim struct {
	start models.EventCursor
	// stands is the place of the slot that the connection took, as text. Whoever takes the
	// connection's own slot before its client has confirmed anything needs no more: if the
	// slot taken first was the client's, nothing before it is missing; if it was another's,
	// the client's own serves on for itself. So a slot does not keep the lowest place of all
	// alive.
	stands string
	rooms  []string
	resync string // one of the Resync constants; empty when the client need not be told
}

// claimSlots finds where a connection of a session begins that stands at now's
// place: at the lowest position of the session's slots that nobody has taken up. It
// marks the newest of them taken, which may have been another's, so that for the rest
// the time of doubt begins, and returns the rows that it changed.
func claimSlots(rows []*models.DeliverySlot, at models.EventCursor, now time.Time, window time.Duration) (c claim, changed []*models.DeliverySlot) {
	c.start = at
	var newest *models.DeliverySlot
	var left []*models.DeliverySlot
	found, taken := 0, takenFor(rows, now)
	for _, row := range rows {
		serves, spent := serving(row, now, window, taken)
		if spent {
			// What it missed cannot be told from what others of the session have had.
			c.resync = events.ResyncWindow
			row.TakenAt = now.UnixMilli()
			changed = append(changed, row)
			continue
		}
		if !serves {
			continue
		}
		position, err := models.ParseEventCursor(standsAt(row))
		if err != nil {
			c.resync = events.ResyncUnknown
			continue
		}
		if row.Told != "" {
			c.resync = row.Told // its client may have gone before that arrived
		}
		if found++; found == 1 {
			c.start = position
		} else {
			c.start = lowest(c.start, position)
		}
		for _, room := range parseRooms(row.Rooms) {
			if !slices.Contains(c.rooms, room) && len(c.rooms) < watchesAtOnce {
				c.rooms = append(c.rooms, room)
			}
		}
		if row.TakenAt == 0 {
			left = append(left, row)
			if newest == nil || row.Opened > newest.Opened {
				newest = row
			}
		}
	}
	if newest != nil {
		c.stands = standsAt(newest)
		newest.TakenAt = now.UnixMilli()
		changed = append(changed, newest)
	}
	for _, row := range left {
		if row != newest && row.DoubtAt == 0 && !row.Polite {
			row.DoubtAt = now.UnixMilli()
			changed = append(changed, row)
		}
	}
	return c, changed
}

// standsAt is the place, as text, that who takes the slot begins at.
func standsAt(row *models.DeliverySlot) string {
	if row.Stands != "" {
		return row.Stands
	}
	return row.Position
}

// passOn corrects a claim: the client of the slot is back by its pid, so the
// connection that took the slot was another's, whose own slot would wait for ever and
// hold every later claim back. The newest slot that was there to be taken then is
// taken in its place; nil when there is none.
func passOn(own *models.DeliverySlot, others []*models.DeliverySlot) (heir *models.DeliverySlot) {
	if own.TakenAt == 0 {
		return nil
	}
	for _, row := range others {
		if row.ByPid || row.TakenAt != 0 || row.EndedAt == 0 || row.EndedAt > own.TakenAt {
			continue
		}
		if heir == nil || row.Opened > heir.Opened {
			heir = row
		}
	}
	if heir != nil {
		heir.TakenAt = own.TakenAt
	}
	return heir
}

// takenFor is how long taken slots serve: longer while another waits that may have been
// mistaken for them, because its client needs theirs then.
func takenFor(rows []*models.DeliverySlot, now time.Time) time.Duration {
	for _, row := range rows {
		waits := !row.ByPid && !row.Polite && row.EndedAt != 0 && row.TakenAt == 0
		if waits && row.DoubtAt != 0 && now.Sub(time.UnixMilli(row.DoubtAt)) <= doubtServes {
			return doubtServes
		}
	}
	return takenServes
}

// serving reports whether a slot can be claimed, or has missed more than is known.
func serving(row *models.DeliverySlot, now time.Time, window, taken time.Duration) (serves, spent bool) {
	since := func(at int64) time.Duration { return now.Sub(time.UnixMilli(at)) }
	switch {
	case row.ByPid || row.EndedAt == 0:
		return false, false
	case row.Polite:
		// Most are pages that were left for another one of the same browser.
		return row.TakenAt == 0 && since(row.EndedAt) <= politeServes, false
	case row.TakenAt != 0:
		return since(row.TakenAt) <= taken, false
	case row.DoubtAt != 0 && since(row.DoubtAt) > doubtServes, since(row.EndedAt) > window:
		return false, true
	}
	return true, false
}

// lowest returns the cursor with what is behind both. One that left more out would have
// a session sent what was said before it began.
func lowest(a, b models.EventCursor) models.EventCursor {
	if b.Low < a.Low {
		a, b = b, a
	}
	out := models.EventCursor{Low: a.Low}
	behind := append([]models.EventSpan{{From: 0, To: b.Low}}, b.Beyond...)
	for _, s := range a.Beyond {
		for _, t := range behind {
			if from, to := max(s.From, t.From), min(s.To, t.To); from <= to {
				out.Beyond = append(out.Beyond, models.EventSpan{From: from, To: to})
			}
		}
	}
	return out
}

// union returns a cursor with everything behind it that is behind one of them.
func union(a, b models.EventCursor) models.EventCursor {
	if b.Low > a.Low {
		a, b = b, a
	}
	for _, span := range b.Beyond {
		if span.To <= a.Low {
			continue
		}
		// Spans are few and short: a cursor's text holds no more than 24.
		for seq := max(span.From, a.Low+1); seq <= span.To && seq-span.From < longestSpan; seq++ {
			a.Add(seq)
		}
	}
	return a
}

// longestSpan bounds the work of union; what is left out may come twice.
const longestSpan = 10_000

// covers reports whether everything behind b is behind a.
func covers(a, b models.EventCursor) bool {
	if a.Low < b.Low {
		return false
	}
	for _, span := range b.Beyond {
		if !coversSpan(a, span) {
			return false
		}
	}
	return true
}

func coversSpan(c models.EventCursor, span models.EventSpan) bool {
	if span.To <= c.Low {
		return true
	}
	return slices.ContainsFunc(c.Beyond, func(s models.EventSpan) bool {
		return s.From <= max(span.From, c.Low+1) && span.To <= s.To
	})
}

// trimSlots chooses the slots of a session that are more than are kept: ended ones
// that have got furthest, because a claim begins at the lowest. Those whose clients may
// not have been told to load again stay longest, the latest of them longer.
func trimSlots(rows []*models.DeliverySlot) (drop []*models.DeliverySlot) {
	if len(rows) <= slotsAtOnce {
		return nil
	}
	ended := make([]*models.DeliverySlot, 0, len(rows))
	for _, row := range rows {
		if row.EndedAt != 0 {
			ended = append(ended, row)
		}
	}
	low := func(row *models.DeliverySlot) int64 {
		c, err := models.ParseEventCursor(row.Position)
		if err != nil || row.Told != "" && !row.ByPid {
			return 0
		}
		return c.Low
	}
	slices.SortFunc(ended, func(a, b *models.DeliverySlot) int {
		return cmp.Or(cmp.Compare(low(b), low(a)), cmp.Compare(a.Opened, b.Opened))
	})
	return ended[:min(len(ended), len(rows)-slotsAtOnce)]
}
