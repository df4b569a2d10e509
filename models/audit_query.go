package models

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// AuditTrail returns the lines of one action, oldest first.
func (q Queries) AuditTrail(ctx context.Context, action string) ([]AuditLog, error) {
	var out []AuditLog
	if err := q.q(ctx).Where("action = ?", action).Order("id").Find(&out).Error; err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}

// SecurityEntity is the entity under which security events show among audit lines.
const SecurityEntity = "Security"

// AuditFilter chooses lines of the trail and security events; zero fields choose all.
type AuditFilter struct {
	UserID int64
	// Action is that of an audit line or the kind of a security event.
	Action string
	// Entity is that of an audit line, or SecurityEntity.
	Entity string
	// From is the first instant and To the first one after.
	From, To time.Time
	// Before is the place that the page before ended at.
	Before AuditCursor
	// Limit is how many lines are returned at most; it must be positive.
	Limit int
}

// AuditCursor is a place in the trail: the ids, in both tables, below which lines
// come next. Zero is the newest line, 1 means that there are no more.
type AuditCursor struct{ Audit, Security int64 }

// String is the form that ParseAuditCursor reads.
func (c AuditCursor) String() string { return fmt.Sprintf("%d.%d", c.Audit, c.Security) }

// ParseAuditCursor reads String.
func ParseAuditCursor(text string) (AuditCursor, error) {
	a, s, ok := strings.Cut(text, ".")
	audit, err := strconv.ParseUint(a, 10, 63)
	security, err2 := strconv.ParseUint(s, 10, 63)
	if !ok || err != nil || err2 != nil {
		return AuditCursor{}, fmt.Errorf("%q is not a place in the audit trail", text)
	}
	return AuditCursor{int64(audit), int64(security)}, nil
}

// AuditLine is a line of the trail or a security event.
type AuditLine struct {
	ID int64
	// Security marks a security event; ids count on their own there.
	Security  bool `gorm:"-"`
	At        LimaTime
	UserID    *int64
	Username  *string
	Action    string
	Entity    string
	EntityID  *int64
	Login     *string // as typed; security events only
	Details   *string
	Notes     *string
	Address   *string
	UserAgent *string
}

// AuditLines returns the newest lines of the filter, newest first, and where the
// next page begins; nil when these were the last. Following the places shows every
// line once, also while new ones are written.
func (q Queries) AuditLines(ctx context.Context, f AuditFilter) ([]AuditLine, *AuditCursor, error) {
	audit, err := q.auditRows(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	security, err := q.securityRows(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	out := []AuditLine{}
	a, s := 0, 0
	for len(out) < f.Limit && a+s < len(audit)+len(security) {
		if s == len(security) || a < len(audit) && !security[s].At.After(audit[a].At) {
			out = append(out, audit[a])
			a++
		} else {
			out = append(out, security[s])
			s++
		}
	}
	if a+s == len(audit)+len(security) {
		return out, nil, nil
	}
	return out, &AuditCursor{placeAfter(audit, a), placeAfter(security, s)}, nil
}

// placeAfter is the bound for the rows after the first n.
func placeAfter(rows []AuditLine, n int) int64 {
	switch {
	case n > 0:
		return rows[n-1].ID
	case len(rows) > 0:
		return rows[0].ID + 1
	}
	return 1
}

// auditRows are one more than a page of the trail, so that its end is known.
func (q Queries) auditRows(ctx context.Context, f AuditFilter) ([]AuditLine, error) {
	if f.Entity == SecurityEntity {
		return nil, nil
	}
	db := q.q(ctx).Table("audit_logs AS l").Joins("LEFT JOIN users u ON u.id = l.user_id").
		Select("l.id, l.created_at AS at, l.user_id, u.username, l.action, l.entity, l.entity_id, l.details, l.notes, l.ip_address AS address, l.user_agent")
	if f.Action != "" {
		db = db.Where("l.action = ?", f.Action)
	}
	if f.Entity != "" {
		db = db.Where("l.entity = ?", f.Entity)
	}
	if !f.From.IsZero() {
		db = db.Where("l.created_at >= ?", ToLima(f.From))
	}
	if !f.To.IsZero() {
		db = db.Where("l.created_at < ?", ToLima(f.To))
	}
	var rows []AuditLine
	err := auditPage(db, f, f.Before.Audit).Scan(&rows).Error
	return rows, unavailable(err)
}

// securityRows is auditRows of the security events.
func (q Queries) securityRows(ctx context.Context, f AuditFilter) ([]AuditLine, error) {
	if f.Entity != "" && f.Entity != SecurityEntity {
		return nil, nil
	}
	db := q.q(ctx).Table("security_events AS l").Joins("LEFT JOIN users u ON u.id = l.user_id").Select("l.*, u.username")
	if f.Action != "" {
		db = db.Where("l.kind = ?", f.Action)
	}
	if !f.From.IsZero() {
		db = db.Where("l.at >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		db = db.Where("l.at < ?", f.To.UnixMilli())
	}
	var rows []struct {
		SecurityEvent
		Username *string
	}
	if err := auditPage(db, f, f.Before.Security).Scan(&rows).Error; err != nil {
		return nil, unavailable(err)
	}
	out := make([]AuditLine, 0, len(rows))
	for _, r := range rows {
		out = append(out, AuditLine{
			ID: r.ID, Security: true, At: ToLima(time.UnixMilli(r.At)), UserID: r.UserID, Username: r.Username, Action: r.Kind,
			Entity: SecurityEntity, Login: r.Login, Details: r.Details, Address: r.Address, UserAgent: r.UserAgent,
		})
	}
	return out, nil
}

func auditPage(db *gorm.DB, f AuditFilter, before int64) *gorm.DB {
	if f.UserID != 0 {
		db = db.Where("l.user_id = ?", f.UserID)
	}
	if before != 0 {
		db = db.Where("l.id < ?", before)
	}
	return db.Order("l.id DESC").Limit(f.Limit + 1)
}
