package events

import (
	"context"
	"errors"
	"sync"
)

// behind is who waits until a tail has delivered what they know to be committed. Its
// methods may be called concurrently.
type behind struct {
	mu      sync.Mutex
	served  bool // the tail runs
	waiting []chan struct{}
}

var errNotFollowing = errors.New("the tail stands still")

// CatchUp waits until everything that is committed now has been handed to Deliver. It
// fails when ctx ends before that, and at once when the tail does not run. It must not be
// called from Deliver.
func (t *Tail) CatchUp(ctx context.Context) error {
	done, err := t.behind.join()
	if err != nil {
		return err
	}
	t.Wake()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
		return nil
	}
}

func (b *behind) join() (<-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.served {
		return nil, errNotFollowing
	}
	done := make(chan struct{})
	b.waiting = append(b.waiting, done)
	return done, nil
}

func (b *behind) serve(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.served = on
}

// take removes those who wait; the round that begins now is theirs.
func (b *behind) take() []chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.waiting
	b.waiting = nil
	return taken
}

// caughtUp lets those who were taken go on, or wait for the next round when the log
// could not be read.
func (b *behind) caughtUp(taken []chan struct{}, ok bool) {
	if ok {
		for _, done := range taken {
			close(done)
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(taken, b.waiting...)
}
