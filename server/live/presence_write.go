package live

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// Run writes until ctx ends, then what is left, as far as the store serves. Sockets
// are drained before.
func (p *Presence) Run(ctx context.Context) {
	beat := time.NewTicker(max(p.config.Lease/3, presenceBeat))
	defer beat.Stop()
	var gathered <-chan time.Time
	p.write(ctx)
	for {
		select {
		case <-ctx.Done():
			p.write(context.WithoutCancel(ctx))
			return
		case <-beat.C:
			p.due = true
			p.write(ctx)
			p.sweep(ctx)
		case <-p.wake:
			if gathered == nil {
				gathered = time.After(presenceGather)
			}
			continue
		case <-gathered:
			p.write(ctx)
		}
		gathered = nil
		if p.failing {
			gathered = time.After(presenceRetry)
		}
	}
}

// write stores what has changed, and that this run is alive: who came after it was
// seen last would otherwise count, if it is killed now, as signed in after they left.
func (p *Presence) write(ctx context.Context) {
	changes, open := p.take()
	if len(changes) == 0 && !p.due {
		return
	}
	writing, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	err := p.config.Store.Tx(writing, func(tx *models.Tx) error {
		if err := tx.WritePresence(p.config.Node, changes); err != nil {
			return err
		}
		if err := tx.SeeNode(p.config.Node); err != nil || !p.due {
			return err
		}
		return p.renew(tx, open)
	})
	p.settle(changes, err == nil)
	switch {
	case err == nil && p.failing:
		p.config.Log.Info("presence is written again")
	case err != nil && !p.failing && ctx.Err() == nil:
		p.config.Log.Warn("presence cannot be written; who is online is what it was", zap.Error(err))
	}
	if p.failing = err != nil; p.failing {
		p.failures.Add(1)
		return
	}
	p.due, p.begun = false, true
}

// renew mends the rows of the run: another one may have taken it for dead and ended
// them; then they are all written again.
func (p *Presence) renew(tx *models.Tx, open []models.Presence) error {
	if !p.begun {
		if err := tx.TakeOverPresence(p.config.Node); err != nil {
			return err
		}
	}
	stored, err := tx.OpenPresence(p.config.Node)
	if err != nil || stored == len(open) {
		return err
	}
	return tx.WritePresence(p.config.Node, open)
}

// take returns the rows that have to be written and, when a renewal is due, all
// that have sockets, both by user.
func (p *Presence) take() (changes, open []models.Presence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row := func(id int64, u *presentUser) models.Presence {
		return models.Presence{UserID: id, Sockets: u.sockets, Changed: u.at}
	}
	for id := range p.changed {
		if u := p.users[id]; u != nil && !u.written() {
			changes = append(changes, row(id, u))
		}
	}
	clear(p.changed)
	if p.due {
		for id, u := range p.users {
			if u.sockets > 0 {
				open = append(open, row(id, u))
			}
		}
	}
	byUser := func(a, b models.Presence) int { return cmp.Compare(a.UserID, b.UserID) }
	slices.SortFunc(changes, byUser)
	slices.SortFunc(open, byUser)
	return changes, open
}

// settle notes what the rows say now, or that they have to be written once more.
func (p *Presence) settle(changes []models.Presence, written bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range changes {
		u := p.users[c.UserID]
		if !written {
			// It may have been written all the same, when only the answer was lost.
			u.stored = -1
			p.changed[c.UserID] = struct{}{}
			continue
		}
		u.stored = c.Sockets
		if u.sockets == 0 && u.stored == 0 {
			delete(p.users, c.UserID)
		}
	}
}

// sweep ends what dead runs have left, now and then.
func (p *Presence) sweep(ctx context.Context) {
	if p.failing || time.Since(p.swept) < sweepEvery {
		return
	}
	p.swept = time.Now()
	sweeping, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	err := p.config.Store.Tx(sweeping, func(tx *models.Tx) error { return tx.SweepPresence(p.config.Node) })
	if err != nil && ctx.Err() == nil {
		p.config.Log.Debug("presence not swept", zap.Error(err))
	}
}
