package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"
)

// DeliverySlot says how far one socket of a signed-in session has got in the event
// log. It outlives the socket, so that what the client missed can be found when its
// session connects again. Instants but Opened are Unix milliseconds, 0 for never.
type DeliverySlot struct {
	ID string `gorm:"primaryKey"`
	// SessionKey names the session in the form of the sockets' package.
	SessionKey string
	UserID     int64
	// Node is the run of the server that has, or had, the socket.
	Node string
	// Position is a cursor as text: the client is known to have all behind it.
	Position string
	// Stands is a cursor as text, or empty: until Position moves, the place of the slot that
	// this one took. Who takes this one in turn need not have more.
	Stands string
	// Told is why the socket was told to load everything again; empty when it was not, or
	// when its client is known to have got that.
	Told string
	// Rooms are client rooms that the socket had joined, a JSON list.
	Rooms string
	// Opened is Unix microseconds; no two connections with the same ID have the same.
	Opened int64
	// EndedAt is 0 while the socket is open.
	EndedAt int64
	// Polite means that the client ended it in words.
	Polite bool
	// ByPid means that the client names its session itself when it comes back.
	ByPid bool
	// TakenAt is when another connection of the session took its place.
	TakenAt int64
	// DoubtAt is when a connection of the session came, or it ended while one was open,
	// that may have been its successor and did not take it.
	DoubtAt int64
	// Owed is a cursor as text: what follows it and is behind what the socket began with
	// has still to be sent to it, because an earlier connection ended unconfirmed. Or it is
	// "!" and a reason: the socket has still to be told to load everything again.
	Owed string
}

// SlotRef names one connection's slot.
type SlotRef struct {
	ID     string
	Opened int64
}

// slotBatch bounds the rows of one statement.
const slotBatch = 500

// SlotsOf returns the slots of the sessions, locked until the transaction ends,
// ordered by ID.
func (tx *Tx) SlotsOf(sessionKeys []string) ([]DeliverySlot, error) {
	var out []DeliverySlot
	for keys := range slices.Chunk(sessionKeys, slotBatch) {
		var some []DeliverySlot
		if err := tx.locked().Where("session_key IN ?", keys).Order("id").Find(&some).Error; err != nil {
			return nil, fmt.Errorf("read delivery slots: %w", unavailable(err))
		}
		out = append(out, some...)
	}
	return out, nil
}

// PutSlots writes slots, over those with the same ID.
func (tx *Tx) PutSlots(slots []DeliverySlot) error {
	if len(slots) == 0 {
		return nil
	}
	if err := tx.db.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(slots, slotBatch).Error; err != nil {
		return fmt.Errorf("write delivery slots: %w", unavailable(err))
	}
	return nil
}

// DropSlots removes slots by ID.
func (tx *Tx) DropSlots(ids []string) error {
	for some := range slices.Chunk(ids, slotBatch) {
		if err := tx.db.Where("id IN ?", some).Delete(&DeliverySlot{}).Error; err != nil {
			return fmt.Errorf("remove delivery slots: %w", unavailable(err))
		}
	}
	return nil
}

// MoveSlots sets the position, which their clients have confirmed, of slots that are
// still of these connections.
func (tx *Tx) MoveSlots(position string, refs []SlotRef) error {
	for some := range slices.Chunk(refs, slotBatch) {
		var ids []string
		var opened []int64
		for _, ref := range some {
			ids, opened = append(ids, ref.ID), append(opened, ref.Opened)
		}
		err := tx.db.Model(&DeliverySlot{}).Where("id IN ? AND opened IN ?", ids, opened).Updates(map[string]any{"position": position, "stands": "", "told": ""}).Error
		if err != nil {
			return fmt.Errorf("move delivery slots: %w", unavailable(err))
		}
	}
	return nil
}

// SetSlotRooms sets the client rooms of a slot that is still of this connection.
func (tx *Tx) SetSlotRooms(ref SlotRef, rooms string) error {
	err := tx.db.Model(&DeliverySlot{}).Where("id = ? AND opened = ?", ref.ID, ref.Opened).Update("rooms", rooms).Error
	return unavailable(err)
}

// TakeOwed returns the open slots of the node that something is owed to and clears
// the note.
func (tx *Tx) TakeOwed(node string) ([]DeliverySlot, error) {
	var rows []DeliverySlot
	if err := tx.locked().Where("node = ? AND owed <> ''", node).Order("id").Limit(slotBatch).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read owed events: %w", unavailable(err))
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := tx.db.Model(&DeliverySlot{}).Where("id IN ?", ids).Update("owed", "").Error; err != nil {
		return nil, fmt.Errorf("clear owed events: %w", unavailable(err))
	}
	return rows, nil
}

// SessionsPartlyDead returns keys of sessions, at most limit of them, that have open slots
// of nodes that are none of the living and of such as are.
func (tx *Tx) SessionsPartlyDead(alive []string, limit int) ([]string, error) {
	var keys []string
	err := tx.db.Raw(`SELECT DISTINCT session_key FROM delivery_slots d WHERE ended_at = 0 AND node NOT IN ? AND EXISTS (
		SELECT 1 FROM delivery_slots o WHERE o.session_key = d.session_key AND o.ended_at = 0 AND o.node IN ?) LIMIT ?`,
		alive, alive, limit).Scan(&keys).Error
	if err != nil {
		return nil, fmt.Errorf("read sessions of dead nodes: %w", unavailable(err))
	}
	return keys, nil
}

// EndSlotsExcept ends the open slots that belong to none of the nodes.
func (tx *Tx) EndSlotsExcept(alive []string, at int64) error {
	err := tx.db.Model(&DeliverySlot{}).Where("ended_at = 0 AND node NOT IN ?", alive).Update("ended_at", at).Error
	return unavailable(err)
}

// AnyOwed reports whether something is owed to an open slot of the node.
func (q Queries) AnyOwed(ctx context.Context, node string) (bool, error) {
	var n int64
	err := q.q(ctx).Model(&DeliverySlot{}).Where("node = ? AND owed <> ''", node).Limit(1).Count(&n).Error
	return n > 0, unavailable(err)
}

// PurgeSlots removes slots that ended, or were taken, before these instants, and
// what is known of runs that were not seen since the first.
func (s *Store) PurgeSlots(ctx context.Context, ended, taken time.Time) error {
	return s.Tx(ctx, func(tx *Tx) error {
		err := tx.db.Exec(`DELETE FROM delivery_slots WHERE id IN (SELECT id FROM delivery_slots WHERE ended_at > 0
			AND (ended_at < ? OR taken_at > 0 AND taken_at < ?) LIMIT ?)`, ended.UnixMilli(), taken.UnixMilli(), 10*slotBatch).Error
		if err != nil {
			return fmt.Errorf("purge delivery slots: %w", err)
		}
		return tx.db.Exec(`DELETE FROM delivery_nodes WHERE seen_at < ?`, ended.UnixMilli()).Error
	})
}
