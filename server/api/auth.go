package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Auth signs users in and out and changes passwords (contract 3.2).
type Auth struct {
	store    *models.Store
	sessions *middleware.Sessions
	csrf     *middleware.CSRF
	hasher   *models.Hasher
	limits   *loginLimits
	rule     AuthRule

	// LoginPage renders the login form with a status, a message to show (may be
	// empty) and where to go afterwards (may be empty). NewAuth sets a plain one.
	LoginPage func(c *gin.Context, status int, flash, next string)
}

// AuthRule says how signing in works.
type AuthRule struct {
	// PerMinute is how many attempts an address has, and an account.
	PerMinute int
	// MaxDelay is the longest that an address waits after wrong passwords for one
	// account; at least 2 s.
	MaxDelay time.Duration
	// Lifetime and RememberLifetime count from the sign-in.
	Lifetime, RememberLifetime time.Duration
	// Now is the clock.
	Now func() time.Time
	// Security is told of failed attempts. Nil keeps no record.
	Security *models.SecurityLog
	// SignedIn is told of each session that began here, with its user. Nil is silence.
	SignedIn func(models.Session)
	// Attempt is told how each attempt ended: ok, rejected or limited. Nil is silence.
	Attempt func(result string)
}

// NewAuth shares the hasher with whoever else computes hashes.
func NewAuth(store *models.Store, sessions *middleware.Sessions, csrf *middleware.CSRF, hasher *models.Hasher, rule AuthRule) *Auth {
	if rule.Attempt == nil {
		rule.Attempt = func(string) {}
	}
	if rule.SignedIn == nil {
		rule.SignedIn = func(models.Session) {}
	}
	a := &Auth{store: store, sessions: sessions, csrf: csrf, hasher: hasher, limits: newLoginLimits(rule.PerMinute, rule.MaxDelay), rule: rule}
	a.LoginPage = a.plainLoginPage
	return a
}
