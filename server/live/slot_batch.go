package live

import (
	"slices"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// slotBatch is a group of requests that become visible together.
type slotBatch struct {
	keeper    *slotKeeper
	now       time.Time
	work      []slotWork
	abandoned []bool

	claims []*claim // of the openings, by index of work
	late   []lateSlot

	rows    map[string]*models.DeliverySlot
	keys    map[string][]*models.DeliverySlot
	changed map[string]bool
	dropped []string
	dead    []*models.DeliverySlot // ended by load
	alive   []string               // what living has found; nil before
}

// lateSlot is a slot of this process that something is owed to.
type lateSlot struct {
	slot *slot
	owed debt
}

// apply does the work in its order. It may be called again after a failure.
func (b *slotBatch) apply(tx *models.Tx) error {
	b.reset()
	var keys []string
	for _, w := range b.work {
		if _, known := b.keys[w.slot.key]; !known {
			b.keys[w.slot.key] = nil
			keys = append(keys, w.slot.key)
		}
	}
	slices.Sort(keys)
	rows, err := tx.SlotsOf(keys)
	if err != nil {
		return err
	}
	if err := b.load(tx, rows); err != nil {
		return err
	}
	b.bury()
	for i, w := range b.work {
		if w.open != nil {
			b.open(i, w.slot, w.open)
		} else {
			b.end(w.slot, w.end)
		}
	}
	for _, key := range keys {
		for _, row := range trimSlots(b.keys[key]) {
			b.drop(row)
		}
	}
	return b.store(tx)
}

// store writes what was changed.
func (b *slotBatch) store(tx *models.Tx) error {
	var put []models.DeliverySlot
	for id := range b.changed {
		put = append(put, *b.rows[id])
	}
	slices.SortFunc(put, func(x, y models.DeliverySlot) int { return int(x.Opened - y.Opened) })
	if err := tx.DropSlots(b.dropped); err != nil {
		return err
	}
	return tx.PutSlots(put)
}

func (b *slotBatch) reset() {
	b.rows, b.keys, b.changed = map[string]*models.DeliverySlot{}, map[string][]*models.DeliverySlot{}, map[string]bool{}
	b.dropped, b.dead, b.alive, b.late = nil, nil, nil, nil
}

// load takes the rows in and ends those of nodes that are dead.
func (b *slotBatch) load(tx *models.Tx, rows []models.DeliverySlot) error {
	for i := range rows {
		row := &rows[i]
		b.rows[row.ID] = row
		b.keys[row.SessionKey] = append(b.keys[row.SessionKey], row)
		if row.EndedAt != 0 || row.Node == b.keeper.node {
			continue
		}
		alive, err := b.living(tx)
		if err != nil {
			return err
		}
		if !slices.Contains(alive, row.Node) {
			row.EndedAt = b.now.UnixMilli()
			b.changed[row.ID] = true
			b.dead = append(b.dead, row)
		}
	}
	return nil
}

func (b *slotBatch) open(i int, s *slot, o *slotOpening) {
	c := claim{start: o.place, rooms: o.rooms}
	if own := b.rows[s.id]; own != nil && own.SessionKey == s.key {
		if position, err := models.ParseEventCursor(own.Position); err == nil {
			c.start = union(c.start, position)
		}
		for _, room := range parseRooms(own.Rooms) {
			if !slices.Contains(c.rooms, room) {
				c.rooms = append(c.rooms, room)
			}
		}
		b.forget(own)
		if heir := passOn(own, b.keys[s.key]); heir != nil {
			b.changed[heir.ID] = true
		}
	}
	if o.claim && !b.abandoned[i] {
		var changed []*models.DeliverySlot
		c, changed = claimSlots(b.keys[s.key], o.place, b.now, b.keeper.window)
		for _, row := range changed {
			b.changed[row.ID] = true
		}
		b.doubt(s, &c)
	}
	if o.claim && b.abandoned[i] {
		c.resync = b.toldMeanwhile(s)
	}
	b.claims[i] = &c
	row := &models.DeliverySlot{
		ID: s.id, SessionKey: s.key, UserID: s.userID, Node: b.keeper.node, Position: c.start.String(), Stands: c.stands, Told: c.resync,
		Rooms: roomsText(c.rooms), Opened: s.opened, ByPid: s.byPID,
	}
	b.rows[s.id] = row
	b.keys[s.key] = append(b.keys[s.key], row)
	b.changed[s.id] = true
}

// toldMeanwhile is what the socket was told whose slot is written late; empty when its
// client has confirmed that.
func (b *slotBatch) toldMeanwhile(s *slot) string {
	if _, known := b.keeper.placeOf(s); known {
		return ""
	}
	return events.ResyncFailed
}

// doubt lets a claim begin no later than what open slots of the session on this process
// wait to have confirmed: the client may be one of theirs, back before its old
// connection is known to be dead. What that was told is said again. It looks at
// slotsAtOnce of them.
func (b *slotBatch) doubt(s *slot, c *claim) {
	looked := 0
	for _, row := range b.keys[s.key] {
		if row.EndedAt != 0 || row.ByPid || row.ID == s.id || row.Node != b.keeper.node {
			continue
		}
		if looked++; looked > slotsAtOnce {
			return
		}
		b.keeper.mu.Lock()
		other := b.keeper.open[row.ID]
		b.keeper.mu.Unlock()
		if other == nil || other.opened != row.Opened {
			continue
		}
		if _, _, ok := other.socket.settled(); ok {
			continue
		}
		place, known := b.keeper.placeOf(other)
		if !known {
			if row.Told != "" {
				c.resync = row.Told
			}
			continue
		}
		c.start = lowest(c.start, place)
		for _, room := range other.watching() {
			if !slices.Contains(c.rooms, room) && len(c.rooms) < watchesAtOnce {
				c.rooms = append(c.rooms, room)
			}
		}
	}
}

func (b *slotBatch) end(s *slot, e *slotEnding) {
	row := b.rows[s.id]
	if row == nil || row.Opened != s.opened {
		return // its client is back already
	}
	if e.drop {
		b.drop(row)
		return
	}
	row.EndedAt, row.Polite = e.at.UnixMilli(), e.polite
	if e.position != "" {
		row.Position, row.Stands, row.Told = e.position, "", ""
	}
	s.mu.Lock()
	row.Rooms = roomsText(s.rooms)
	s.mu.Unlock()
	b.changed[row.ID] = true
	if e.polite || row.ByPid {
		return
	}
	b.bequeath(row, e.heard)
}

// bequeath owes what the client of a slot has not confirmed to the connections of
// its session that began when it was not heard of any more: one of them may be its
// own.
func (b *slotBatch) bequeath(row *models.DeliverySlot, heard time.Time) {
	owed, ok := owedOf(row)
	if !ok {
		return
	}
	for _, other := range b.keys[row.SessionKey] {
		if other.EndedAt != 0 || other.ByPid || other.Opened <= heard.UnixMicro() {
			continue
		}
		row.DoubtAt = b.now.UnixMilli()
		if other.Node != b.keeper.node {
			all := owed
			if before, ok := parseDebt(other.Owed); ok {
				all = all.and(before)
			}
			other.Owed = all.String()
			b.changed[other.ID] = true
			continue
		}
		b.keeper.mu.Lock()
		s := b.keeper.open[other.ID]
		b.keeper.mu.Unlock()
		if s != nil && s.opened == other.Opened {
			b.late = append(b.late, lateSlot{s, owed})
		}
	}
}

func (b *slotBatch) drop(row *models.DeliverySlot) {
	b.forget(row)
	delete(b.rows, row.ID)
	delete(b.changed, row.ID)
	b.dropped = append(b.dropped, row.ID)
}

func (b *slotBatch) forget(row *models.DeliverySlot) {
	b.keys[row.SessionKey] = slices.DeleteFunc(b.keys[row.SessionKey], func(r *models.DeliverySlot) bool { return r == row })
}
