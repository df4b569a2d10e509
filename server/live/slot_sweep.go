package live

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

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
	if now.Sub(k.swept) < k.sweepEvery {
		return
	}
	k.swept = now
	k.endUnborn()
	k.note(ctx, k.reap(ctx))
	at := k.store.Instant()
	k.note(ctx, k.store.PurgeSlots(ctx, at.Add(-k.window-slotsKept), at.Add(-10*takenServes)))
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

func (k *slotKeeper) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.log.Debug("delivery slots not swept", zap.Error(err))
	}
}
