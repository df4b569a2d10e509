package models

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// SlotsOfUsers returns the delivery slots of users, the latest opened first, at most
// limit of them.
func (q Queries) SlotsOfUsers(ctx context.Context, users []int64, limit int) ([]DeliverySlot, error) {
	var out []DeliverySlot
	for some := range slices.Chunk(users, slotBatch) {
		var rows []DeliverySlot
		if err := q.q(ctx).Where("user_id IN ?", some).Order("opened DESC").Limit(limit - len(out)).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read delivery slots: %w", unavailable(err))
		}
		if out = append(out, rows...); len(out) >= limit {
			break
		}
	}
	return out, nil
}

// NodesSeen returns the runs of the server that were seen lately, by name. On SQLite,
// which has one process, it may return none.
func (s *Store) NodesSeen(ctx context.Context) ([]string, error) {
	var nodes []string
	err := s.q(ctx).Table("delivery_nodes").Where("seen_at >= ?", s.now().Add(-nodeLease).UnixMilli()).Order("node").Limit(100).Pluck("node", &nodes).Error
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", unavailable(err))
	}
	return nodes, nil
}

// NodesAlive returns the runs of the server that are known to live: those that hold their
// lock. On SQLite, which has one process, it returns none.
func (s *Store) NodesAlive(ctx context.Context) ([]string, error) {
	if s.dialect == SQLite {
		return nil, nil
	}
	var nodes []string
	err := s.Tx(ctx, func(tx *Tx) error {
		var err error
		nodes, err = tx.LiveNodes()
		return err
	})
	return nodes, err
}

// PresenceAt returns the users who had a socket on another node than the given one at the
// instant, as far as rows tell that, with that node.
func (s *Store) PresenceAt(ctx context.Context, node string, at time.Time) (map[int64]string, error) {
	var rows []struct {
		UserID int64
		Node   string
	}
	ms := at.UnixMilli()
	err := s.q(ctx).Table("presence").Select("user_id, node").
		Where("node <> ? AND since <= ? AND (sockets > 0 OR left_at >= ?)", node, ms, ms).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read presence: %w", unavailable(err))
	}
	out := make(map[int64]string, len(rows))
	for _, row := range rows {
		out[row.UserID] = row.Node
	}
	return out, nil
}
