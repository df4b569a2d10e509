package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// ListSessions returns the live sessions of a user, or of all active users for 0,
// with their users, those used last first; limit bounds them.
func (q Queries) ListSessions(ctx context.Context, user int64, now time.Time, limit int) ([]Session, error) {
	db := liveSessions(q.q(ctx), now)
	if user != 0 {
		db = db.Where("sessions.user_id = ?", user)
	}
	list := []Session{}
	err := db.Order("sessions.last_seen_at DESC, sessions.id DESC").Limit(limit).Find(&list).Error
	return list, unavailable(err)
}

// LiveSession is that of Queries, now.
func (tx *Tx) LiveSession(id int64) (Session, error) {
	return tx.Queries.LiveSession(tx.ctx, id, tx.store.now())
}

// RevokeSession ends a session of LiveSession, the remembered login that it came
// from and the other sessions of that, and returns the ids of all. note goes to the
// end of the audit line.
func (tx *Tx) RevokeSession(by Actor, s Session, note string) ([]int64, error) {
	db := tx.db.Where("id = ?", s.ID)
	if s.RememberedID != nil {
		db = db.Or("remembered_id = ?", *s.RememberedID)
	}
	ended, err := tx.liveIDs(db)
	if err != nil {
		return nil, err
	}
	if err := tx.EndSession(s.ID); err != nil {
		return nil, err
	}
	if err := tx.leave(s.UserID); err != nil {
		return nil, err
	}
	return ended, tx.Audit(by, "REVOKE_SESSION", "Session", s.ID, "Sesión revocada: "+s.User.Username+note)
}

// RevokeSessions ends all sessions and remembered logins of a user but the session
// keep, 0 for none, and returns the ids of the sessions. note goes to the end of the
// audit line.
func (tx *Tx) RevokeSessions(by Actor, u User, keep int64, note string) ([]int64, error) {
	ended, err := tx.liveIDs(tx.db.Where("user_id = ? AND id <> ?", u.ID, keep))
	if err != nil {
		return nil, err
	}
	if err := tx.EndSessions(u.ID, keep); err != nil {
		return nil, err
	}
	if err := tx.leave(u.ID); err != nil {
		return nil, err
	}
	return ended, tx.Audit(by, "REVOKE_SESSIONS", "User", u.ID, fmt.Sprintf("Sesiones revocadas: %s, %d%s", u.Username, len(ended), note))
}

// liveIDs are the sessions of the condition that are not over by themselves.
func (tx *Tx) liveIDs(condition *gorm.DB) ([]int64, error) {
	var ids []int64
	err := tx.db.Model(&Session{}).Where(condition).Where("expires_at > ?", tx.store.now().UnixMilli()).Order("id").Pluck("id", &ids).Error
	return ids, unavailable(err)
}

// leave notes a sign-out when no session of the user is left, so that nobody counts
// as online who cannot be (contract 4.1).
func (tx *Tx) leave(user int64) error {
	var left int64
	err := tx.db.Model(&Session{}).Where("user_id = ? AND expires_at > ?", user, tx.store.now().UnixMilli()).Count(&left).Error
	if err != nil || left > 0 {
		return unavailable(err)
	}
	return tx.SetLastLogout(user)
}
