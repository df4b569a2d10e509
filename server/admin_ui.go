package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/api"
	"github.com/relevo/relevo/server/live"
)

// adminUIDoor is how security events name the login of the Admin UI.
const adminUIDoor = "Admin UI"

// checkAdminUI refuses what does not fit together.
func (c *Config) checkAdminUI() error {
	a := c.AdminUI
	if !a.Enabled {
		return nil
	}
	var errs []error
	if c.Socket.Engine != "native" {
		errs = append(errs, fmt.Errorf("admin_ui.enabled: true is not valid with socket.engine %q, expected socket.engine native, the only one that has the namespace of the Admin UI", c.Socket.Engine))
	}
	if (a.Username == "") != (a.PasswordHash == "") {
		errs = append(errs, errors.New("admin_ui.username and admin_ui.password_hash: expected both, or none so that only sessions of a Master are let in"))
	}
	return errors.Join(errs...)
}

// adminUI is what the engine needs for the namespace of the Admin UI; nil when it is off.
func (s *Server) adminUI(limits live.Limits) *live.AdminConfig {
	a := s.cfg.AdminUI
	if !a.Enabled || s.cfg.Socket.Engine != "native" {
		return nil
	}
	return &live.AdminConfig{
		Login: s.adminUILogin, MayLook: s.mayLookAdminUI, Acted: s.adminUIActed, ReadOnly: a.ReadOnly,
		Lifetime: s.cfg.Session.Lifetime, Node: s.node, Limits: limits, Now: s.store.Instant, Log: s.log.Named("admin"),
	}
}

// adminUILogin checks a name and a password under the limits of the sign-in form.
func (s *Server) adminUILogin(ctx context.Context, address, name, password string) error {
	a := s.cfg.AdminUI
	err := s.auth.ProveFixed(ctx, address, name, password, api.FixedLogin{For: adminUIDoor, Name: a.Username, Hash: a.PasswordHash})
	switch {
	case errors.Is(err, api.ErrWrongLogin):
		return live.ErrWrongLogin
	case errors.Is(err, api.ErrTooManyLogins):
		s.metrics.LimitHit(api.LimitLogins)
		return live.ErrTooManyLogins
	}
	return err
}

// mayLookAdminUI asks the database: the identity may be as old as its connection.
func (s *Server) mayLookAdminUI(ctx context.Context, id middleware.Identity) (bool, error) {
	if !s.store.Instant().Before(id.ExpiresAt) {
		return false, nil
	}
	var sessions, remembered []int64
	if id.SessionID != 0 {
		sessions = []int64{id.SessionID}
	} else {
		remembered = []int64{id.RememberedID}
	}
	states, err := s.store.SessionStates(ctx, sessions, remembered)
	return live.SessionRole(states, id) == models.Master, err
}

// adminUIActed records among the security events, which GET /api/audit shows, because a
// login with a password is no user of the audit trail.
func (s *Server) adminUIActed(ctx context.Context, a live.AdminAct) error {
	return s.security.Record(ctx, models.NewSecurityEvent{
		Kind: models.AdminDisconnect, UserID: a.UserID, Login: a.Name, Address: a.Address,
		Details: fmt.Sprintf("Admin UI: desconectó %d sockets de %s en %s", a.Sockets, a.Target, a.Namespace),
	})
}
