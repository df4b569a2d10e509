package models

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
)

// presences is what the rows say of users at one instant.
type presences map[int64]userPresence

// userPresence is the presence of one user over all runs.
type userPresence struct {
	// here means a socket, or that the last one went less than the grace ago.
	here bool
	// left is when the user was known to be here last; not set while here.
	left time.Time
	// session means that the user could open a socket: somebody without a session
	// or remembered login has left, whatever the sockets say.
	session bool
}

// presenceOf reads the presence of users, of all for nil.
func presenceOf(db *gorm.DB, rule PresenceRule, now time.Time, users []int64) (presences, error) {
	rows, err := presenceRows(db, users)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	seen := presences{}
	for _, row := range rows {
		u := seen[row.UserID]
		here, at := row.judge(rule, now)
		u.here = u.here || here
		if at.After(u.left) {
			u.left = at
		}
		seen[row.UserID] = u
	}
	ids := slices.Sorted(maps.Keys(seen))
	for _, table := range []string{"sessions", "remembered_logins"} {
		var live []int64
		err := db.Table(table).Distinct("user_id").
			Where("expires_at > ? AND user_id IN ?", now.UnixMilli(), ids).Pluck("user_id", &live).Error
		if err != nil {
			return nil, fmt.Errorf("read presence: %w", unavailable(err))
		}
		for _, id := range live {
			u := seen[id]
			u.session = true
			seen[id] = u
		}
	}
	return seen, nil
}

// judge reports whether the row's user is here, and when it was here last.
func (r presenceRow) judge(rule PresenceRule, now time.Time) (here bool, last time.Time) {
	switch {
	case r.Sockets == 0:
		last = time.UnixMilli(r.LeftAt)
		return now.Sub(last) < rule.Grace, last
	case r.Node == rule.Node:
		return true, now
	}
	last = time.UnixMilli(r.SeenAt)
	return now.Sub(last) <= rule.Lease, last
}

// present lists who is here, by id.
func (p presences) present() []int64 {
	out := []int64{}
	for id, u := range p {
		if u.here && u.session {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// online reports whether the user counts as online (contract 5.28): here by socket,
// or signed in and not known to have left since.
func (p presences) online(u User, rule PresenceRule) bool {
	seen, known := p[u.ID]
	if seen.here && seen.session {
		return true
	}
	if rule.RequireSocket || !u.Online() {
		return false
	}
	return !known || u.LastLogin.Time().UnixMilli() > seen.left.UnixMilli()
}

// OnlineOperators lists the active operators who are online, by username.
func (s *Store) OnlineOperators(ctx context.Context) ([]User, error) {
	return onlineOperators(s.q(ctx), s)
}

// onlineOperators is OnlineOperators as the handle sees the database.
func onlineOperators(db *gorm.DB, s *Store) ([]User, error) {
	var users []User
	err := db.Where("role = ? AND status = ?", Operador, Active).Order("username").Find(&users).Error
	if err != nil {
		return nil, unavailable(err)
	}
	ids := make([]int64, 0, len(users))
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	seen, err := presenceOf(db, s.presence, s.now(), ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(users, func(u User) bool { return !seen.online(u, s.presence) }), nil
}

// online reports whether the user counts as online now.
func (tx *Tx) online(u User) (bool, error) {
	seen, err := presenceOf(tx.db, tx.store.presence, tx.store.now(), []int64{u.ID})
	return err == nil && seen.online(u, tx.store.presence), err
}
