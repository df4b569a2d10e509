package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// What a failed sign-in says. An unknown user and a wrong password get the same
// text; that a user is inactive is said only to who knows the password (contract 5.18).
const (
	flashWrong    = "Usuario o contraseña incorrectos"
	flashInactive = "Su usuario está inactivo. Contacte al administrador"
	flashLimited  = "Demasiados intentos. Espere un momento e intente de nuevo"
	flashSignIn   = "Debe iniciar sesión para acceder a esta página"
)

const dashboardPath = "/dashboard/"

// Form answers GET /login.
func (a *Auth) Form(c *gin.Context) {
	next := ownPath(c.Query("next"))
	if !middleware.IdentityOf(c).Anonymous() {
		c.Redirect(http.StatusFound, dashboardPath)
		return
	}
	flash := ""
	if next != "" {
		flash = flashSignIn
	}
	a.LoginPage(c, http.StatusOK, flash, next)
}

// credentials is a sign-in request in either form.
type credentials struct {
	login, password, next string
	remember              bool
	json                  bool
}

// Login answers POST /login, by form with pages and redirects (contract 3.2), by
// JSON with 200 {success, message, user, csrf_token}, 401 for wrong credentials, 403
// for an inactive user and 429 with Retry-After.
func (a *Auth) Login(c *gin.Context) {
	in, err := readCredentials(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	user, err := a.authenticate(c, in)
	if err != nil {
		a.noteRefusal(c, models.LoginFailed, in.login, user.ID, err)
		a.refuseLogin(c, in, err)
		return
	}
	signed, err := a.signIn(c, user, a.rule.Lifetime, in.remember)
	if err != nil {
		a.refuseLogin(c, in, err)
		return
	}
	a.rule.Attempt("ok")
	a.sessions.Write(c, signed.token, signed.remember, signed.rememberUntil)
	if !in.remember {
		a.sessions.Forget(c)
	}
	if in.json {
		answer(c, http.StatusOK, gin.H{"message": "Bienvenido, " + signed.user.Username, "user": userDict(signed.user), "csrf_token": a.csrf.TokenFor(signed.session)})
		return
	}
	next := in.next
	if next == "" {
		next = dashboardPath
	}
	c.Redirect(http.StatusFound, next)
}

// authenticate finds the user of the login and checks the password. With an error it
// returns whom the attempt was for, as far as that is known.
func (a *Auth) authenticate(c *gin.Context, in credentials) (user models.User, err error) {
	err = a.prove(c, in.login, in.password, func() (suspect, error) {
		user, err = a.store.FindUserByLogin(c.Request.Context(), in.login)
		return suspectUser(user), err
	})
	return user, err
}

// countRefusal counts a refused attempt and returns what to answer it with. Faults of
// the server are not counted.
func (a *Auth) countRefusal(c *gin.Context, err error) error {
	var limited *limitedError
	switch {
	case errors.As(err, &limited):
		a.rule.Attempt("limited")
		middleware.NoteLimit(c, limited.limit, limited.wait)
		return models.Errorf(models.RateLimited, flashLimited)
	case models.CodeOf(err) == models.Unauthorized, models.CodeOf(err) == models.Forbidden:
		a.rule.Attempt("rejected")
	}
	return err
}

// refuseLogin answers a failed sign-in in the form that was asked.
func (a *Auth) refuseLogin(c *gin.Context, in credentials, err error) {
	err = a.countRefusal(c, err)
	code := models.CodeOf(err)
	if code != models.RateLimited && code != models.Unauthorized && code != models.Forbidden {
		middleware.Refuse(c, err)
		return
	}
	if in.json {
		// Not Refuse: no session expired here.
		_ = c.Error(err)
		message := models.MessageOf(err)
		c.AbortWithStatusJSON(middleware.StatusOf(err), gin.H{"success": false, "message": message, "error": message})
		return
	}
	status := http.StatusOK // contract 3.2: a failure is the page again
	if code == models.RateLimited {
		status = http.StatusTooManyRequests
	}
	a.LoginPage(c, status, models.MessageOf(err), in.next)
}

// signedIn is a session that was just begun.
type signedIn struct {
	user            models.User
	session         models.Session
	token, remember string
	rememberUntil   time.Time
}

// signIn begins a session of that life and ends the one that the browser had.
func (a *Auth) signIn(c *gin.Context, user models.User, life time.Duration, remember bool) (signedIn, error) {
	var out signedIn
	old := middleware.IdentityOf(c)
	by := models.Actor{UserID: user.ID, Username: user.Username, Role: user.Role, IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), Visitor: a.sessions.Visitor(c.Request)}
	err := a.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		if old.SessionID != 0 {
			if err := tx.EndSession(old.SessionID); err != nil {
				return err
			}
			if err := events.EmitSessionEnded(tx, events.EndReplaced); err != nil {
				return err
			}
		}
		var err error
		if out.token, out.session, err = tx.CreateSession(user.ID, by, life, remember); err != nil {
			return err
		}
		if remember {
			var row models.RememberedLogin
			if out.remember, row, err = tx.RememberLogin(out.session, a.rule.RememberLifetime); err != nil {
				return err
			}
			out.session.RememberedID, out.rememberUntil = &row.ID, row.Expires()
		}
		if err := tx.SetLastLogin(user.ID); err != nil {
			return err
		}
		if out.user, err = tx.UserByID(c.Request.Context(), user.ID); err != nil {
			return err
		}
		return tx.Audit(by, "LOGIN", "User", user.ID, "Inicio de sesión")
	})
	if err != nil {
		return signedIn{}, fmt.Errorf("sign in: %w", err)
	}
	out.session.User = out.user
	a.rule.SignedIn(out.session)
	return out, nil
}

// maxLoginBody bounds a sign-in request, in bytes.
const maxLoginBody = 64 << 10

func readCredentials(c *gin.Context) (credentials, error) {
	kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxLoginBody)
	var in credentials
	switch kind {
	case "application/json":
		var body struct {
			Username text     `json:"username"`
			Password text     `json:"password"`
			Remember remember `json:"remember"`
			Next     string   `json:"next"`
		}
		raw, err := middleware.ReadBounded(c.Request.Body)
		if err == nil {
			err = middleware.ParseJSON(raw, &body)
		}
		if err != nil {
			return in, err
		}
		in = credentials{string(body.Username), string(body.Password), body.Next, bool(body.Remember), true}
	case "application/x-www-form-urlencoded", "multipart/form-data":
		in = credentials{c.PostForm("username"), c.PostForm("password"), c.PostForm("next"), c.PostForm("remember") == "on", false}
	default:
		return in, models.Errorf(models.Unsupported, "El contenido debe ser un formulario o application/json")
	}
	if q := c.Query("next"); q != "" {
		in.next = q
	}
	in.login, in.next = strings.TrimSpace(in.login), ownPath(in.next)
	return in, nil
}

// remember is true for true and "on".
type remember bool

// UnmarshalJSON implements json.Unmarshaler.
func (r *remember) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*r = v == true || v == "on"
	return nil
}

// ownPath returns next when a browser cannot take it for anything but a path of
// this server, and "" otherwise (contract 5.18).
func ownPath(next string) string {
	if len(next) > 2048 || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsRune(next, '\\') || strings.ContainsFunc(next, unicode.IsControl) {
		return ""
	}
	return next
}

var plainLogin = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="csrf-token" content="{{.Token}}">
<title>Iniciar sesión</title></head><body><main><h1>Iniciar sesión</h1>{{with .Flash}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="/login{{with .Next}}?next={{.}}{{end}}"><input type="hidden" name="csrf_token" value="{{.Token}}">
<p><label>Usuario o correo <input name="username" autocomplete="username" required autofocus></label></p>
<p><label>Contraseña <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><label><input name="remember" type="checkbox"> Recordarme</label></p>
<p><button>Entrar</button></p></form></main></body></html>
`))

// plainLoginPage is a login form without any styling.
func (a *Auth) plainLoginPage(c *gin.Context, status int, flash, next string) {
	data := struct{ Token, Flash, Next string }{a.csrf.Token(c), flash, next}
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Header("Cache-Control", "no-store")
	c.Status(status)
	_ = plainLogin.Execute(c.Writer, data) // the browser went away
}
