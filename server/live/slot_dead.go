package live

import (
	"context"
	"time"

	"github.com/relevo/relevo/models"
)

// Bounds of reap.
const (
	deadAtOnce = 200  // sessions of one transaction
	deadRounds = 1000 // transactions of one sweep; what is left waits for the next
)

// bury owes what the clients of dead nodes have not confirmed to the connections of their
// sessions that began since: a client comes back to another node before anybody can know
// that its own is dead. When that heard of it last is not known.
func (b *slotBatch) bury() {
	for _, row := range b.dead {
		if !row.ByPid {
			b.bequeath(row, time.UnixMicro(row.Opened))
		}
	}
}

// living are the nodes that live, this one among them, asked for once.
func (b *slotBatch) living(tx *models.Tx) ([]string, error) {
	if b.alive == nil {
		alive, err := tx.LiveNodes()
		if err != nil {
			return nil, err
		}
		b.alive = append(alive, b.keeper.node)
	}
	return b.alive, nil
}

// reap ends the slots of dead nodes.
func (k *slotKeeper) reap(ctx context.Context) error {
	more := true
	for n := 0; more && n < deadRounds; n++ {
		b := &slotBatch{keeper: k, now: k.store.Instant()}
		err := k.transact(ctx, func(tx *models.Tx) (err error) {
			more, err = b.reap(tx)
			return err
		})
		if err != nil {
			return err
		}
		k.pay(b.late)
	}
	return nil
}

// reap ends the slots of some sessions that have others as well, and when there are no
// more of these all that are left.
func (b *slotBatch) reap(tx *models.Tx) (more bool, err error) {
	b.reset()
	alive, err := b.living(tx)
	if err != nil {
		return false, err
	}
	keys, err := tx.SessionsPartlyDead(alive, deadAtOnce)
	if err != nil {
		return false, err
	}
	if len(keys) == 0 {
		return false, tx.EndSlotsExcept(alive, b.now.UnixMilli())
	}
	rows, err := tx.SlotsOf(keys)
	if err == nil {
		err = b.load(tx, rows)
	}
	if err != nil {
		return false, err
	}
	b.bury()
	return true, b.store(tx)
}
