package models

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// seenEvery is how often the last use of a session is written at most.
	seenEvery = time.Minute
	// seenFlush is how long a use waits to be written.
	seenFlush = 2 * time.Second
	// seenPending bounds how many sessions wait; what is beyond comes with a later use.
	seenPending = 10_000
)

// Sightings writes when and from where sessions were used last, at most once a
// minute each and never in the way of a request. It is safe for concurrent use.
type Sightings struct {
	store  *Store
	failed func(error)

	mu      sync.Mutex
	pending map[int64]sighting
}

type sighting struct {
	at                 int64
	address, userAgent *string
}

// NewSightings tells failed, which may be nil, of what could not be written.
func NewSightings(store *Store, failed func(error)) *Sightings {
	if failed == nil {
		failed = func(error) {}
	}
	return &Sightings{store: store, failed: failed, pending: map[int64]sighting{}}
}

// Note takes a use of a session down when the row knows of none within the last
// minute.
func (s *Sightings) Note(row Session, address, userAgent string) {
	now := s.store.now().UnixMilli()
	if now-row.LastSeenAt < seenEvery.Milliseconds() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.pending[row.ID]; known || len(s.pending) < seenPending {
		s.pending[row.ID] = sighting{now, bounded(address, 45), bounded(userAgent, 200)}
	}
}

// Run writes what was noted every two seconds until ctx ends, and then once more.
func (s *Sightings) Run(ctx context.Context) {
	tick := time.NewTicker(seenFlush)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.flush()
		case <-ctx.Done():
			s.flush()
			return
		}
	}
}

// flush writes what waits, in one transaction. What fails is not kept: the next use
// notes it again.
func (s *Sightings) flush() {
	s.mu.Lock()
	seen := s.pending
	s.pending = map[int64]sighting{}
	s.mu.Unlock()
	if len(seen) == 0 {
		return
	}
	err := s.store.Tx(context.Background(), func(tx *Tx) error {
		// In order, so that two nodes never wait for each other's rows.
		for _, id := range slices.Sorted(maps.Keys(seen)) {
			at := seen[id]
			err := tx.db.Model(&Session{}).Where("id = ? AND last_seen_at < ?", id, at.at).Updates(map[string]any{
				"last_seen_at": at.at, "ip_address": at.address, "user_agent": at.userAgent,
			}).Error
			if err != nil {
				return unavailable(err)
			}
		}
		return nil
	})
	if err != nil {
		s.failed(err)
	}
}
