package models

import (
	"fmt"
	"strings"
)

// AuditLog is one line of the audit trail (contract 4.4). Lines are only added.
type AuditLog struct {
	ID        int64    `gorm:"primaryKey"`
	UserID    int64    `gorm:"not null"`
	Action    string   `gorm:"not null"`
	Entity    string   `gorm:"not null"`
	EntityID  *int64   `gorm:""`
	Details   *string  `gorm:""`
	Notes     *string  `gorm:""`
	IPAddress *string  `gorm:"column:ip_address"`
	UserAgent *string  `gorm:""`
	CreatedAt LimaTime `gorm:"not null;autoCreateTime:false"`
}

// Actor is who does something and from where, for the audit trail.
type Actor struct {
	UserID    int64
	Username  string
	Role      string
	IP        string // at most 45 characters are kept
	UserAgent string // at most 200 characters are kept
	// Visitor is the hash of the visitor cookie of a browser that begins a session;
	// empty without one.
	Visitor string
}

// Audit adds a line to the trail. Entity is User, Client or Operation.
func (tx *Tx) Audit(by Actor, action, entity string, entityID int64, details string) error {
	row := AuditLog{
		UserID: by.UserID, Action: action, Entity: entity, EntityID: &entityID, Details: &details,
		IPAddress: bounded(by.IP, 45), UserAgent: bounded(by.UserAgent, 200), CreatedAt: tx.Now(),
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return fmt.Errorf("write audit line: %w", unavailable(err))
	}
	return nil
}

// bounded cuts s to n characters that every database stores: Postgres refuses NUL
// and broken UTF-8, which a browser's header may hold. Empty becomes NULL.
func bounded(s string, n int) *string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	if s == "" {
		return nil
	}
	if r := []rune(s); len(r) > n {
		s = string(r[:n])
	}
	return &s
}
