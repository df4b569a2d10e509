package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	clientTimeout = 30 * time.Second
	maxAnswer     = 1 << 20 // bytes of an answer that are read
)

// Client publishes events through a server's HTTP door with a service key. Every
// call carries an Idempotency-Key, so that its repetitions record the events once.
// It is safe for concurrent use.
type Client struct {
	base string
	key  string
	http *http.Client
	wait func(context.Context, time.Duration) error
}

// NewClient speaks to the server at baseURL, as in https://desk.example, with a
// key that `relevo key create` printed. A nil http.Client means one with a timeout
// of 30 seconds per attempt.
func NewClient(baseURL, key string, hc *http.Client) *Client {
	if hc == nil {
		hc = &http.Client{Timeout: clientTimeout}
	}
	return &Client{base: strings.TrimRight(baseURL, "/"), key: key, http: hc, wait: waitFor}
}

// EmitError is what the server refused a call with.
type EmitError struct {
	// Status is the HTTP status; 404, 422 and 403 are about the event: unknown name,
	// not of the row's shape, outside of the key's scope.
	Status int
	// Message is the server's text, in Spanish.
	Message string
	// Path is the JSON path of the fault, as in "payload.client.dni"; may be empty.
	Path string
	// Index is the place in the batch, from 0; -1 when the fault is of no single event.
	Index int
	// RetryAfter is how long the server asked to wait; 0 when it did not.
	RetryAfter time.Duration
}

// Error implements error.
func (e *EmitError) Error() string {
	text := fmt.Sprintf("emit: status %d", e.Status)
	if e.Path != "" {
		text += " at " + e.Path
	}
	return text + ": " + e.Message
}

// Emit publishes one event and returns its id. A nil error means that the event is
// recorded. A call that failed on the network or with 429 or 503 is repeated up to
// five times with growing pauses, as long as ctx lasts; the error is an *EmitError
// when the server answered.
func (c *Client) Emit(ctx context.Context, p Publication) (string, error) {
	key, err := newIdempotencyKey()
	if err != nil {
		return "", err
	}
	return c.EmitOnce(ctx, key, p)
}

// EmitOnce is Emit with an idempotency key of the caller's: 1 to 255 visible ASCII
// characters. Within 24 hours the same key records the same event once, even when
// the calling program was restarted in between.
func (c *Client) EmitOnce(ctx context.Context, idempotencyKey string, p Publication) (string, error) {
	var answer struct {
		ID string `json:"id"`
	}
	if err := c.post(ctx, "/api/emit", idempotencyKey, p, &answer); err != nil {
		return "", err
	}
	return answer.ID, nil
}

// EmitBatch publishes up to 100 events, all or none, and returns their ids in
// order. It repeats as Emit does.
func (c *Client) EmitBatch(ctx context.Context, list []Publication) ([]string, error) {
	key, err := newIdempotencyKey()
	if err != nil {
		return nil, err
	}
	return c.EmitBatchOnce(ctx, key, list)
}

// EmitBatchOnce is EmitBatch with an idempotency key of the caller's.
func (c *Client) EmitBatchOnce(ctx context.Context, idempotencyKey string, list []Publication) ([]string, error) {
	var answer struct {
		IDs []string `json:"ids"`
	}
	batch := struct {
		Events []Publication `json:"events"`
	}{list}
	if err := c.post(ctx, "/api/emit/batch", idempotencyKey, batch, &answer); err != nil {
		return nil, err
	}
	return answer.IDs, nil
}

func newIdempotencyKey() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make idempotency key: %w", err)
	}
	return id.String(), nil
}

// post sends the body until it is answered for good.
func (c *Client) post(ctx context.Context, path, idempotencyKey string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode publication: %w", err)
	}
	for attempt := 1; ; attempt++ {
		err := c.attempt(ctx, path, idempotencyKey, b, answer)
		pause, again := retryIn(ctx, err, attempt)
		if !again {
			return err
		}
		if waited := c.wait(ctx, pause); waited != nil {
			return errors.Join(err, waited)
		}
	}
}

// attempt is one request. Its error is an *EmitError, a *networkError, or final.
func (c *Client) attempt(ctx context.Context, path, idempotencyKey string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("emit: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", idempotencyKey)
	resp, err := c.http.Do(req)
	if err != nil {
		return &networkError{err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &networkError{err}
	}
	if resp.StatusCode/100 != 2 {
		return newEmitError(resp, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("emit: status %d with an answer that is not the server's: %w", resp.StatusCode, err)
	}
	return nil
}
