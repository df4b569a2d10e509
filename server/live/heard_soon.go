package live

import (
	"context"
	"time"
)

// heardPatience is how long a request waits whose session is over while nobody has
// said so: what ended it is on its way to this process, and knows why.
const heardPatience = time.Second

// heardSoon waits for that; false when it did not come.
func heardSoon(ctx context.Context, over func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, heardPatience)
	defer cancel()
	step := time.NewTicker(10 * time.Millisecond)
	defer step.Stop()
	for !over() {
		select {
		case <-ctx.Done():
			return false
		case <-step.C:
		}
	}
	return true
}
