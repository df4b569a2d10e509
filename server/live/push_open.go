package live

import (
	"context"
	"encoding/json"
	"sync"
)

// openReads reads the open requests for sockets that begin to listen. All that come
// while one reading is under way share the next one, so that a thousand sockets after a
// restart cost a few readings. It is safe for concurrent use.
type openReads struct {
	ctx     context.Context
	running *sync.WaitGroup
	source  func(context.Context) ([]json.RawMessage, error)

	mu   sync.Mutex
	next *openRead // nobody has begun it; nil when none is wanted
	busy bool
}

// openRead is one reading; its fields are set when done is closed.
type openRead struct {
	done   chan struct{}
	frames []pushFrame
	err    error
}

func newOpenReads(ctx context.Context, running *sync.WaitGroup, source func(context.Context) ([]json.RawMessage, error)) *openReads {
	return &openReads{ctx: ctx, running: running, source: source}
}

// read returns a reading that began after the call. The frames are shared.
func (o *openReads) read(ctx context.Context) ([]pushFrame, error) {
	o.mu.Lock()
	if o.next == nil {
		o.next = &openRead{done: make(chan struct{})}
	}
	mine := o.next
	if !o.busy {
		o.busy = true
		// Whoever asks belongs to running, so that nobody waits for it yet.
		o.running.Go(o.run)
	}
	o.mu.Unlock()
	select {
	case <-mine.done:
		return mine.frames, mine.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run reads until nobody wants another reading.
func (o *openReads) run() {
	for {
		o.mu.Lock()
		reading := o.next
		o.next, o.busy = nil, reading != nil
		o.mu.Unlock()
		if reading == nil {
			return
		}
		reading.frames, reading.err = o.once()
		close(reading.done)
	}
}

func (o *openReads) once() ([]pushFrame, error) {
	ctx, cancel := context.WithTimeout(o.ctx, replayTimeout)
	defer cancel()
	found, err := o.source(ctx)
	if err != nil {
		return nil, err
	}
	frames := make([]pushFrame, len(found))
	for i, body := range found {
		frames[i] = newPushFrame(body)
	}
	// Without room behind them, so that who appends copies.
	return frames[:len(frames):len(frames)], nil
}
