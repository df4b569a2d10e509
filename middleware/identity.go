package middleware

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// Identity is who a request or a socket speaks for, as the session store said at
// the moment it was asked. The zero value is the anonymous identity. Identities
// are values: a later change of the session never changes one that was handed out.
type Identity struct {
	// UserID is users.id; zero means anonymous.
	UserID int64
	// Username is the login name shown to others.
	Username string
	// Role is the stored value: Master, Trader or Operador.
	Role string
	// SessionID is the row id of the session in the store, never the cookie's token.
	// It is zero for a socket whose handshake carried a remember cookie alone.
	SessionID int64
	// RememberedID is the row id of the remembered login behind the session; zero
	// without one.
	RememberedID int64
	// ExpiresAt is the absolute end of the session.
	ExpiresAt time.Time
}

// Anonymous reports whether nobody is signed in.
func (i Identity) Anonymous() bool { return i.UserID == 0 }

// IdentityFor is the identity that a live session with its user stands for.
func IdentityFor(s models.Session) Identity { return identify(s) }

// identify is the identity that a session stands for.
func identify(s models.Session) Identity {
	id := Identity{
		UserID: s.UserID, Username: s.User.Username, Role: s.User.Role,
		SessionID: s.ID, ExpiresAt: s.Expires(),
	}
	if s.RememberedID != nil {
		id.RememberedID = *s.RememberedID
	}
	return id
}

// IdentityOfRemembered is the identity that a live remembered login with its user stands
// for while it has no session.
func IdentityOfRemembered(row models.RememberedLogin) Identity {
	return Identity{
		UserID: row.UserID, Username: row.User.Username, Role: row.User.Role,
		RememberedID: row.ID, ExpiresAt: row.Expires(),
	}
}

const identityKey = "relevo.identity"

// IdentityOf returns who the request speaks for; anonymous before Sessions ran.
func IdentityOf(c *gin.Context) Identity {
	id, _ := c.Value(identityKey).(Identity)
	return id
}

// SpeakFor says who the request speaks for where that is told by something else than a
// cookie, for the log.
func SpeakFor(c *gin.Context, id Identity) { c.Set(identityKey, id) }

// ActorOf returns the acting user with the address and browser, for the audit trail.
func ActorOf(c *gin.Context) models.Actor {
	id := IdentityOf(c)
	return models.Actor{UserID: id.UserID, Username: id.Username, Role: id.Role, IP: c.ClientIP(), UserAgent: c.Request.UserAgent()}
}
