package models

import (
	"context"
	"slices"
)

// SessionStates says which sessions and remembered logins are alive, and the role
// that each one's user has now. What is missing is over, or its user not active.
type SessionStates struct {
	Sessions, Remembered map[int64]Role
}

// statesAtOnce bounds the ids of one query.
const statesAtOnce = 500

// SessionStates looks sessions and remembered logins up by id. Ends by time are not
// its concern: it finds rows whose time is over alive until they are purged.
func (q Queries) SessionStates(ctx context.Context, sessions, remembered []int64) (SessionStates, error) {
	var out SessionStates
	var err error
	if out.Sessions, err = q.statesOf(ctx, "sessions", sessions); err == nil {
		out.Remembered, err = q.statesOf(ctx, "remembered_logins", remembered)
	}
	return out, err
}

func (q Queries) statesOf(ctx context.Context, table string, ids []int64) (map[int64]Role, error) {
	out := make(map[int64]Role, len(ids))
	for part := range slices.Chunk(ids, statesAtOnce) {
		var rows []struct {
			ID   int64
			Role Role
		}
		err := q.q(ctx).Table(table+" AS s").Joins("JOIN users u ON u.id = s.user_id").Select("s.id, u.role").
			Where("s.id IN ? AND u.status = ?", part, Active).Scan(&rows).Error
		if err != nil {
			return nil, unavailable(err)
		}
		for _, r := range rows {
			out[r.ID] = r.Role
		}
	}
	return out, nil
}
