package middleware

import "time"

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
	SessionID int64
	// ExpiresAt is the absolute end of the session.
	ExpiresAt time.Time
}

// Anonymous reports whether nobody is signed in.
func (i Identity) Anonymous() bool { return i.UserID == 0 }
