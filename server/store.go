package server

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/relevo/relevo/models"
)

// OpenStore opens the configured database: Postgres when database.url is set,
// else SQLite in data.dir. It does not migrate.
func OpenStore(ctx context.Context, cfg *Config) (*models.Store, error) {
	dir, err := filepath.Abs(cfg.Data.Dir)
	if err != nil {
		return nil, fmt.Errorf("data.dir: %w", err)
	}
	return models.Open(ctx, models.Config{
		URL: cfg.Database.URL, Path: filepath.Join(dir, "relevo.db"), MaxConns: cfg.Database.MaxConns,
		WithoutEventLog: cfg.Events.Log == "off",
	})
}
