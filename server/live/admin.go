package live

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// AdminNamespace is the namespace that the official Socket.IO Admin UI joins.
const AdminNamespace = "/admin"

// Errors of AdminConfig.Login. Any other one means that it could not be decided.
var (
	// ErrWrongLogin: the name or the password is wrong.
	ErrWrongLogin = errors.New("invalid credentials")
	// ErrTooManyLogins: the caller has tried too often.
	ErrTooManyLogins = errors.New("too many attempts, try again later")
)

// AdminConfig is what the namespace of the official Admin UI needs from the rest of the
// house. All but Log are required.
type AdminConfig struct {
	// Login checks a name and a password that came from the address.
	Login func(ctx context.Context, address, name, password string) error
	// MayLook reports whether the session of the identity, which is not anonymous, is
	// alive now and its user may look.
	MayLook func(ctx context.Context, id middleware.Identity) (bool, error)
	// Acted records an act before it is done; an error forbids it.
	Acted func(ctx context.Context, a AdminAct) error
	// ReadOnly lets nobody disconnect anybody.
	ReadOnly bool
	// Lifetime is how long a login with a password lasts, over all its connections.
	Lifetime time.Duration
	// Node is the id of this process.
	Node string
	// Limits bounds the events of one socket; the rest of it is the engine's affair.
	Limits Limits
	// Now is the clock.
	Now func() time.Time
	// Log is nil for silence.
	Log *zap.Logger
}

// AdminAct is what somebody in the namespace wants done.
type AdminAct struct {
	// UserID is whose session it is; 0 for a login with a password.
	UserID int64
	// Name is the user's, or the one of the login.
	Name string
	// Address is where it came from.
	Address string
	// Namespace and Target say whose sockets are to be disconnected: the id of one, or a
	// room.
	Namespace, Target string
	// Sockets is how many they are.
	Sockets int
}

// What one process allows in the namespace.
const (
	adminSockets  = 20   // who looks at the same time
	adminAttempts = 5    // refused CONNECTs of one connection
	adminListed   = 1000 // sockets that are listed one by one
	adminResumed  = 100  // logins with a password that go on
	adminActs     = 30   // a minute of one socket, all of them at once if it likes
	adminEvents   = 10   // a second of one socket when the limits do not say
)

func (c *AdminConfig) check() {
	if c.Login == nil || c.MayLook == nil || c.Acted == nil || c.Now == nil || c.Lifetime <= 0 || c.Node == "" {
		panic("live.AdminConfig: the configuration is not complete")
	}
	if c.Limits.EventsPerSecond <= 0 {
		c.Limits.EventsPerSecond = adminEvents
	}
	c.Limits.EventBurst = max(c.Limits.EventBurst, 1)
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
}
