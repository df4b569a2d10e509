package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Session is a signed-in browser. Instants are Unix milliseconds, UTC.
type Session struct {
	ID         int64 `gorm:"primaryKey"`
	TokenHash  string
	UserID     int64
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	ExpiresAt  int64
	LastSeenAt int64
	Remembered bool
	// RememberedID is the remembered login that the session came from and ends
	// with; nil without one.
	RememberedID *int64
	IPAddress    *string
	UserAgent    *string
	// VisitorHash is of the visitor cookie of the browser; nil without one.
	VisitorHash *string
	User        User
}

// Expires is the absolute end of the session.
func (s Session) Expires() time.Time { return time.UnixMilli(s.ExpiresAt) }

// NewToken returns 256 random bits as text for a cookie.
func NewToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashToken is what is stored of a token.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CreateSession signs a user in and returns the token for the cookie, which is
// not stored and cannot be had again.
func (tx *Tx) CreateSession(user int64, by Actor, life time.Duration, remembered bool) (string, Session, error) {
	token, now := NewToken(), tx.store.now()
	row := Session{
		TokenHash: HashToken(token), UserID: user, CreatedAt: now.UnixMilli(), LastSeenAt: now.UnixMilli(),
		ExpiresAt: now.Add(life).UnixMilli(), Remembered: remembered,
		IPAddress: bounded(by.IP, 45), UserAgent: bounded(by.UserAgent, 200),
		VisitorHash: bounded(by.Visitor, 64),
	}
	if err := tx.db.Omit("User").Create(&row).Error; err != nil {
		return "", Session{}, unavailable(err)
	}
	return token, row, nil
}

// SessionByToken returns the live session of a token with its user, code NotFound
// when there is none, it is over, or its user is not active.
func (q Queries) SessionByToken(ctx context.Context, token string, now time.Time) (Session, error) {
	return oneSession(liveSessions(q.q(ctx), now).Where("sessions.token_hash = ?", HashToken(token)))
}

// LiveSession returns a session with its user; code NotFound when there is none, it is
// over, or its user is not active.
func (q Queries) LiveSession(ctx context.Context, id int64, now time.Time) (Session, error) {
	return oneSession(liveSessions(q.q(ctx), now).Where("sessions.id = ?", id))
}

func oneSession(db *gorm.DB) (Session, error) {
	var s Session
	if err := db.Take(&s).Error; err != nil {
		return Session{}, found(err, "La sesión no existe o terminó")
	}
	return s, nil
}

func liveSessions(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Joins("User").Where("sessions.expires_at > ?", now.UnixMilli()).Where(`"User".status = ?`, Active)
}

// RotateSession gives the session a new token, so that a copy of the old one is
// worth nothing, and returns it. The end of the session does not move.
func (tx *Tx) RotateSession(id int64) (string, error) {
	token := NewToken()
	err := tx.db.Model(&Session{}).Where("id = ?", id).Update("token_hash", HashToken(token)).Error
	return token, unavailable(err)
}

// purgeBatch bounds how many rows one statement of Purge removes, so that it never
// holds the writer for long.
const purgeBatch = 500

// Purge removes the sessions, remembered logins and idempotent answers that are
// over and returns how many rows went. It may run at any time, on several nodes at once; expired rows
// that it has not reached yet are worth nothing already.
func (s *Store) Purge(ctx context.Context) (int64, error) {
	var total int64
	for _, table := range []string{"sessions", "remembered_logins", "idempotent_answers"} {
		for {
			done := s.write.WithContext(ctx).Exec(
				"DELETE FROM "+table+" WHERE id IN (SELECT id FROM "+table+" WHERE expires_at <= ? LIMIT ?)",
				s.now().UnixMilli(), purgeBatch)
			if done.Error != nil {
				return total, fmt.Errorf("purge %s: %w", table, unavailable(done.Error))
			}
			total += done.RowsAffected
			if done.RowsAffected < purgeBatch {
				break
			}
		}
	}
	return total, nil
}
