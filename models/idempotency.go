package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// IdempotencyWindow is how long an answer is kept for a repeated request.
const IdempotencyWindow = 24 * time.Hour

// IdempotentAnswer is what a request with an Idempotency-Key was answered. It is
// written in the transaction of what the request did.
type IdempotentAnswer struct {
	ID int64 `gorm:"primaryKey"`
	// KeyID is the service key: each has idempotency keys of its own.
	KeyID          int64
	IdempotencyKey string
	// RequestHash tells a repeated request from another one with the same key.
	RequestHash string
	Status      int
	Body        string
	// ExpiresAt is Unix milliseconds, UTC.
	ExpiresAt int64
}

// AnswerOf returns the kept answer of an idempotency key; code NotFound when there
// is none or its time is over.
func (s *Store) AnswerOf(ctx context.Context, keyID int64, key string) (IdempotentAnswer, error) {
	var row IdempotentAnswer
	err := s.q(ctx).Where("key_id = ? AND idempotency_key = ? AND expires_at > ?", keyID, key, s.now().UnixMilli()).Take(&row).Error
	if err != nil {
		return IdempotentAnswer{}, found(err, "La solicitud no es conocida")
	}
	return row, nil
}

// KeepAnswer keeps the answer for IdempotencyWindow and reports true, or returns
// the one that another request of the same idempotency key left, waiting for the
// end of that one's transaction. In the second case the caller must not act.
func (tx *Tx) KeepAnswer(a IdempotentAnswer) (kept IdempotentAnswer, first bool, err error) {
	now := tx.store.now()
	a.ExpiresAt = now.Add(IdempotencyWindow).UnixMilli()
	if err := tx.db.Where("key_id = ? AND idempotency_key = ? AND expires_at <= ?", a.KeyID, a.IdempotencyKey, now.UnixMilli()).
		Delete(&IdempotentAnswer{}).Error; err != nil {
		return a, false, unavailable(err)
	}
	done := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&a)
	if done.Error != nil {
		return a, false, unavailable(done.Error)
	}
	if done.RowsAffected == 1 {
		return a, true, nil
	}
	if err := tx.db.Where("key_id = ? AND idempotency_key = ?", a.KeyID, a.IdempotencyKey).Take(&kept).Error; err != nil {
		return a, false, unavailable(err)
	}
	return kept, false, nil
}
