package events

import (
	"context"

	"github.com/relevo/relevo/models"
)

// RoleChanged is a change of a user's role in the log.
type RoleChanged struct {
	Seq    int64
	UserID int64
	Role   models.Role // the new one
	// Old is the one before; empty when the event does not tell.
	Old models.Role
}

// NamedEvents is what RoleChanges asks; *models.Store is one.
type NamedEvents interface {
	EventsNamed(ctx context.Context, name string, after int64, limit int) ([]models.LoggedEvent, error)
}

// RoleChanges returns the changes of roles above after, oldest first, at most limit of
// them.
func RoleChanges(ctx context.Context, log NamedEvents, after int64, limit int) ([]RoleChanged, error) {
	rows, err := log.EventsNamed(ctx, sessionUpdated.Name(), after, limit)
	if err != nil {
		return nil, err
	}
	var out []RoleChanged
	for _, row := range rows {
		if change, ok := roleChanged(row.EventRecord); ok {
			change.Seq = row.Seq
			out = append(out, change)
		}
	}
	return out, nil
}
