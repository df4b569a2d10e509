package models

import (
	"context"
	"strings"
)

// SearchUsers returns users of any status whose username has the text in it, whatever
// its case, by username, at most limit of them; all for an empty text.
func (q Queries) SearchUsers(ctx context.Context, text string, limit int) ([]User, error) {
	db := q.q(ctx)
	if text != "" {
		if !storableLogin(text) {
			return []User{}, nil
		}
		fold := "lower"
		if q.db.Name() == string(SQLite) {
			fold = sqliteLower
		}
		db = db.Where(fold+`(username) LIKE ? ESCAPE '\'`, "%"+likeLiteral(strings.ToLower(text))+"%")
	}
	return usersOf(db.Order("username").Limit(limit))
}
