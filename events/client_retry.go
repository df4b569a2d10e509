package events

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	clientAttempts = 6 // the first one and five repetitions
	firstPause     = 200 * time.Millisecond
	longestPause   = 10 * time.Second
	// longestRetryAfter is how long a server may keep a call waiting; a longer wait
	// is the caller's to decide.
	longestRetryAfter = time.Minute
)

// networkError is a request that met no answer, or half of one.
type networkError struct{ err error }

func (e *networkError) Error() string { return "emit: " + e.err.Error() }
func (e *networkError) Unwrap() error { return e.err }

// newEmitError reads the error form of contract 3.1; a proxy's page has none.
func newEmitError(resp *http.Response, text []byte) *EmitError {
	var body struct {
		Message string `json:"message"`
		Path    string `json:"path"`
		Index   *int   `json:"index"`
	}
	if json.Unmarshal(text, &body) != nil || body.Message == "" {
		body.Message = http.StatusText(resp.StatusCode)
	}
	e := &EmitError{Status: resp.StatusCode, Message: body.Message, Path: body.Path, Index: -1}
	if body.Index != nil {
		e.Index = *body.Index
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 1<<31 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// retryIn tells whether a failed attempt is worth another, and when.
func retryIn(ctx context.Context, err error, attempt int) (time.Duration, bool) {
	if err == nil || ctx.Err() != nil || attempt >= clientAttempts {
		return 0, false
	}
	pause := min(firstPause<<(attempt-1), longestPause)
	pause = pause/2 + rand.N(pause/2+1)
	var refused *EmitError
	var network *networkError
	switch {
	case errors.As(err, &network):
		return pause, true
	case errors.As(err, &refused) && (refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusServiceUnavailable):
		return max(pause, refused.RetryAfter), refused.RetryAfter <= longestRetryAfter
	}
	return 0, false
}

// waitFor pauses; the error is that of ctx, whose end it does not outlast.
func waitFor(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
