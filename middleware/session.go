package middleware

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// SessionStore is what Sessions needs of the store.
type SessionStore interface {
	SessionByToken(ctx context.Context, token string, now time.Time) (models.Session, error)
	RememberedByToken(ctx context.Context, token string, now time.Time) (models.RememberedLogin, error)
	RestoreLogin(ctx context.Context, token string, by models.Actor, life time.Duration, reused func(*models.Tx) error) (models.RestoredLogin, error)
}

// SessionRule says how sessions live.
type SessionRule struct {
	Cookie CookieRule
	// Lifetime of a session, counted from the sign-in; use does not extend it.
	Lifetime time.Duration
	// Reused is called in the transaction that ends a remembered login whose token
	// was used twice. Required.
	Reused func(*models.Tx) error
}

// Sessions resolves the session cookie, for Gin and for socket handshakes alike,
// and writes it. It is safe for concurrent use once OnSeen was called.
type Sessions struct {
	store SessionStore
	rule  SessionRule
	seen  func(s models.Session, address, userAgent string)
}

// NewSessions reads and writes the session and the remember cookie.
func NewSessions(store SessionStore, rule SessionRule) *Sessions {
	return &Sessions{store: store, rule: rule, seen: func(models.Session, string, string) {}}
}

// OnSeen sets what is told of each request of a session, with the client's address
// and browser. It must not wait and must be set before the first request.
func (s *Sessions) OnSeen(f func(s models.Session, address, userAgent string)) { s.seen = f }

// Resolve tells who the request speaks for; the anonymous identity when it has no
// live session. The user's row is read each time, so an inactive user is anonymous
// at once. It changes nothing and answers nothing: a remember cookie counts without
// being rotated, because a socket's handshake has no place for a new cookie
// (contract 1.2); such an identity has no SessionID. An error means that the store
// could not be asked.
func (s *Sessions) Resolve(r *http.Request) (Identity, error) {
	id, err := s.bySession(r)
	if err != nil || !id.Anonymous() {
		return id, err
	}
	token := s.rule.Cookie.of(r, RememberCookie)
	if token == "" {
		return Identity{}, nil
	}
	row, err := s.store.RememberedByToken(r.Context(), token, s.rule.Cookie.Now())
	if models.CodeOf(err) == models.NotFound {
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, err
	}
	return IdentityOfRemembered(row), nil
}

func (s *Sessions) bySession(r *http.Request) (Identity, error) {
	row, err := s.rowOf(r)
	if err != nil || row.ID == 0 {
		return Identity{}, err
	}
	return identify(row), nil
}

// rowOf is the live session of the cookie; the zero row without one.
func (s *Sessions) rowOf(r *http.Request) (models.Session, error) {
	token := s.rule.Cookie.of(r, s.rule.Cookie.Name)
	if token == "" || isVisitor(token) {
		return models.Session{}, nil
	}
	row, err := s.store.SessionByToken(r.Context(), token, s.rule.Cookie.Now())
	if models.CodeOf(err) == models.NotFound {
		return models.Session{}, nil
	}
	return row, err
}

// Handler sets the identity of each request, restoring the session from a remember
// cookie when it is gone.
func (s *Sessions) Handler() gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Writer.Header().Add("Vary", "Cookie")
		row, err := s.rowOf(c.Request)
		var id Identity
		if row.ID != 0 {
			id = identify(row)
			s.seen(row, c.ClientIP(), c.Request.UserAgent())
		} else if err == nil {
			id, err = s.restore(c)
		}
		if err != nil {
			Refuse(c, err)
			return
		}
		c.Set(identityKey, id)
		c.Next()
	}
}

// restore makes a session from the remember cookie; anonymous without one.
func (s *Sessions) restore(c *gin.Context) (Identity, error) {
	token := s.rule.Cookie.of(c.Request, RememberCookie)
	if token == "" || c.Request.Method == http.MethodOptions {
		return Identity{}, nil
	}
	by := models.Actor{IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), Visitor: s.Visitor(c.Request)}
	got, err := s.store.RestoreLogin(c.Request.Context(), token, by, s.rule.Lifetime, s.rule.Reused)
	if models.CodeOf(err) == models.NotFound {
		s.rule.Cookie.set(c, RememberCookie, "", time.Time{})
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, err
	}
	s.Write(c, got.Token, got.RememberToken, got.RememberExpires)
	return identify(got.Session), nil
}

// Write puts the cookies of a session into the answer, the session's own first: one
// known client keeps only the first (contract 3.1). An empty remember token leaves
// that cookie as it is.
func (s *Sessions) Write(c *gin.Context, token, remember string, rememberUntil time.Time) {
	s.rule.Cookie.set(c, s.rule.Cookie.Name, token, time.Time{})
	if remember != "" {
		s.rule.Cookie.set(c, RememberCookie, remember, rememberUntil)
	}
}

// Clear takes both cookies away.
func (s *Sessions) Clear(c *gin.Context) {
	s.rule.Cookie.set(c, s.rule.Cookie.Name, "", time.Time{})
	s.Forget(c)
}

// Forget takes the remember cookie away.
func (s *Sessions) Forget(c *gin.Context) {
	if s.rule.Cookie.of(c.Request, RememberCookie) != "" {
		s.rule.Cookie.set(c, RememberCookie, "", time.Time{})
	}
}
