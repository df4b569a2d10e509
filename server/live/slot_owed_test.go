package live

import (
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// How long somebody may come back for what a slot lacks.
func TestSlotOwedUntil(t *testing.T) {
	ended := time.UnixMilli(1_768_000_000_000)
	at := ended.UnixMilli()
	for name, c := range map[string]struct {
		row  models.DeliverySlot
		want time.Time
	}{
		"open":            {models.DeliverySlot{}, time.Time{}},
		"cut":             {models.DeliverySlot{EndedAt: at}, ended.Add(time.Hour)},
		"cut, with a pid": {models.DeliverySlot{EndedAt: at, ByPid: true}, ended.Add(time.Hour)},
		"taken":           {models.DeliverySlot{EndedAt: at, TakenAt: at}, time.Time{}},
		"closed in words": {models.DeliverySlot{EndedAt: at, Polite: true}, ended.Add(politeServes)},
		"in doubt":        {models.DeliverySlot{EndedAt: at, DoubtAt: at + 1000}, ended.Add(time.Second + doubtServes)},
		"its own pid":     {models.DeliverySlot{EndedAt: at, DoubtAt: at + 1000, ByPid: true}, ended.Add(time.Hour)},
	} {
		if got := SlotOwedUntil(c.row, time.Hour); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// All entries come in the order in which they were noted, of every user.
func TestTrailAll(t *testing.T) {
	var none *Trail
	if none.All() != nil {
		t.Error("a nil Trail knows something")
	}
	trail := NewTrail(8, time.Now)
	for i, kind := range []TrailKind{TrailConnected, TrailConfirmed, TrailLeft, TrailConfirmed} {
		trail.note(TrailEntry{Kind: kind, UserID: int64(i + 1)})
	}
	for i, e := range trail.All() {
		if e.UserID != int64(i+1) {
			t.Errorf("%d is of %d", i, e.UserID)
		}
	}
	if len(trail.All()) != 4 {
		t.Errorf("%d entries", len(trail.All()))
	}
}
