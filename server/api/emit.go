package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
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
	limits *keyLimits
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

// serve is the walk of both routes: key, rate, body, repeated request, table of
// events, transaction, answer.
func (e *Emit) serve(c *gin.Context, batch bool, parse func([]byte) ([]events.Publication, error), show func([]models.EventRecord) any) {
	key, err := e.store.UseServiceKey(c.Request.Context(), bearer(c.Request))
	if err != nil {
		refuseEmit(c, err)
		return
	}
	if !e.admit(c, key, 1) {
		return
	}
	body, err := readEmitBody(c)
	if err != nil {
		refuseEmit(c, err)
		return
	}
	repeat, err := newRepeat(c.Request, key, body)
	if err != nil {
		refuseEmit(c, err)
		return
	}
	if answered, err := e.answered(c, repeat); answered || err != nil {
		if err != nil {
			refuseEmit(c, err)
		}
		return
	}
	publications, err := parse(body)
	if err != nil {
		refuseEmit(c, err)
		return
	}
	if !e.admit(c, key, len(publications)-1) {
		return
	}
	records, err := check(publications, events.Scope{Events: key.Events, Audiences: key.Audiences}, batch)
	if err != nil {
		refuseEmit(c, err)
		return
	}
	answer, err := json.Marshal(show(records))
	if err != nil {
		refuseEmit(c, fmt.Errorf("encode answer: %w", err))
		return
	}
	e.record(c, repeat, records, answer)
}

// record commits the events, with their answer when the request may be repeated,
// and answers.
func (e *Emit) record(c *gin.Context, repeat models.IdempotentAnswer, records []models.EventRecord, answer []byte) {
	repeat.Status, repeat.Body = http.StatusAccepted, string(answer)
	kept, first := repeat, true
	ctx := models.WithTrace(c.Request.Context(), middleware.RequestIDOf(c))
	err := e.store.Tx(ctx, func(tx *models.Tx) error {
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
		refuseEmit(c, err)
		return
	}
	if first {
		c.Data(repeat.Status, gin.MIMEJSON+"; charset=utf-8", answer)
		return
	}
	if err := replay(c, repeat, kept); err != nil {
		refuseEmit(c, err)
	}
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

// readEmitBody reads a JSON body whole.
func readEmitBody(c *gin.Context) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		return nil, models.Errorf(models.Unsupported, "El contenido debe ser application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxEmitBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, models.Errorf(models.TooLarge, "El contenido supera el tamaño permitido")
	}
	if err != nil {
		return nil, &models.Error{Code: models.Invalid, Message: "No se pudo leer el contenido", Err: err}
	}
	return body, nil
}

// requestHash tells requests of one idempotency key apart.
func requestHash(path string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(path + "\n"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
