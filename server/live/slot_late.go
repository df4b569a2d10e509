package live

import (
	"context"

	"github.com/relevo/relevo/models"
)

// late is what a slot has to send, or has sent, of what other connections of its
// session did not confirm. All of it ends where the slot's own events began.
type late struct {
	waits, was bool // to be sent; sent before
	from, sent models.EventCursor
}

// owe notes that what follows the cursor is to be sent late, and reports whether the
// caller has to see to it: not when that was sent or somebody sees to it already.
func (s *slot) owe(from models.EventCursor) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.late
	switch {
	case l.was && lowest(l.sent, from).String() == l.sent.String():
		return false
	case l.waits:
		l.from = lowest(l.from, from)
		return false
	}
	l.waits, l.from = true, from
	return true
}

// owed takes what owe has noted.
func (s *slot) owed() models.EventCursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.late
	if l.was {
		l.from = lowest(l.from, l.sent)
	}
	l.waits, l.was, l.sent = false, true, l.from
	return l.from
}

// sendLate hands a socket what an earlier connection of its session did not confirm.
// However many of these end at a time, it is sent once.
func (k *slotKeeper) sendLate(s *slot, owed models.EventCursor) {
	if !s.owe(owed) {
		return
	}
	k.busy.Go(func() {
		k.late <- struct{}{}
		defer func() { <-k.late }()
		s.socket.sendOwed(s.owed())
	})
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
