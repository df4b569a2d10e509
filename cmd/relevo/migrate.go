package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

func migrateCommand(c *cli) *cobra.Command {
	up := &cobra.Command{Use: "up", Short: "Bring the schema up to date", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withStore(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			steps, err := store.Migrate(ctx)
			if err != nil {
				return err
			}
			for _, s := range steps {
				fmt.Fprintln(c.out, "applied", s.Name)
			}
			if len(steps) == 0 {
				fmt.Fprintln(c.out, "nothing to do")
			}
			return nil
		})
	}}
	status := &cobra.Command{Use: "status", Short: "Print which steps were taken, and what up would add to this database", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withStore(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			steps, err := store.MigrationStatus(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "STATE\tSTEP")
			for _, s := range steps {
				state := "pending"
				if s.Applied {
					state = "applied"
				}
				fmt.Fprintf(w, "%s\t%s\n", state, s.Name)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			plan, err := store.MigrationPlan(ctx)
			if err != nil {
				return err
			}
			for _, line := range plan {
				fmt.Fprintln(c.out, "would", line)
			}
			return nil
		})
	}}
	return group("migrate", "Look at or change the schema", up, status)
}

// withStore opens the configured database for f and closes it.
func (c *cli) withStore(ctx context.Context, f func(context.Context, *models.Store) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	store, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, store), store.Close())
}
