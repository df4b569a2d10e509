package live

import (
	"time"

	"github.com/relevo/relevo/models"
)

// SlotOwedUntil is until when the client of a socket that is gone may come back and be
// sent what it lacks, where events are kept for the window; zero when nobody can take
// the slot up any more, or somebody did.
func SlotOwedUntil(row models.DeliverySlot, window time.Duration) time.Time {
	ended := time.UnixMilli(row.EndedAt)
	switch {
	case row.EndedAt == 0 || row.TakenAt != 0:
		return time.Time{}
	case row.Polite:
		return ended.Add(politeServes)
	case row.DoubtAt != 0 && !row.ByPid:
		return time.UnixMilli(row.DoubtAt).Add(doubtServes)
	}
	return ended.Add(window)
}
