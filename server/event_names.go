package server

import (
	"context"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// teachEventNames lets the database's own door, relevo_emit, know the table of
// events of this version.
func teachEventNames(ctx context.Context, store *models.Store) error {
	names, err := events.EventNames()
	if err != nil {
		return err
	}
	return store.SetEventNames(ctx, names)
}
