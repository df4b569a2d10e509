package live

import (
	"context"
	"time"

	"go.uber.org/zap"

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
		if text := c.String(); text != s.position {
			s.position, position = text, text
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

// idleEvery is how often slots to whose sockets nothing is sent are moved.
const idleEvery = 5 * time.Minute

// sweep does what has to be done now and then.
func (k *slotKeeper) sweep(ctx context.Context) {
	now := time.Now()
	postgres := k.store.Dialect() == models.Postgres
	if postgres && now.Sub(k.seen) >= seenEvery {
		k.seen = now
		k.note(ctx, k.transact(ctx, func(tx *models.Tx) error { return tx.SeeNode(k.node) }))
	}
	if postgres {
		k.payOwed(ctx)
	}
	if now.Sub(k.idled) >= idleEvery {
		k.idled = now
		for _, s := range k.slots() {
			if place, mark, ok := s.socket.settled(); ok {
				s.join(place, mark, mark)
			}
		}
	}
	if now.Sub(k.swept) < sweepEvery {
		return
	}
	k.swept = now
	k.endUnborn()
	k.note(ctx, k.transact(ctx, func(tx *models.Tx) error {
		alive, err := tx.LiveNodes()
		if err != nil {
			return err
		}
		return tx.EndSlotsExcept(append(alive, k.node), k.store.Instant().UnixMilli())
	}))
	at := k.store.Instant()
	k.note(ctx, k.store.PurgeSlots(ctx, at.Add(-k.window-slotsKept), at.Add(-10*takenServes)))
}

func (k *slotKeeper) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.log.Debug("delivery slots not swept", zap.Error(err))
	}
}

// payOwed sends what the ends of connections on other nodes left to sockets of
// this one.
func (k *slotKeeper) payOwed(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, slotTimeout)
	any, err := k.store.AnyOwed(asking, k.node)
	cancel()
	if err != nil || !any {
		k.note(ctx, err)
		return
	}
	var rows []models.DeliverySlot
	err = k.transact(ctx, func(tx *models.Tx) error {
		var err error
		rows, err = tx.TakeOwed(k.node)
		return err
	})
	k.note(ctx, err)
	if err != nil {
		return
	}
	for _, row := range rows {
		k.mu.Lock()
		s := k.open[row.ID]
		k.mu.Unlock()
		if owed, err := models.ParseEventCursor(row.Owed); err == nil && s != nil && s.opened == row.Opened {
			k.sendLate(s, owed)
		}
	}
}

// endUnborn ends the slots of sockets that went away before their CONNECT reply.
func (k *slotKeeper) endUnborn() {
	now := k.store.Instant()
	for _, s := range k.slots() {
		if now.Sub(time.UnixMicro(s.opened)) > connectGrace && !s.socket.connected() {
			k.end(s, &slotEnding{at: now, heard: time.UnixMicro(s.opened)})
		}
	}
}
