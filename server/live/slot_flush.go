package live

import (
	"context"

	"github.com/relevo/relevo/models"
)

// slots lists the open slots of this process.
func (k *slotKeeper) slots() []*slot {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]*slot, 0, len(k.open))
	for _, s := range k.open {
		out = append(out, s)
	}
	return out
}

// flush writes the positions that have moved, those of one place together, and the
// rooms that were joined.
func (k *slotKeeper) flush(ctx context.Context) {
	moved := map[string][]models.SlotRef{}
	rooms := map[models.SlotRef]string{}
	var touched []*slot
	places := map[uint64]models.EventCursor{}
	at := func(mark uint64) (models.EventCursor, bool) {
		c, known := places[mark]
		if !known {
			if c, known = k.at(mark); known {
				places[mark] = c
			}
		}
		return c, known
	}
	for _, s := range k.slots() {
		text, roomsNow := s.changes(at)
		ref := models.SlotRef{ID: s.id, Opened: s.opened}
		if text != "" {
			moved[text] = append(moved[text], ref)
		}
		if roomsNow != "" {
			rooms[ref] = roomsNow
		}
		if text+roomsNow != "" {
			touched = append(touched, s)
		}
	}
	if len(touched) == 0 {
		return
	}
	err := k.transact(ctx, func(tx *models.Tx) error {
		for text, refs := range moved {
			if err := tx.MoveSlots(text, refs); err != nil {
				return err
			}
		}
		for ref, text := range rooms {
			if err := tx.SetSlotRooms(ref, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.failed(ctx, err)
		for _, s := range touched {
			s.unwritten()
		}
		return
	}
	k.mended()
}

// changes returns what the row does not say yet, as text, empty for nothing, and
// counts it as written.
func (s *slot) changes(at func(uint64) (models.EventCursor, bool)) (position, rooms string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stored {
		return "", ""
	}
	if c, ok := s.place(s.confirmed, at); ok {
		if text := c.String(); text != s.position || s.told {
			s.position, s.told, position = text, false, text
		}
	}
	if s.roomsMove {
		s.roomsMove, rooms = false, roomsText(s.rooms)
	}
	return position, rooms
}

// unwritten takes back what changes counted as written.
func (s *slot) unwritten() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position, s.roomsMove = "", true
}

// flushSoon has moved positions and joined rooms written before their time. A process
// that is killed again and again would otherwise replay more each time, and one that is
// killed soon after a join would not know the room.
func (k *slotKeeper) flushSoon() {
	select {
	case k.hurry <- struct{}{}:
	default:
	}
}
