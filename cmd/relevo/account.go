package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/models"
)

// accountPage is how many accounts are read at a time.
const accountPage = 500

func accountCommand(c *cli) *cobra.Command {
	return group("account", "Manage the accounts of requesters and ambulance crews",
		accountCreate(c), accountPasswd(c), accountActive(c, "disable", "Turn an account off; its tokens end", false), accountActive(c, "enable", "Turn an account on again", true), accountList(c))
}

func accountCreate(c *cli) *cobra.Command {
	var in models.NewEmergencyAccount
	var by string
	var fromInput, hashed bool
	cmd := &cobra.Command{Use: "create", Short: "Add an account; without --password-stdin a random password is printed", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		if fromInput && hashed {
			return usageError{fmt.Errorf("%s: --password-stdin and --hash-stdin exclude each other", cmd.CommandPath())}
		}
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) (err error) {
			var note string
			if hashed {
				in.PasswordHash, err = c.inputLine()
				switch {
				case err == nil && in.PasswordHash == "":
					err = errors.New("standard input is empty")
				case err == nil && !models.KnownHash(in.PasswordHash): // a password, perhaps: it must not be stored
					err = errors.New("standard input is not a stored form of a password that is understood: bcrypt, scrypt:… or pbkdf2:…")
				}
			} else {
				in.PasswordHash, note, err = c.newPassword(ctx, fromInput)
			}
			if err != nil {
				return err
			}
			a, err := c.changeAccount(ctx, store, by, "CREATE_ACCOUNT", func(tx *models.Tx) (models.EmergencyAccount, error) { return tx.CreateEmergencyAccount(in) })
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "created account %d, %s%s\n", a.ID, a.Username, note)
			return err
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&in.Username, "username", "", "login name")
	flags.StringVar(&in.Email, "email", "", "e-mail address, also a login name; may be empty")
	flags.StringVar(&in.Kind, "kind", "", strings.Join(models.AccountKinds, ", ")+", or empty for none")
	flags.Int64Var(&in.PersonID, "person", 0, "id of the requester or of the member of a crew")
	flags.BoolVar(&hashed, "hash-stdin", false, "read the stored form of a password (bcrypt, scrypt or pbkdf2) from the first line of standard input")
	passwordFlag(cmd, &fromInput)
	byFlag(cmd, &by)
	return cmd
}

func accountPasswd(c *cli) *cobra.Command {
	var by string
	var fromInput bool
	cmd := &cobra.Command{Use: "passwd LOGIN", Short: "Set a password and end the account's tokens", Args: words("LOGIN"), RunE: func(cmd *cobra.Command, args []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			a, err := store.EmergencyAccountByLogin(ctx, args[0])
			if err != nil {
				return err
			}
			hash, note, err := c.newPassword(ctx, fromInput)
			if err != nil {
				return err
			}
			_, err = c.changeAccount(ctx, store, by, "RESET_ACCOUNT_PASSWORD", func(tx *models.Tx) (models.EmergencyAccount, error) {
				return tx.SetEmergencyAccountPassword(a.ID, hash)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "changed the password of %s%s\n", a.Username, note)
			return err
		})
	}}
	passwordFlag(cmd, &fromInput)
	byFlag(cmd, &by)
	return cmd
}

func accountActive(c *cli, verb, short string, active bool) *cobra.Command {
	var by string
	cmd := &cobra.Command{Use: verb + " LOGIN", Short: short, Args: words("LOGIN"), RunE: func(cmd *cobra.Command, args []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			a, err := store.EmergencyAccountByLogin(ctx, args[0])
			if err != nil {
				return err
			}
			_, err = c.changeAccount(ctx, store, by, strings.ToUpper(verb)+"_ACCOUNT", func(tx *models.Tx) (models.EmergencyAccount, error) {
				return tx.SetEmergencyAccountActive(a.ID, active)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "%sd %s\n", verb, a.Username)
			return err
		})
	}}
	byFlag(cmd, &by)
	return cmd
}

// changeAccount makes a change with its audit line.
func (c *cli) changeAccount(ctx context.Context, store *models.Store, by, action string, change func(*models.Tx) (models.EmergencyAccount, error)) (a models.EmergencyAccount, err error) {
	actor, err := keeper(ctx, store, by)
	if err != nil {
		return a, err
	}
	err = store.Tx(ctx, func(tx *models.Tx) error {
		if a, err = change(tx); err != nil {
			return err
		}
		return tx.Audit(actor, action, "EmergencyAccount", a.ID, "Cuenta "+a.Username+byHand)
	})
	return a, err
}

// accountRow is what an account looks like to scripts; the password hash stays inside.
type accountRow struct {
	ID       int64   `json:"id"`
	Username string  `json:"username"`
	Email    *string `json:"email"`
	Kind     *string `json:"kind"`
	PersonID *int64  `json:"person_id"`
	Active   bool    `json:"active"`
}

func accountList(c *cli) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "Print all accounts", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			rows := []accountRow{}
			for {
				page, err := store.EmergencyAccounts(ctx, accountPage, len(rows))
				if err != nil {
					return err
				}
				for _, a := range page {
					rows = append(rows, accountRow{a.ID, a.Username, a.Email, a.Kind, a.PersonID, a.Active})
				}
				if len(page) < accountPage {
					break
				}
			}
			if asJSON {
				return printJSON(c.out, rows)
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tUSERNAME\tKIND\tACTIVE\tPERSON\tEMAIL")
			for _, a := range rows {
				fmt.Fprintf(w, "%d\t%s\t%s\t%t\t%s\t%s\n", a.ID, a.Username, orDash(a.Kind), a.Active, orDash(a.PersonID), orDash(a.Email))
			}
			return w.Flush()
		})
	}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// orDash is the value, or - for none.
func orDash[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}
