package models

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// nodeLease is how long a run counts as alive after it was seen last.
const nodeLease = 30 * time.Second

// nodeLock is the advisory lock of a run, as SQL over the column or parameter node.
const nodeLock = `hashtextextended('relevo_node:' || node, 0)`

// SeeNode notes that the run is alive now.
func (tx *Tx) SeeNode(node string) error {
	err := tx.db.Exec(`INSERT INTO delivery_nodes (node, seen_at) VALUES (?, ?)
		ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at`, node, tx.store.now().UnixMilli()).Error
	return unavailable(err)
}

// LiveNodes returns the runs that hold their lock and were seen lately. On SQLite,
// which has one process, it returns none.
func (tx *Tx) LiveNodes() ([]string, error) {
	if tx.store.dialect == SQLite {
		return nil, nil
	}
	var nodes []string
	err := tx.db.Raw(`SELECT node FROM (SELECT node, seen_at, `+nodeLock+` AS lock FROM delivery_nodes) AS n WHERE seen_at >= ? AND EXISTS (
		SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.classid::bigint = (lock >> 32) & 4294967295 AND l.objid::bigint = lock & 4294967295)`,
		tx.store.now().Add(-nodeLease).UnixMilli()).Scan(&nodes).Error
	if err != nil {
		return nil, fmt.Errorf("read living nodes: %w", unavailable(err))
	}
	return nodes, nil
}

// HoldNode holds the lock of the run until ctx ends, on a connection of its own, so
// that the database knows of the death of the process when the connection ends. It
// returns an error when the connection is lost. On SQLite it returns nil at once.
func (s *Store) HoldNode(ctx context.Context, node string) error {
	return s.apart(ctx, "hold node", func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(`+nodeLock+`) FROM (SELECT $1::text AS node) AS n`, node); err != nil {
			return unavailable(err)
		}
		alive := time.NewTicker(nodeLease / 6)
		defer alive.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-alive.C:
				if err := conn.Ping(ctx); err != nil {
					return unavailable(err)
				}
			}
		}
	})
}
