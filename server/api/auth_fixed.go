package api

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/relevo/relevo/models"
)

// FixedLogin is a login that stands in the configuration and belongs to no user.
type FixedLogin struct {
	// For is what it opens, in the words of a security event.
	For string
	// Name and Hash are the login; with an empty one nothing is right.
	Name, Hash string
}

// ErrWrongLogin: the name or the password is wrong.
var ErrWrongLogin = errors.New("wrong name or password")

// ErrTooManyLogins: the address, or everybody for this name, has tried too often.
var ErrTooManyLogins = errors.New("too many sign-in attempts")

// ProveFixed checks a name and a password from an address against a fixed login, under the
// limits of signing in, and records what was wrong. The error is one of the two above, or
// says why it could not be decided.
func (a *Auth) ProveFixed(ctx context.Context, ip, name, password string, right FixedLogin) error {
	err := a.proveFrom(ctx, ip, name, password, func() (suspect, error) {
		if right.Name == "" || right.Hash == "" || subtle.ConstantTimeCompare([]byte(name), []byte(right.Name)) != 1 {
			// With the hash all the same: the time of the answer must not tell the name.
			return suspect{hash: right.Hash}, models.Errorf(models.NotFound, flashWrong)
		}
		return suspect{account: "fixed " + right.For, hash: right.Hash, active: true}, nil
	})
	line := models.NewSecurityEvent{Kind: models.LoginFailed, Login: name, Address: ip, Details: right.For + ": " + flashWrong}
	var limited *limitedError
	switch {
	case err == nil:
		a.rule.Attempt("ok")
		return nil
	case errors.As(err, &limited):
		a.rule.Attempt("limited")
		if a.rule.Security != nil {
			a.rule.Security.Limit(limited.limit, limited.key, line)
		}
		return ErrTooManyLogins
	case models.CodeOf(err) != models.Unauthorized:
		return err
	}
	a.rule.Attempt("rejected")
	if a.rule.Security != nil {
		if failed := a.rule.Security.Record(ctx, line); failed != nil {
			return failed
		}
	}
	return ErrWrongLogin
}
