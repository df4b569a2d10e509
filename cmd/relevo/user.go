package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/models"
)

func userCommand(c *cli) *cobra.Command {
	return group("user", "Manage the people of the desk", userCreate(c), userPasswd(c), userRole(c), userDisable(c), userList(c))
}

func userList(c *cli) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "Print all users", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			users, err := store.ListUsers(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				rows := make([]userRow, 0, len(users))
				for _, u := range users {
					rows = append(rows, userRow{u.ID, u.Username, u.Email, u.DNI, u.Role, u.Status, u.CreatedAt})
				}
				return printJSON(c.out, rows)
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tUSERNAME\tROLE\tSTATUS\tEMAIL\tDNI")
			for _, u := range users {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", u.ID, u.Username, u.Role, u.Status, u.Email, u.DNI)
			}
			return w.Flush()
		})
	}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// userRow is what a user looks like to scripts; the password hash stays inside.
type userRow struct {
	ID        int64           `json:"id"`
	Username  string          `json:"username"`
	Email     string          `json:"email"`
	DNI       string          `json:"dni"`
	Role      string          `json:"role"`
	Status    string          `json:"status"`
	CreatedAt models.LimaTime `json:"created_at"`
}

// withDesk is withStore for verbs that need the tables to be there.
func (c *cli) withDesk(ctx context.Context, f func(context.Context, *models.Store) error) error {
	return c.withStore(ctx, func(ctx context.Context, store *models.Store) error {
		pending, err := store.MigrationsPending(ctx)
		if err != nil {
			return err
		}
		if pending {
			return errors.New("the schema is not up to date; run relevo migrate up first")
		}
		return f(ctx, store)
	})
}

// words refuses another number of arguments than the names given.
func words(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usageError{fmt.Errorf("%s: expected %v, got %q", cmd.CommandPath(), names, args)}
		}
		return nil
	}
}
