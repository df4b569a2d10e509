package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxLogin and maxSecret bound what is typed, in characters.
const (
	maxLogin  = 255
	maxSecret = 1024
)

// tokenJSON answers a sign-in (emergencies contract 2.3).
type tokenJSON struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	// ExpiresIn is in seconds.
	ExpiresIn int64 `json:"expires_in"`
}

// member is whom a login names: a user of the desk, or else an account.
type member struct {
	user    models.User
	account models.EmergencyAccount
}

// id is that of the user; 0 for an account.
func (m member) id() int64 { return m.user.ID }

// Login is POST /auth/login. A user of the desk gets an ordinary session with its cookie
// and a token that ends with it; an account gets a token alone. The attempts are counted
// together with those at the desk's own sign-in.
func (e *Emergencies) Login(c *gin.Context) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	f.needs("identificador")
	f.needs("contrasena")
	login, password := strings.TrimSpace(f.exact("identificador", maxLogin)), f.exact("contrasena", maxSecret)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	who, err := e.identify(c, login, password)
	if err != nil {
		e.auth.noteRefusal(c, models.LoginFailed, login, who.id(), err)
		middleware.Refuse(c, e.auth.countRefusal(c, err))
		return
	}
	answer, err := e.admitMember(c, who)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	e.auth.rule.Attempt("ok")
	c.JSON(http.StatusOK, answer)
}

// identify checks the password of a user of the desk, or of an account when no user has
// the login. Who has no part in emergencies learns it with the right password alone.
func (e *Emergencies) identify(c *gin.Context, login, password string) (who member, err error) {
	err = e.auth.prove(c, login, password, func() (suspect, error) {
		user, err := e.store.FindUserByLogin(c.Request.Context(), login)
		if err == nil {
			who.user = user
			return suspectUser(user), nil
		}
		if models.CodeOf(err) != models.NotFound {
			return suspect{}, err
		}
		a, err := e.store.EmergencyAccountByLogin(c.Request.Context(), login)
		if err != nil {
			return suspect{}, err
		}
		who.account = a
		return suspect{"account " + strconv.FormatInt(a.ID, 10), a.PasswordHash, a.Active}, nil
	})
	if err == nil && who.user.ID != 0 && kindOf(who.user.Role) == "" {
		err = models.Errorf(models.Forbidden, "Su rol no tiene acceso a la mesa de emergencias")
	}
	return who, err
}

// admitMember begins the session of a user and makes the token.
func (e *Emergencies) admitMember(c *gin.Context, who member) (tokenJSON, error) {
	now := e.store.Instant()
	until := now.Add(e.rule.TokenLifetime)
	var claims bearerClaims
	if who.user.ID != 0 {
		signed, err := e.auth.signIn(c, who.user, e.rule.TokenLifetime, false)
		if err != nil {
			return tokenJSON{}, err
		}
		e.auth.sessions.Write(c, signed.token, "", time.Time{})
		e.auth.sessions.Forget(c)
		until = signed.session.Expires()
		kind := kindOf(signed.user.Role)
		claims = bearerClaims{
			Sub: signed.user.Email, ID: signed.user.ID, Username: signed.user.Username, Email: signed.user.Email, Kind: &kind,
			Session: signed.session.ID, Mark: e.tokens.mark(signed.session),
		}
	} else {
		a := who.account
		claims = bearerClaims{ID: a.ID, Username: a.Username, Kind: a.Kind, Account: a.ID, Version: a.Version, Person: a.PersonID}
		if a.Email != nil {
			claims.Sub, claims.Email = *a.Email, *a.Email
		}
	}
	if claims.Sub == "" {
		claims.Sub = claims.Username
	}
	claims.IssuedAt, claims.ExpiresAt = now.Unix(), until.Unix()
	token, err := e.tokens.sign(claims)
	return tokenJSON{token, "bearer", claims.ExpiresAt - claims.IssuedAt}, err
}

// verifiedJSON answers POST /auth/verify.
type verifiedJSON struct {
	Valid   bool          `json:"valid"`
	User    *verifiedUser `json:"usuario"`
	Message string        `json:"mensaje"`
}

// verifiedUser is whom a token speaks for.
type verifiedUser struct {
	ID       int64   `json:"id"`
	Username string  `json:"nombreDeUsuario"`
	Email    string  `json:"email"`
	Kind     *string `json:"tipoUsuario"`
}

// Verify is POST /auth/verify: what a token is worth. Besides the kind, which is that of
// now, it says no more than the token does.
func (e *Emergencies) Verify(c *gin.Context) {
	f, err := readForm(c)
	if err == nil {
		f.needs("token")
		err = f.err()
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	token := f.exact("token", maxBearer)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	user, err := e.verified(c.Request.Context(), token)
	switch {
	case models.CodeOf(err) == models.Unauthorized:
		c.JSON(http.StatusOK, verifiedJSON{Message: "El token no es válido o venció"})
	case err != nil:
		middleware.Refuse(c, err)
	default:
		c.JSON(http.StatusOK, verifiedJSON{true, &user, "El token es válido"})
	}
}

func (e *Emergencies) verified(ctx context.Context, token string) (verifiedUser, error) {
	who, err := e.callerBy(ctx, token)
	if err != nil {
		return verifiedUser{}, err
	}
	claims, err := e.tokens.read(token)
	out := verifiedUser{claims.ID, claims.Username, claims.Email, claims.Kind}
	if who.session.ID != 0 {
		out.Kind = nil // a role without a part in emergencies has none
		if who.kind != "" {
			out.Kind = &who.kind
		}
	}
	return out, err
}
