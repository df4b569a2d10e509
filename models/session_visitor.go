package models

import (
	"context"
	"slices"
	"time"
)

// LiveRemembered returns a remembered login with its user; code NotFound when there is
// none, it is over, or its user is not active.
func (q Queries) LiveRemembered(ctx context.Context, id int64, now time.Time) (RememberedLogin, error) {
	var row RememberedLogin
	err := q.q(ctx).Joins("User").Where("remembered_logins.id = ? AND remembered_logins.expires_at > ?", id, now.UnixMilli()).
		Where(`"User".status = ?`, Active).Take(&row).Error
	if err != nil {
		return RememberedLogin{}, found(err, "El acceso recordado no existe o terminó")
	}
	return row, nil
}

// SessionOfVisitor returns the newest live session that the browser with this hash of a
// visitor's cookie has begun since then, with its user; code NotFound without one.
func (q Queries) SessionOfVisitor(ctx context.Context, hash string, since, now time.Time) (Session, error) {
	return oneSession(liveSessions(q.q(ctx), now).Where("sessions.visitor_hash = ? AND sessions.created_at >= ?", hash, since.UnixMilli()).
		Order("sessions.id DESC"))
}

// VisitorsSignedIn returns those of the visitors, by hash, whose browser has a live
// session, in no order.
func (q Queries) VisitorsSignedIn(ctx context.Context, hashes []string, now time.Time) ([]string, error) {
	var out []string
	for part := range slices.Chunk(hashes, statesAtOnce) {
		var found []string
		err := liveSessions(q.q(ctx).Model(&Session{}), now).Where("sessions.visitor_hash IN ?", part).
			Distinct().Pluck("sessions.visitor_hash", &found).Error
		if err != nil {
			return nil, unavailable(err)
		}
		out = append(out, found...)
	}
	return out, nil
}
