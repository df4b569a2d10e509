package api

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// suspect is whom an attempt to sign in is for.
type suspect struct {
	account string // what its attempts are counted by
	hash    string
	active  bool
}

func suspectUser(u models.User) suspect {
	return suspect{"user " + strconv.FormatInt(u.ID, 10), u.PasswordHash, u.Status == models.Active}
}

// prove checks limits, then the password: always exactly one hash, whether or not find
// knows the login. Its code NotFound means that it does not.
func (a *Auth) prove(c *gin.Context, login, password string, find func() (suspect, error)) error {
	err := a.proveFrom(c.Request.Context(), c.ClientIP(), login, password, find)
	var busy *busyError
	if errors.As(err, &busy) {
		middleware.NoteLimit(c, LimitLoginHashes, turnEvery)
		return busy.error
	}
	return err
}

// busyError is that of a hash that was not computed.
type busyError struct{ error }

// proveFrom is prove for an attempt from the address, which may not be a request.
func (a *Auth) proveFrom(ctx context.Context, ip, login, password string, find func() (suspect, error)) error {
	now := a.rule.Now()
	address := addressKey(ip)
	if wait := a.limits.take(address, now); wait > 0 {
		return &limitedError{LimitLogins, wait, address}
	}
	who, err := find()
	unknown := models.CodeOf(err) == models.NotFound
	if err != nil && !unknown {
		return err
	}
	if unknown {
		who.account = "login " + models.HashToken(login)
	}
	pair := loginPair{address, who.account}
	if refused := a.limits.takeAccount(pair, now); refused != nil {
		return refused
	}
	ok, err := a.hasher.Verify(ctx, who.hash, password)
	switch {
	case err != nil:
		return &busyError{err}
	case unknown || !ok:
		a.limits.failed(pair, now)
		return models.Errorf(models.Unauthorized, flashWrong)
	case !who.active:
		return models.Errorf(models.Forbidden, flashInactive)
	}
	a.limits.succeeded(pair)
	return nil
}

// limitedError refuses an attempt until wait is over; limit is a configuration key,
// key is what had too many.
type limitedError struct {
	limit string
	wait  time.Duration
	key   string
}

func (e *limitedError) Error() string { return "too many sign-in attempts" }
