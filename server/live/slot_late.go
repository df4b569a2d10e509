package live

import (
	"context"
	"strings"

	"github.com/relevo/relevo/models"
)

// debt is what has still to be sent to a connection because an earlier one of its session
// ended unconfirmed.
type debt struct {
	from models.EventCursor // what follows it
	told string             // not empty: why it has to load everything again, and nothing else
}

// untoldDebt begins the text of a debt that is a reason.
const untoldDebt = "!"

// owedOf is what the client of a slot that ended has not confirmed.
func owedOf(row *models.DeliverySlot) (d debt, ok bool) {
	if row.Told != "" {
		return debt{told: row.Told}, true
	}
	return parseDebt(row.Position)
}

// parseDebt reads the text of a debt; not ok when there is none.
func parseDebt(text string) (d debt, ok bool) {
	if reason, untold := strings.CutPrefix(text, untoldDebt); untold {
		return debt{told: reason}, reason != ""
	}
	from, err := models.ParseEventCursor(text)
	return debt{from: from}, err == nil
}

func (d debt) String() string {
	if d.told != "" {
		return untoldDebt + d.told
	}
	return d.from.String()
}

// and is what both come to: who loads everything again need not be sent more.
func (d debt) and(other debt) debt {
	switch {
	case d.told != "":
		return d
	case other.told != "":
		return other
	}
	return debt{from: lowest(d.from, other.from)}
}

// late is what a slot has to send, or has sent, of what other connections of its
// session did not confirm. All of it ends where the slot's own events began.
type late struct {
	waits, was bool // to be sent; sent before
	from, sent models.EventCursor
	told       bool // was told to load everything that came before its own events
}

// owe notes that what follows the cursor is to be sent late, and reports whether the
// caller has to see to it: not when that was sent or somebody sees to it already.
func (s *slot) owe(from models.EventCursor) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.late
	switch {
	case l.told:
		return false
	case l.was && lowest(l.sent, from).String() == l.sent.String():
		return false
	case l.waits:
		l.from = lowest(l.from, from)
		return false
	}
	l.waits, l.from = true, from
	return true
}

// oweResync reports whether the slot's socket has still to be told to load everything
// again, and counts it as told.
func (s *slot) oweResync() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.late.told
	s.late.told = true
	return !before
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
func (k *slotKeeper) sendLate(s *slot, owed debt) {
	send := func() { s.socket.sendOwed(s.owed()) }
	if owed.told != "" {
		if !s.oweResync() {
			return
		}
		send = func() { s.socket.sendResync(owed.told) }
	} else if !s.owe(owed.from) {
		return
	}
	k.busy.Go(func() {
		k.late <- struct{}{}
		defer func() { <-k.late }()
		send()
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
		if owed, ok := parseDebt(row.Owed); ok && s != nil && s.opened == row.Opened {
			k.sendLate(s, owed)
		}
	}
}
