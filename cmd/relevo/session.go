package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// sessionsMost bounds one list of sessions.
const sessionsMost = 10_000

func sessionCommand(c *cli) *cobra.Command {
	return group("session", "See where users are signed in, and end that", sessionList(c), sessionRevoke(c))
}

// sessionRow is what a session looks like to scripts; the token is nowhere.
type sessionRow struct {
	ID         int64     `json:"id"`
	UserID     int64     `json:"user_id"`
	Username   string    `json:"username"`
	Role       string    `json:"role"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Address    *string   `json:"address"`
	UserAgent  *string   `json:"user_agent"`
	Remembered bool      `json:"remembered"`
}

func sessionList(c *cli) *cobra.Command {
	var username string
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "Print the live sessions, used last first", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			var user models.User
			if username != "" {
				var err error
				if user, err = store.FindUserByLogin(ctx, username); err != nil {
					return err
				}
			}
			list, err := store.ListSessions(ctx, user.ID, store.Instant(), sessionsMost)
			if err != nil {
				return err
			}
			rows := make([]sessionRow, 0, len(list))
			for _, s := range list {
				rows = append(rows, sessionRow{
					s.ID, s.UserID, s.User.Username, s.User.Role, *instant(&s.CreatedAt), *instant(&s.LastSeenAt), *instant(&s.ExpiresAt),
					s.IPAddress, s.UserAgent, s.Remembered,
				})
			}
			if asJSON {
				return printJSON(c.out, rows)
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tUSERNAME\tROLE\tCREATED\tLAST SEEN\tEXPIRES\tADDRESS\tBROWSER")
			for _, r := range rows {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Username, r.Role, r.CreatedAt.Format(time.RFC3339),
					r.LastSeenAt.Format(time.RFC3339), r.ExpiresAt.Format(time.RFC3339), printable(r.Address), printable(r.UserAgent))
			}
			return w.Flush()
		})
	}}
	cmd.Flags().StringVar(&username, "user", "", "only those of this user")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printable quotes text of a stranger, which may hold what moves a terminal's cursor.
func printable(text *string) string {
	if text == nil {
		return "-"
	}
	quoted := strconv.QuoteToGraphic(*text)
	return quoted[1 : len(quoted)-1]
}

func sessionRevoke(c *cli) *cobra.Command {
	var username string
	cmd := &cobra.Command{Use: "revoke ID | --user USERNAME", Short: "End a session, or all sessions and remembered logins of a user"}
	cmd.Flags().StringVar(&username, "user", "", "end all of this user")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if (username == "") == (len(args) == 0) || len(args) > 1 {
			return usageError{fmt.Errorf("%s: expected the number of a session or --user", cmd.CommandPath())}
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if username != "" {
			return c.revokeSessions(cmd.Context(), username)
		}
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usageError{fmt.Errorf("%s: %q is not the number of a session", cmd.CommandPath(), args[0])}
		}
		return c.revokeSession(cmd.Context(), id)
	}
	return cmd
}

func (c *cli) revokeSession(ctx context.Context, id int64) error {
	return c.withDesk(ctx, func(ctx context.Context, store *models.Store) error {
		var s models.Session
		err := store.Tx(ctx, func(tx *models.Tx) error {
			var err error
			if s, err = tx.LiveSession(id); err != nil {
				return err
			}
			if _, err = tx.RevokeSession(concerned(s.User), s, byHand); err != nil {
				return err
			}
			return events.EmitSessionEnded(tx, events.EndRevoked)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "ended session %d of %s\n", id, s.User.Username)
		return err
	})
}

func (c *cli) revokeSessions(ctx context.Context, username string) error {
	return c.withDesk(ctx, func(ctx context.Context, store *models.Store) error {
		u, err := store.FindUserByLogin(ctx, username)
		if err != nil {
			return err
		}
		var ended []int64
		err = store.Tx(ctx, func(tx *models.Tx) error {
			if ended, err = tx.RevokeSessions(concerned(u), u, 0, byHand); err != nil {
				return err
			}
			return events.EmitSessionEnded(tx, events.EndRevoked)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "ended %d sessions of %s\n", len(ended), u.Username)
		return err
	})
}

// concerned is under whom the audit trail has what was done on the machine itself.
func concerned(u models.User) models.Actor {
	return models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}
}
