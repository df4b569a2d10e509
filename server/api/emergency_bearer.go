package api

import (
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// caller is who a request speaks for, as the database said when it came. The zero value
// is nobody.
type caller struct {
	// kind is what the caller may do: a tipoUsuario, or "" for nothing.
	kind  string
	actor models.EmergencyActor
	// account is that of a requester or a crew, session that of a user of the desk; the
	// other one is zero.
	account models.EmergencyAccount
	session models.Session
}

// is reports whether the caller is this person: a requester or a member of a crew.
func (w caller) is(person int64) bool {
	return w.account.PersonID != nil && *w.account.PersonID == person
}

const callerKey = "relevo.emergencies.caller"

func callerOf(c *gin.Context) caller {
	who, _ := c.Value(callerKey).(caller)
	return who
}

// EmergencyErrors gives every address of the emergencies desk its form of errors, also
// those that are refused before a route is reached, and keeps the answers out of every
// cache.
func EmergencyErrors(c *gin.Context) {
	first, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	if slices.Contains(emergencyPaths, first) {
		middleware.RefuseAs(refuseDetail)(c)
		c.Header("Cache-Control", "no-store")
	}
}

// emergencyPaths are how the addresses of the emergencies desk begin. Nothing else does.
var emergencyPaths = []string{
	"ambulancias", "atender-emergencias", "auth", "despachar-ambulancia", "emergencias", "evaluar-emergencia",
	"operadores-ambulancia", "salas", "solicitantes", "solicitudes", "valorar-emergencia",
}

// Require lets only callers of the kinds pass. Without a token the answer is 403, with one
// that is bad or over 401, with another kind 403 (emergencies contract 2).
func (e *Emergencies) Require(kinds ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := e.admit(c, kinds); err != nil {
			middleware.Refuse(c, err)
		}
	}
}

// StaffAnd lets the operators of the desk and its administrators pass, and the other kinds.
func (e *Emergencies) StaffAnd(kinds ...string) gin.HandlerFunc {
	return e.Require(append([]string{Operators, Administrators}, kinds...)...)
}

// Asking lets pass who may ask for an ambulance: requesters, the staff for others, and
// with anonymous_requests anybody who sends no token.
func (e *Emergencies) Asking() gin.HandlerFunc {
	require := e.StaffAnd(Requesters)
	return func(c *gin.Context) {
		if e.rule.AnonymousRequests && len(c.Request.Header.Values("Authorization")) == 0 {
			return
		}
		require(c)
	}
}

func (e *Emergencies) admit(c *gin.Context, kinds []string) error {
	token := bearer(c.Request)
	if token == "" {
		return &models.Error{Code: models.Forbidden, Message: "Debe iniciar sesión", Err: errMissingToken}
	}
	who, err := e.callerBy(c.Request.Context(), token)
	if err != nil {
		return err
	}
	who.actor.IP, who.actor.UserAgent = c.ClientIP(), c.Request.UserAgent()
	if who.session.ID != 0 {
		middleware.SpeakFor(c, middleware.IdentityFor(who.session))
		if e.rule.Seen != nil {
			e.rule.Seen(who.session, who.actor.IP, who.actor.UserAgent)
		}
	}
	if !slices.Contains(kinds, who.kind) {
		return errNotAllowed()
	}
	c.Set(callerKey, who)
	return nil
}

func errNotAllowed() error {
	return models.Errorf(models.Forbidden, "No tiene permiso para esta acción")
}

// callerBy asks the database whether what the token was made for is still there, each
// time: a token ends with its session or account at once.
func (e *Emergencies) callerBy(ctx context.Context, token string) (caller, error) {
	over := func(cause error) error {
		return &models.Error{Code: models.Unauthorized, Message: "La sesión terminó. Inicie sesión de nuevo", Err: cause}
	}
	claims, err := e.tokens.read(token)
	if err != nil {
		return caller{}, over(err)
	}
	var who caller
	switch {
	case claims.Session != 0:
		who, err = e.userBy(ctx, claims)
	case claims.Account != 0:
		who, err = e.accountBy(ctx, claims)
	default:
		err = models.Errorf(models.NotFound, "El token no es de nadie")
	}
	if models.CodeOf(err) == models.NotFound {
		return caller{}, over(err)
	}
	return who, err
}

// userBy finds the live session behind a token. The role is that of now.
func (e *Emergencies) userBy(ctx context.Context, claims bearerClaims) (caller, error) {
	s, err := e.store.LiveSession(ctx, claims.Session, e.store.Instant())
	if err != nil {
		return caller{}, err
	}
	if s.UserID != claims.ID || e.tokens.mark(s) != claims.Mark {
		return caller{}, models.Errorf(models.NotFound, "La sesión del token terminó")
	}
	u := s.User
	return caller{kind: kindOf(u.Role), session: s, actor: models.EmergencyActor{Actor: models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}}}, nil
}

// accountBy finds the account behind a token, as it was when the token was made.
func (e *Emergencies) accountBy(ctx context.Context, claims bearerClaims) (caller, error) {
	a, err := e.store.EmergencyAccountByID(ctx, claims.Account)
	if err != nil {
		return caller{}, err
	}
	if !a.Active || a.Version != claims.Version {
		return caller{}, models.Errorf(models.NotFound, "La cuenta cambió después del token")
	}
	return caller{
		kind: e.kindOfAccount(a), account: a,
		actor: models.EmergencyActor{Actor: models.Actor{Username: a.Username}, AccountID: a.ID},
	}, nil
}

// kindOf is the tipoUsuario of a role of the desk; "" when it has no part in emergencies.
func kindOf(role models.Role) string {
	switch role {
	case models.Master:
		return Administrators
	case models.Operador:
		return Operators
	}
	return ""
}

// kindOfAccount is what an account may do.
func (e *Emergencies) kindOfAccount(a models.EmergencyAccount) string {
	switch {
	case a.Kind != nil:
		return *a.Kind
	case e.rule.UntypedOperators:
		return Operators
	}
	return ""
}
