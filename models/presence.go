package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// PresenceRule says who counts as online (contract 5.28). Zero durations mean the
// defaults.
type PresenceRule struct {
	// Node is the run that asks; its own rows count however long the database was
	// away. Empty when no sockets are served.
	Node string
	// Grace is how long a user without a socket is still present, because a change
	// of page closes one socket and opens another. Default 10 s.
	Grace time.Duration
	// Lease is how long the sockets of a run count after it was seen last. Default 30 s.
	Lease time.Duration
	// RequireSocket leaves out who is signed in and never had a socket.
	RequireSocket bool
}

func (r PresenceRule) withDefaults() PresenceRule {
	if r.Grace <= 0 {
		r.Grace = 10 * time.Second
	}
	if r.Lease <= 0 {
		r.Lease = nodeLease
	}
	return r
}

// SetPresenceRule sets who counts as online. It must be called before the first
// query; without it the defaults hold.
func (s *Store) SetPresenceRule(r PresenceRule) { s.presence = r.withDefaults() }

// Presence is what one run knows of one user.
type Presence struct {
	UserID int64
	// Sockets is how many are open; two tabs are two sockets of one person.
	Sockets int
	// Changed is when the first came or the last went.
	Changed time.Time
}

// presenceBatch bounds the rows of one statement.
const presenceBatch = 100

// WritePresence stores what the run knows of users, each named once and in the
// order of their ids. The time since when a user is present outlives an absence
// within the grace.
func (tx *Tx) WritePresence(node string, rows []Presence) error {
	grace := tx.store.presence.Grace.Milliseconds()
	for some := range slices.Chunk(rows, presenceBatch) {
		args := make([]any, 0, 5*len(some)+1)
		for _, r := range some {
			left := int64(0)
			if r.Sockets == 0 {
				left = r.Changed.UnixMilli()
			}
			args = append(args, r.UserID, node, r.Sockets, r.Changed.UnixMilli(), left)
		}
		values := strings.Repeat(", (?, ?, ?, ?, ?)", len(some))[2:]
		err := tx.db.Exec(`INSERT INTO presence (user_id, node, sockets, since, left_at) VALUES `+values+`
			ON CONFLICT (user_id, node) DO UPDATE SET sockets = excluded.sockets, left_at = excluded.left_at,
			since = CASE WHEN presence.sockets > 0 OR excluded.sockets = 0 OR presence.left_at > excluded.since - ? THEN presence.since ELSE excluded.since END`,
			append(args, grace)...).Error
		if err != nil {
			return fmt.Errorf("write presence: %w", unavailable(err))
		}
	}
	return nil
}

// OpenPresence is how many rows of the run say that their user has a socket.
func (tx *Tx) OpenPresence(node string) (int, error) {
	var n int64
	err := tx.db.Table("presence").Where("node = ? AND sockets > 0", node).Count(&n).Error
	return int(n), unavailable(err)
}

// TakeOverPresence ends what other runs have left open on a database that only one
// process uses: their users have left now. Elsewhere a run's lease does that, and it
// does nothing.
func (tx *Tx) TakeOverPresence(node string) error {
	if tx.store.dialect != SQLite {
		return nil
	}
	err := tx.db.Exec(`UPDATE presence SET sockets = 0, left_at = ? WHERE sockets > 0 AND node <> ?`, tx.store.now().UnixMilli(), node).Error
	return unavailable(err)
}

// SweepPresence lets the users of runs whose lease is over have left when those were
// seen last, and removes what nobody asks for: of users who have left all rows but
// the last, which says that they did, and rows of users who are deleted.
func (tx *Tx) SweepPresence(node string) error {
	floor := tx.store.now().Add(-tx.store.presence.Lease).UnixMilli()
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE presence SET sockets = 0, left_at = COALESCE((SELECT seen_at FROM delivery_nodes n WHERE n.node = presence.node), since)
			WHERE sockets > 0 AND node <> ? AND NOT EXISTS (SELECT 1 FROM delivery_nodes n WHERE n.node = presence.node AND n.seen_at >= ?)`, []any{node, floor}},
		{`DELETE FROM presence WHERE sockets = 0 AND EXISTS (SELECT 1 FROM presence p WHERE p.user_id = presence.user_id AND p.sockets = 0
			AND (p.left_at > presence.left_at OR p.left_at = presence.left_at AND p.node > presence.node))`, nil},
		{`DELETE FROM presence WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = presence.user_id)`, nil},
	} {
		if err := tx.db.Exec(statement.sql, statement.args...).Error; err != nil {
			return fmt.Errorf("sweep presence: %w", unavailable(err))
		}
	}
	return nil
}

// UsersPresent returns the ids of the users who have a socket somewhere, or left
// less than the grace ago, in order.
func (s *Store) UsersPresent(ctx context.Context) ([]int64, error) {
	seen, err := presenceOf(s.q(ctx), s.presence, s.now(), nil)
	if err != nil {
		return nil, err
	}
	return seen.present(), nil
}

// presenceRow is a row with the lease of its run.
type presenceRow struct {
	UserID  int64
	Node    string
	Sockets int
	LeftAt  int64
	SeenAt  int64 // of the run; when it is not known any more, since when the user was here
}

// presenceRows reads the rows of users, of all for nil.
func presenceRows(db *gorm.DB, users []int64) ([]presenceRow, error) {
	db = db.Table("presence p").Joins("LEFT JOIN delivery_nodes n ON n.node = p.node").
		Select("p.user_id, p.node, p.sockets, p.left_at, COALESCE(n.seen_at, p.since) AS seen_at")
	if users != nil {
		db = db.Where("p.user_id IN ?", users)
	}
	var rows []presenceRow
	if err := db.Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read presence: %w", unavailable(err))
	}
	return rows, nil
}
