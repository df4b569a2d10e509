package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// byHand marks, in the audit trail, what was done on the machine itself. Such a
// line stands under the user concerned: nobody was signed in.
const byHand = " (línea de comandos)"

// maxPasswordLine bounds what is read from standard input.
const maxPasswordLine = 4096

func userCreate(c *cli) *cobra.Command {
	var in models.NewUser
	var fromInput bool
	cmd := &cobra.Command{Use: "create", Short: "Add a user; without --password-stdin a random password is printed", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			if err := in.Check(); err != nil {
				return err
			}
			hash, note, err := c.newPassword(ctx, fromInput)
			if err != nil {
				return err
			}
			in.PasswordHash = hash
			err = store.Tx(ctx, func(tx *models.Tx) error {
				u, err := tx.CreateUser(in)
				if err != nil {
					return err
				}
				return record(tx, u, "CREATE_USER", "Usuario creado: "+u.Username+" ("+u.Role+")", events.UserWasCreated)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "created %s%s\n", in.Username, note)
			return err
		})
	}}
	flags := cmd.Flags()
	for _, f := range []struct {
		to        *string
		name, doc string
	}{
		{&in.Username, "username", "login name"},
		{&in.Email, "email", "e-mail address"},
		{&in.DNI, "dni", "document number, 8 digits"},
		{&in.Role, "role", strings.Join(models.Roles, ", ")},
	} {
		flags.StringVar(f.to, f.name, "", f.doc)
	}
	passwordFlag(cmd, &fromInput)
	return cmd
}

func userPasswd(c *cli) *cobra.Command {
	var fromInput bool
	cmd := &cobra.Command{Use: "passwd USERNAME", Short: "Set a password and end the user's sessions", Args: words("USERNAME"), RunE: func(cmd *cobra.Command, args []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			u, err := store.FindUserByLogin(ctx, args[0])
			if err != nil {
				return err
			}
			hash, note, err := c.newPassword(ctx, fromInput)
			if err != nil {
				return err
			}
			err = store.Tx(ctx, func(tx *models.Tx) error {
				if err := tx.SetPassword(u.ID, "", hash, 0); err != nil {
					return err
				}
				if err := events.EmitSessionEnded(tx, events.EndPasswordReset); err != nil {
					return err
				}
				return audit(tx, u, "RESET_PASSWORD", "Contraseña restablecida: "+u.Username)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "changed the password of %s%s\n", u.Username, note)
			return err
		})
	}}
	passwordFlag(cmd, &fromInput)
	return cmd
}

func userRole(c *cli) *cobra.Command {
	return &cobra.Command{Use: "role USERNAME ROLE", Short: "Set the role (" + strings.Join(models.Roles, ", ") + ")", Args: words("USERNAME", "ROLE"), RunE: func(cmd *cobra.Command, args []string) error {
		return c.changeUser(cmd.Context(), args[0], models.UserChange{Role: &args[1]}, "UPDATE_USER")
	}}
}

func userDisable(c *cli) *cobra.Command {
	return &cobra.Command{Use: "disable USERNAME", Short: "Deactivate a user and end the user's sessions", Args: words("USERNAME"), RunE: func(cmd *cobra.Command, args []string) error {
		inactive := models.Inactive
		return c.changeUser(cmd.Context(), args[0], models.UserChange{Status: &inactive}, "TOGGLE_USER_STATUS")
	}}
}

func (c *cli) changeUser(ctx context.Context, username string, change models.UserChange, action string) error {
	return c.withDesk(ctx, func(ctx context.Context, store *models.Store) error {
		u, err := store.FindUserByLogin(ctx, username)
		if err != nil {
			return err
		}
		err = store.Tx(ctx, func(tx *models.Tx) error {
			var before models.User
			if before, u, err = tx.UpdateUser(u.ID, change); err != nil {
				return err
			}
			details := fmt.Sprintf("Usuario actualizado: %s, %s %s, antes %s %s", u.Username, u.Role, u.Status, before.Role, before.Status)
			if err := audit(tx, u, action, details); err != nil {
				return err
			}
			return events.EmitUserChange(tx, events.UserWasUpdated, before, u, u.Username)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "%s is %s, %s\n", u.Username, u.Role, u.Status)
		return err
	})
}

// record writes the audit line and the event of a change, in its transaction.
func record(tx *models.Tx, u models.User, action, details string, kind events.UserKind) error {
	if err := audit(tx, u, action, details); err != nil {
		return err
	}
	return events.EmitUser(tx, kind, u, u.Username)
}

func audit(tx *models.Tx, u models.User, action, details string) error {
	return tx.Audit(concerned(u), action, "User", u.ID, details+byHand)
}

func passwordFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "password-stdin", false, "read the password from the first line of standard input")
}

// newPassword reads or makes a password. The note shows a made one, which cannot
// be had again.
func (c *cli) newPassword(ctx context.Context, fromInput bool) (hash, note string, err error) {
	password := ""
	if fromInput {
		if password, err = c.inputLine(); err != nil {
			return "", "", err
		}
	} else {
		password = server.RandomPassword()
		note = ", password " + password + " (shown only now)"
	}
	if err := models.CheckPassword(password); err != nil {
		return "", "", err
	}
	hash, err = models.NewHasher(1).Hash(ctx, password)
	return hash, note, err
}

// inputLine is the first line of standard input; it may be empty.
func (c *cli) inputLine() (string, error) {
	line, err := bufio.NewReader(io.LimitReader(c.in, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
