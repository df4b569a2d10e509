package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/relevo/relevo/models"
)

// The user that a desk without users gets, so that somebody can sign in.
const (
	firstUsername = "admin"
	firstEmail    = "admin@relevo.invalid"
	firstDNI      = "00000000"
)

// firstUser creates a Master with a random password when there are no users, and
// prints the password once on out. It is never logged: logs are kept and shared.
func firstUser(ctx context.Context, store *models.Store, out io.Writer) error {
	n, err := store.CountUsers(ctx)
	if err != nil || n > 0 {
		return err
	}
	password := RandomPassword()
	hash, err := models.NewHasher(1).Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("first user: %w", err)
	}
	err = store.Tx(ctx, func(tx *models.Tx) error {
		u, err := tx.CreateUser(models.NewUser{Username: firstUsername, Email: firstEmail, DNI: firstDNI, Role: models.Master, PasswordHash: hash})
		if err != nil {
			return err
		}
		return tx.Audit(models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}, "CREATE_USER", "User", u.ID, "Usuario creado en el primer arranque: "+u.Username)
	})
	if err != nil {
		if n, countErr := store.CountUsers(ctx); countErr == nil && n > 0 {
			return nil // another process of the same desk was first, and printed its password
		}
		return fmt.Errorf("first user: %w", err)
	}
	_, err = fmt.Fprintf(out, "First start: sign in as %s with the password %s (shown only now)\n", firstUsername, password)
	return err
}

// RandomPassword makes a password of at least 128 random bits that passes the
// rule for new passwords.
func RandomPassword() string {
	for {
		if p := rand.Text(); models.CheckPassword(p) == nil { // one in 200 has no digit
			return p
		}
	}
}
