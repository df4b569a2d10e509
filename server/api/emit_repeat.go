package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// maxIdempotencyKey bounds the Idempotency-Key header, in bytes.
const maxIdempotencyKey = 255

// newRepeat names the request by its Idempotency-Key header; without one the key
// of the result is empty and nothing is kept.
func newRepeat(r *http.Request, key models.ServiceKey, body []byte) (models.IdempotentAnswer, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return models.IdempotentAnswer{}, nil
	}
	given := values[0]
	visible := strings.IndexFunc(given, func(c rune) bool { return c < '!' || c > '~' }) < 0
	if len(values) > 1 || given == "" || len(given) > maxIdempotencyKey || !visible {
		return models.IdempotentAnswer{}, models.Errorf(models.Invalid, "Idempotency-Key debe tener de 1 a %d caracteres ASCII visibles", maxIdempotencyKey)
	}
	return models.IdempotentAnswer{KeyID: key.ID, IdempotencyKey: given, RequestHash: requestHash(r.URL.Path, body)}, nil
}

// answered answers a request that was answered before. A request that is being
// served at this moment is met later, in the transaction.
func (e *Emit) answered(c *gin.Context, repeat models.IdempotentAnswer) (bool, error) {
	if repeat.IdempotencyKey == "" {
		return false, nil
	}
	kept, err := e.store.AnswerOf(c.Request.Context(), repeat.KeyID, repeat.IdempotencyKey)
	if models.CodeOf(err) == models.NotFound {
		return false, nil
	}
	if err == nil {
		err = replay(c, repeat, kept)
	}
	return err == nil, err
}

// replay gives the kept answer again, or an error when it belongs to another request.
func replay(c *gin.Context, repeat, kept models.IdempotentAnswer) error {
	if kept.RequestHash != repeat.RequestHash {
		return models.Errorf(models.Unprocessable, "Idempotency-Key ya se usó con otro contenido")
	}
	c.Header("Idempotent-Replayed", "true")
	c.Data(kept.Status, gin.MIMEJSON+"; charset=utf-8", []byte(kept.Body))
	return nil
}
