package models

import "context"

// AuditTrail returns the lines of one action, oldest first.
func (q Queries) AuditTrail(ctx context.Context, action string) ([]AuditLog, error) {
	var out []AuditLog
	if err := q.q(ctx).Where("action = ?", action).Order("id").Find(&out).Error; err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}
