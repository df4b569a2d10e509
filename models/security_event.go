package models

import "fmt"

// The kinds of security events.
const (
	// LoginFailed is a sign-in with a wrong password, an unknown or an inactive user.
	LoginFailed = "LOGIN_FAILED"
	// PasswordFailed is a change of the own password with a wrong old one.
	PasswordFailed = "PASSWORD_FAILED"
	// RememberReused is a remember token that came a second time: two browsers held
	// it, and every session from it was ended.
	RememberReused = "REMEMBER_REUSED"
	// LimitHit is a request or a socket that was refused for being one too many.
	LimitHit = "LIMIT_HIT"
	// AdminDisconnect is sockets that were disconnected from the official Admin UI.
	AdminDisconnect = "ADMIN_DISCONNECT"
)

// SecurityEvent is something that happened at the doors of the desk, where often
// nobody is signed in, so that it has no place in the audit trail. Lines are only
// added. At is Unix milliseconds, UTC.
type SecurityEvent struct {
	ID        int64 `gorm:"primaryKey"`
	At        int64
	Kind      string
	UserID    *int64
	Login     *string
	Address   *string
	UserAgent *string
	Details   *string
}

// NewSecurityEvent is what a line is made of. Only Kind is required; texts are cut
// to what the columns hold.
type NewSecurityEvent struct {
	Kind string
	// UserID is the user concerned, when one is known.
	UserID int64
	// Login is the login name as it was typed: at most 100 characters are kept.
	Login string
	// Address and UserAgent say from where.
	Address, UserAgent string
	Details            string // at most 300 characters are kept
}

// RecordSecurity adds a line.
func (tx *Tx) RecordSecurity(in NewSecurityEvent) error {
	row := SecurityEvent{
		At: tx.store.now().UnixMilli(), Kind: in.Kind, Login: bounded(in.Login, 100), Address: bounded(in.Address, 45),
		UserAgent: bounded(in.UserAgent, 200), Details: bounded(in.Details, 300),
	}
	if in.UserID != 0 {
		row.UserID = &in.UserID
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return fmt.Errorf("write security event: %w", unavailable(err))
	}
	return nil
}
