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
}

// Sessions resolves the session cookie, for Gin and for socket handshakes with the
// same function.
type Sessions struct {
	store SessionStore
	name  string
	now   func() time.Time
}

// NewSessions reads the cookie of the given name.
func NewSessions(store SessionStore, cookie string, now func() time.Time) *Sessions {
	return &Sessions{store: store, name: cookie, now: now}
}

// Resolve tells who the request speaks for; the anonymous identity when it has no
// live session. An error means that the store could not be asked.
func (s *Sessions) Resolve(r *http.Request) (Identity, error) {
	c, err := r.Cookie(s.name)
	if err != nil || c.Value == "" {
		return Identity{}, nil
	}
	row, err := s.store.SessionByToken(r.Context(), c.Value, s.now())
	if models.CodeOf(err) == models.NotFound {
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, err
	}
	return Identity{
		UserID: row.UserID, Username: row.User.Username, Role: row.User.Role,
		SessionID: row.ID, ExpiresAt: row.Expires(),
	}, nil
}

const identityKey = "relevo.identity"

// IdentityOf returns who the request speaks for; anonymous before Sessions ran.
func IdentityOf(c *gin.Context) Identity {
	id, _ := c.Value(identityKey).(Identity)
	return id
}

// ActorOf returns the acting user with the address and browser, for the audit trail.
func ActorOf(c *gin.Context) models.Actor {
	id := IdentityOf(c)
	return models.Actor{UserID: id.UserID, Username: id.Username, Role: id.Role, IP: c.ClientIP(), UserAgent: c.Request.UserAgent()}
}

// Handler sets the identity of each request.
func (s *Sessions) Handler() gin.HandlerFunc {
	return func(c *gin.Context) {
		id, err := s.Resolve(c.Request)
		if err != nil {
			Refuse(c, err)
			return
		}
		c.Set(identityKey, id)
		c.Next()
	}
}

// RequireRole lets only the roles pass (none given: anybody signed in).
func RequireRole(roles ...models.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := IdentityOf(c)
		if id.Anonymous() {
			Refuse(c, models.Errorf(models.Unauthorized, "Debe iniciar sesión"))
			return
		}
		for _, r := range roles {
			if r == id.Role {
				return
			}
		}
		if len(roles) > 0 {
			Refuse(c, models.Errorf(models.Forbidden, "No tiene permiso para esta acción"))
		}
	}
}
