package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

func keyCommand(c *cli) *cobra.Command {
	return group("key", "Manage the keys with which other services publish events", keyCreate(c), keyList(c), keyRevoke(c))
}

func keyCreate(c *cli) *cobra.Command {
	var in models.NewServiceKey
	var by string
	cmd := &cobra.Command{Use: "create", Short: "Add a key; it is printed once", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			if err := (events.Scope{Events: in.Events, Audiences: in.Audiences}).Validate(); err != nil {
				return err
			}
			actor, err := keeper(ctx, store, by)
			if err != nil {
				return err
			}
			var token string
			var key models.ServiceKey
			err = store.Tx(ctx, func(tx *models.Tx) error {
				token, key, err = tx.CreateServiceKey(actor, in)
				return err
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "created key %d, %s\n%s (shown only now)\n", key.ID, key.Name, token)
			return err
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&in.Name, "name", "", "what the key is for")
	flags.StringSliceVar(&in.Events, "events", nil, "names of the events that it may publish, or *")
	flags.StringSliceVar(&in.Audiences, "audiences", nil, "rooms that it may address, as in authenticated,role_*,user_7, or *")
	byFlag(cmd, &by)
	return cmd
}

func keyRevoke(c *cli) *cobra.Command {
	var by string
	cmd := &cobra.Command{Use: "revoke ID", Short: "End a key, at once and for good", Args: words("ID"), RunE: func(cmd *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usageError{fmt.Errorf("%s: %q is not the number of a key", cmd.CommandPath(), args[0])}
		}
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			actor, err := keeper(ctx, store, by)
			if err != nil {
				return err
			}
			var key models.ServiceKey
			err = store.Tx(ctx, func(tx *models.Tx) error {
				key, err = tx.RevokeServiceKey(actor, id)
				return err
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "revoked key %d, %s\n", key.ID, key.Name)
			return err
		})
	}}
	byFlag(cmd, &by)
	return cmd
}

func byFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "by", "", "username for the audit trail (default: the first active Master)")
}

// keeper is under whom the audit trail has a change of keys: nobody is signed in
// here, and a key belongs to no user.
func keeper(ctx context.Context, store *models.Store, username string) (models.Actor, error) {
	var u models.User
	if username != "" {
		var err error
		if u, err = store.FindUserByLogin(ctx, username); err != nil {
			return models.Actor{}, err
		}
	} else {
		masters, err := store.UsersByRole(ctx, models.Master)
		if err != nil {
			return models.Actor{}, err
		}
		for _, m := range masters {
			if m.Status == models.Active && (u.ID == 0 || m.ID < u.ID) {
				u = m
			}
		}
	}
	if u.ID == 0 {
		return models.Actor{}, errors.New("there is no active Master for the audit trail; create one, or name a user with --by")
	}
	return models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role, UserAgent: strings.Trim(byHand, " ()")}, nil
}

// keyRow is what a key looks like to scripts; the hash stays inside.
type keyRow struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix"`
	Events    []string   `json:"events"`
	Audiences []string   `json:"audiences"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy int64      `json:"created_by"`
	LastUsed  *time.Time `json:"last_used_at"`
	Revoked   *time.Time `json:"revoked_at"`
}

func keyList(c *cli) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "Print all keys, revoked ones too", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			keys, err := store.ListServiceKeys(ctx)
			if err != nil {
				return err
			}
			rows := make([]keyRow, 0, len(keys))
			for _, k := range keys {
				rows = append(rows, keyRow{
					k.ID, k.Name, k.Prefix, k.Events, k.Audiences, time.UnixMilli(k.CreatedAt).UTC(), k.CreatedBy, instant(k.LastUsedAt), instant(k.RevokedAt),
				})
			}
			if asJSON {
				return printJSON(c.out, rows)
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tKEY\tNAME\tSTATE\tLAST USED\tEVENTS\tAUDIENCES")
			for _, r := range rows {
				state, used := "live", "never"
				if r.Revoked != nil {
					state = "revoked"
				}
				if r.LastUsed != nil {
					used = r.LastUsed.Format(time.RFC3339)
				}
				fmt.Fprintf(w, "%d\t%s…\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Prefix, r.Name, state, used, strings.Join(r.Events, ","), strings.Join(r.Audiences, ","))
			}
			return w.Flush()
		})
	}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func instant(millis *int64) *time.Time {
	if millis == nil {
		return nil
	}
	t := time.UnixMilli(*millis).UTC()
	return &t
}
