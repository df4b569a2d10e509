package models

import (
	"context"

	"gorm.io/gorm"
)

// AlterAudit tries, through GORM as any code of this package could, to change lines
// that are only added. It returns what each attempt got.
func (s *Store) AlterAudit(ctx context.Context, audit, security int64) map[string]error {
	out := map[string]error{}
	try := func(name string, f func(db *gorm.DB) error) {
		out[name] = s.write.WithContext(ctx).Transaction(f)
	}
	try("update", func(db *gorm.DB) error {
		return db.Model(&AuditLog{}).Where("id = ?", audit).Update("details", "changed").Error
	})
	try("save", func(db *gorm.DB) error {
		details := "changed"
		return db.Save(&AuditLog{ID: audit, UserID: 1, Action: "LOGIN", Entity: "User", Details: &details, CreatedAt: s.Now()}).Error
	})
	try("delete", func(db *gorm.DB) error { return db.Delete(&AuditLog{}, audit).Error })
	try("delete all", func(db *gorm.DB) error { return db.Where("1 = 1").Delete(&AuditLog{}).Error })
	try("raw update", func(db *gorm.DB) error { return db.Exec("UPDATE audit_logs SET user_id = user_id").Error })
	try("raw delete", func(db *gorm.DB) error { return db.Exec("DELETE FROM audit_logs").Error })
	try("security update", func(db *gorm.DB) error {
		return db.Model(&SecurityEvent{}).Where("id = ?", security).Update("login", "changed").Error
	})
	try("security delete", func(db *gorm.DB) error { return db.Delete(&SecurityEvent{}, security).Error })
	if s.dialect == Postgres {
		try("truncate", func(db *gorm.DB) error { return db.Exec("TRUNCATE audit_logs").Error })
		try("truncate users", func(db *gorm.DB) error { return db.Exec("TRUNCATE users CASCADE").Error })
		try("security truncate", func(db *gorm.DB) error { return db.Exec("TRUNCATE security_events").Error })
		try("upsert", func(db *gorm.DB) error {
			return db.Exec(`INSERT INTO audit_logs (id, user_id, action, entity, created_at) VALUES (?, 1, 'x', 'User', now())
				ON CONFLICT (id) DO UPDATE SET action = 'x'`, audit).Error
		})
	} else {
		try("replace", func(db *gorm.DB) error {
			return db.Exec(`INSERT OR REPLACE INTO audit_logs (id, user_id, action, entity, created_at) VALUES (?, 1, 'x', 'User', '2026-01-01')`, audit).Error
		})
		try("security replace", func(db *gorm.DB) error {
			return db.Exec(`INSERT OR REPLACE INTO security_events (id, at, kind) VALUES (?, 1, 'x')`, security).Error
		})
	}
	return out
}
