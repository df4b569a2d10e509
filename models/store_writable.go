package models

import (
	"context"
	"time"
)

// txTimeout bounds a transaction from the wait for a connection to the commit. Whoever
// waits longer for a lock gets code Unavailable.
const txTimeout = 8 * time.Second

// TakesWrites tells whether the database takes writes. As long as transactions
// succeed that is known and costs nothing; after one that failed with code Unavailable
// a small one is tried at each call, until one succeeds.
func (s *Store) TakesWrites(ctx context.Context) error {
	if !s.refuses.Load() {
		return nil
	}
	return s.Tx(ctx, func(tx *Tx) error {
		// A value that stays the same would not be written.
		return tx.db.Exec(`INSERT INTO counters (name, value) VALUES ('write_probe', 1)
			ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`).Error
	})
}

// ended notes how a transaction ended.
func (s *Store) ended(err error) {
	switch CodeOf(err) {
	case "":
		s.refuses.Store(false)
	case Unavailable:
		s.refuses.Store(true)
	}
}
