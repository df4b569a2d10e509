package models

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"gorm.io/gorm"
)

// RememberedLogin lets a browser sign in again without a password until ExpiresAt.
// Its token is "family.secret": the family stays, the secret changes each time it
// restores a session, so a copied cookie shows itself by being used twice.
// Instants are Unix milliseconds, UTC; tokens are stored as hashes only.
type RememberedLogin struct {
	ID           int64 `gorm:"primaryKey"`
	FamilyHash   string
	TokenHash    string
	PreviousHash *string
	RotatedAt    int64
	UserID       int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	ExpiresAt    int64
	User         User
}

// RememberGrace is how long the token before the last rotation still works: two
// tabs that come back at the same time both carry it.
const RememberGrace = 60 * time.Second

// Expires is the absolute end of the remembered login.
func (r RememberedLogin) Expires() time.Time { return time.UnixMilli(r.ExpiresAt) }

// RememberLogin ties a new remembered login to a session and returns the token for
// its cookie, which is not stored and cannot be had again.
func (tx *Tx) RememberLogin(session Session, life time.Duration) (string, RememberedLogin, error) {
	family, now := NewToken(), tx.store.now()
	token := family + "." + NewToken()
	row := RememberedLogin{
		FamilyHash: HashToken(family), TokenHash: HashToken(token), UserID: session.UserID,
		RotatedAt: now.UnixMilli(), CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(life).UnixMilli(),
	}
	if err := tx.db.Omit("User").Create(&row).Error; err != nil {
		return "", RememberedLogin{}, unavailable(err)
	}
	err := tx.db.Model(&Session{}).Where("id = ?", session.ID).Updates(map[string]any{"remembered_id": row.ID, "remembered": true}).Error
	return token, row, unavailable(err)
}

// RenewRemembered gives a remembered login a new token, without grace for the old
// one, and returns it. Its end does not move.
func (tx *Tx) RenewRemembered(id int64) (string, RememberedLogin, error) {
	family := NewToken()
	token := family + "." + NewToken()
	err := tx.db.Model(&RememberedLogin{}).Where("id = ?", id).Updates(map[string]any{
		"family_hash": HashToken(family), "token_hash": HashToken(token), "previous_hash": nil, "rotated_at": tx.store.now().UnixMilli(),
	}).Error
	var row RememberedLogin
	if err == nil {
		err = tx.db.Omit("User").Where("id = ?", id).Take(&row).Error
	}
	return token, row, unavailable(err)
}

// RememberedByToken returns the remembered login that a token would restore at
// this moment, with its user; code NotFound when it would restore none. It changes
// nothing: it is for handshakes, which have no answer to carry a new cookie.
func (q Queries) RememberedByToken(ctx context.Context, token string, now time.Time) (RememberedLogin, error) {
	row, err := rememberedFamily(q.q(ctx), token, now)
	if err == nil && row.verdict(token, now) == tokenReused {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return RememberedLogin{}, found(err, "El acceso recordado no existe o terminó")
	}
	return row, nil
}

// RestoredLogin is a session that a remembered login brought back.
type RestoredLogin struct {
	Session Session // with its user
	Token   string  // for the session cookie
	// RememberToken is the next remember token; empty within the grace of a
	// rotation, whose answer carries it.
	RememberToken   string
	RememberExpires time.Time
}

// RestoreLogin makes a session from a remember token and rotates the token. A token
// that was rotated away longer than RememberGrace ago means that two browsers hold
// the cookie: the remembered login ends and every session from it; reused is called
// in that transaction. Code NotFound when there is nothing to restore.
func (s *Store) RestoreLogin(ctx context.Context, token string, by Actor, life time.Duration, reused func(*Tx) error) (RestoredLogin, error) {
	var out RestoredLogin
	gone := Errorf(NotFound, "El acceso recordado no existe o terminó")
	restored := false
	err := s.Tx(ctx, func(tx *Tx) error {
		now := s.now()
		row, err := rememberedFamily(tx.locked(), token, now)
		if err != nil {
			return found(err, gone.Message)
		}
		verdict := row.verdict(token, now)
		if verdict == tokenReused {
			err := tx.RecordSecurity(NewSecurityEvent{
				Kind: RememberReused, UserID: row.UserID, Login: row.User.Username, Address: by.IP, UserAgent: by.UserAgent,
			})
			if err == nil {
				err = tx.endRemembered(row.ID)
			}
			if err != nil {
				return err
			}
			return reused(tx)
		}
		if end := row.Expires().Sub(now); end < life {
			life = end
		}
		out.Token, out.Session, err = tx.CreateSession(row.UserID, by, life, true)
		if err != nil {
			return err
		}
		if err := tx.db.Model(&Session{}).Where("id = ?", out.Session.ID).Update("remembered_id", row.ID).Error; err != nil {
			return unavailable(err)
		}
		out.Session.RememberedID, out.Session.User, out.RememberExpires = &row.ID, row.User, row.Expires()
		restored = true
		if verdict == tokenPrevious {
			return nil
		}
		family, _, _ := strings.Cut(token, ".")
		out.RememberToken = family + "." + NewToken()
		return unavailable(tx.db.Model(&RememberedLogin{}).Where("id = ?", row.ID).Updates(map[string]any{
			"token_hash": HashToken(out.RememberToken), "previous_hash": row.TokenHash, "rotated_at": now.UnixMilli(),
		}).Error)
	})
	if err != nil {
		return RestoredLogin{}, err
	}
	if !restored {
		return RestoredLogin{}, gone
	}
	return out, nil
}

// rememberedFamily finds the live remembered login of a token's family and its
// active user, whatever the secret is.
func rememberedFamily(db *gorm.DB, token string, now time.Time) (RememberedLogin, error) {
	family, _, _ := strings.Cut(token, ".")
	var row RememberedLogin
	err := db.Where("family_hash = ? AND expires_at > ?", HashToken(family), now.UnixMilli()).Take(&row).Error
	if err == nil {
		err = db.Session(&gorm.Session{NewDB: true}).Where("id = ? AND status = ?", row.UserID, Active).Take(&row.User).Error
	}
	return row, err
}

type tokenVerdict int

const (
	tokenReused tokenVerdict = iota
	tokenPrevious
	tokenCurrent
)

// verdict says what a token of the right family is worth at now.
func (r RememberedLogin) verdict(token string, now time.Time) tokenVerdict {
	hash := []byte(HashToken(token))
	switch {
	case subtle.ConstantTimeCompare(hash, []byte(r.TokenHash)) == 1:
		return tokenCurrent
	case r.PreviousHash != nil && subtle.ConstantTimeCompare(hash, []byte(*r.PreviousHash)) == 1 &&
		now.Sub(time.UnixMilli(r.RotatedAt)) <= RememberGrace:
		return tokenPrevious
	}
	return tokenReused
}
