package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

const (
	// maxEmitBody bounds the body of a publication or a batch, in bytes.
	maxEmitBody = 1 << 20
	// maxEmitBatch is how many events a batch holds; they share a transaction.
	maxEmitBatch = 100
)

// Emit is the door through which other services publish events. Every event is
// committed before it is acknowledged; those of class latest, which are never
// stored, are handed over for delivery instead.
type Emit struct {
	store  *models.Store
	limits *middleware.Buckets[int64]
}

// NewEmit allows each key a number of events a second.
func NewEmit(store *models.Store, perSecond int) *Emit {
	return &Emit{store: store, limits: newKeyLimits(perSecond)}
}

// One answers POST /api/emit.
func (e *Emit) One(c *gin.Context) {
	e.serve(c, false, func(body []byte) ([]events.Publication, error) {
		p, err := events.ParsePublication(body)
		return []events.Publication{p}, err
	}, func(recorded []models.EventRecord) any {
		return struct {
			Success bool   `json:"success"`
			ID      string `json:"id"`
		}{true, recorded[0].ID}
	})
}

// Batch answers POST /api/emit/batch: all events or none.
func (e *Emit) Batch(c *gin.Context) {
	e.serve(c, true, func(body []byte) ([]events.Publication, error) {
		return events.ParseBatch(body, maxEmitBatch)
	}, func(recorded []models.EventRecord) any {
		answer := struct {
			Success bool     `json:"success"`
			IDs     []string `json:"ids"`
		}{true, make([]string, len(recorded))}
		for i, r := range recorded {
			answer.IDs[i] = r.ID
		}
		return answer
	})
}

// serve publishes or refuses.
func (e *Emit) serve(c *gin.Context, batch bool, parse func([]byte) ([]events.Publication, error), show func([]models.EventRecord) any) {
	if err := e.publish(c, batch, parse, show); err != nil {
		refuseEmit(c, err)
	}
}

// publish is the walk of both routes: key, rate, body, repeated request, table of
// events, transaction, answer. With an error nothing was answered.
func (e *Emit) publish(c *gin.Context, batch bool, parse func([]byte) ([]events.Publication, error), show func([]models.EventRecord) any) error {
	key, err := e.store.UseServiceKey(c.Request.Context(), bearer(c.Request))
	if err != nil {
		return err
	}
	if err := e.admit(c, key, 1); err != nil {
		return err
	}
	body, err := middleware.ReadBody(c, maxEmitBody)
	if err != nil {
		return err
	}
	repeat, err := newRepeat(c.Request, key, body)
	if err != nil {
		return err
	}
	if answered, err := e.answered(c, repeat); answered || err != nil {
		return err
	}
	publications, err := parse(body)
	if err != nil {
		return err
	}
	if err := e.admit(c, key, len(publications)-1); err != nil {
		return err
	}
	records, err := check(publications, events.Scope{Events: key.Events, Audiences: key.Audiences}, batch)
	if err != nil {
		return err
	}
	answer, err := json.Marshal(show(records))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return e.record(c, repeat, records, answer)
}

// record commits the events, with their answer when the request may be repeated,
// and answers.
func (e *Emit) record(c *gin.Context, repeat models.IdempotentAnswer, records []models.EventRecord, answer []byte) error {
	repeat.Status, repeat.Body = http.StatusAccepted, string(answer)
	kept, first := repeat, true
	err := e.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		if repeat.IdempotencyKey != "" {
			var err error
			if kept, first, err = tx.KeepAnswer(repeat); err != nil || !first {
				return err
			}
		}
		for _, r := range records {
			if err := tx.Record(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !first {
		return replay(c, repeat, kept)
	}
	c.Data(repeat.Status, gin.MIMEJSON+"; charset=utf-8", answer)
	return nil
}

// check holds each publication against the table of events and the scope; the
// error of a batch names the index.
func check(publications []events.Publication, scope events.Scope, batch bool) ([]models.EventRecord, error) {
	records := make([]models.EventRecord, len(publications))
	for i, p := range publications {
		record, err := events.Check(p, scope)
		var fault *events.Fault
		if errors.As(err, &fault) && batch {
			return nil, &events.BatchFault{Index: i, Fault: fault}
		}
		if err != nil {
			return nil, err
		}
		records[i] = record
	}
	return records, nil
}

// requestHash tells requests of one idempotency key apart.
func requestHash(path string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(path + "\n"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
