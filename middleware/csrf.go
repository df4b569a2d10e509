package middleware

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// maxForm bounds the urlencoded form that is read for a token, in bytes. Forms of
// pages are short; everything long is JSON or multipart and sends a header.
const maxForm = 64 << 10

// CSRFRule names the exceptions, as route patterns of Gin.
type CSRFRule struct {
	// Public routes change something for visitors who are not signed in, so the
	// token of their visit is asked for.
	Public []string
	// NoToken routes are called by unchanged pages without a token (contract 3.1):
	// there the browser itself must say that the page is ours.
	NoToken []string
}

// CSRF refuses requests that another site made a browser send. The token is bound
// to the session, or before it to a signed cookie without a row, and lives as long
// (contract 3.1). It is safe for concurrent use.
type CSRF struct {
	key     []byte
	cookie  CookieRule
	origins *Origins
	public  map[string]bool
	noToken map[string]bool
}

// NewCSRF signs with secret.
func NewCSRF(secret string, cookie CookieRule, origins *Origins, rule CSRFRule) *CSRF {
	key := hmac.New(sha256.New, []byte(secret))
	key.Write([]byte("relevo csrf"))
	p := &CSRF{key: key.Sum(nil), cookie: cookie, origins: origins, public: map[string]bool{}, noToken: map[string]bool{}}
	for _, route := range rule.Public {
		p.public[route] = true
	}
	for _, route := range rule.NoToken {
		p.noToken[route] = true
	}
	return p
}

const visitorKey = "relevo.visitor"

// Token is what forms and scripts of this browser have to send. For a visitor who
// has none yet it adds the cookie that the token is bound to.
func (p *CSRF) Token(c *gin.Context) string {
	if subject := p.subject(c); subject != "" {
		return p.sign(subject)
	}
	visit := models.NewToken()
	visitor := visitorPrefix + visit + "." + p.sign("visit "+visit)
	p.cookie.set(c, p.cookie.Name, visitor, time.Time{})
	c.Set(visitorKey, visitor)
	return p.sign(visitor)
}

// TokenFor is Token for a session that this request began.
func (p *CSRF) TokenFor(s models.Session) string { return p.sign(sessionSubject(identify(s))) }

// subject is what the token of this browser is bound to; "" for a visitor without
// a cookie of ours.
func (p *CSRF) subject(c *gin.Context) string {
	if id := IdentityOf(c); !id.Anonymous() {
		return sessionSubject(id)
	}
	if given, _ := c.Value(visitorKey).(string); given != "" {
		return given
	}
	cookie := p.cookie.of(c.Request, p.cookie.Name)
	visit, signature, ok := strings.Cut(strings.TrimPrefix(cookie, visitorPrefix), ".")
	if !isVisitor(cookie) || !ok || !hmac.Equal([]byte(signature), []byte(p.sign("visit "+visit))) {
		return ""
	}
	return cookie
}

// sessionSubject is the remembered login where there is one: pages that stayed open
// keep their token when a new session takes over from it. Otherwise the session's
// row: its cookie changes with the password, open pages keep their token.
func sessionSubject(id Identity) string {
	user := strconv.FormatInt(id.UserID, 10)
	if id.RememberedID != 0 {
		return "remembered " + user + " " + strconv.FormatInt(id.RememberedID, 10)
	}
	return "session " + user + " " + strconv.FormatInt(id.SessionID, 10)
}

// visitorPrefix marks a session cookie of somebody who is not signed in. Session
// tokens have no dot.
const visitorPrefix = "visitor."

func isVisitor(cookie string) bool { return strings.HasPrefix(cookie, visitorPrefix) }

func (p *CSRF) sign(text string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Handler checks every POST, PUT, PATCH and DELETE of a known route. It must run
// after Sessions. A request that is not signed in passes without a token, unless
// its route is public: the route refuses it for that, which tells the client more.
func (p *CSRF) Handler() gin.HandlerFunc {
	return func(c *gin.Context) {
		switch c.Request.Method {
		case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		default:
			return
		}
		if c.FullPath() == "" {
			return
		}
		if err := p.check(c); err != nil {
			Refuse(c, err)
		}
	}
}

// FromHere refuses requests that another site made a browser send, and asks for no
// token. It guards a route that clients without one call, and that takes JSON alone.
func (p *CSRF) FromHere(c *gin.Context) {
	if err := p.checkSite(c); err != nil {
		Refuse(c, err)
	}
}

func (p *CSRF) checkSite(c *gin.Context) error {
	if p.fromHere(c.Request) {
		return nil
	}
	return &models.Error{
		Code: models.Invalid, Message: "La solicitud viene de otro sitio",
		Err: errors.New("foreign origin " + strconv.Quote(c.GetHeader("Origin")) + ", Sec-Fetch-Site " + strconv.Quote(c.GetHeader("Sec-Fetch-Site")) +
			": an own one needs http.public_url or http.trusted_proxies, another one cors.origins"),
	}
}

func (p *CSRF) check(c *gin.Context) error {
	if err := p.checkSite(c); err != nil {
		return err
	}
	route := c.FullPath()
	if IdentityOf(c).Anonymous() && !p.public[route] {
		return nil
	}
	given, err := p.given(c)
	if err != nil {
		return err
	}
	if given == "" && p.noToken[route] {
		if p.vouched(c.Request) {
			return nil
		}
		return models.Errorf(models.Invalid, "No se pudo comprobar el origen de la solicitud")
	}
	subject := p.subject(c)
	if subject == "" || !hmac.Equal([]byte(given), []byte(p.sign(subject))) {
		return models.Errorf(models.Invalid, "El token CSRF falta o no es válido. Recargue la página")
	}
	return nil
}

// fromHere reports whether nothing in the request says that another site sent it.
func (p *CSRF) fromHere(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if !p.origins.Allowed(r) {
		return false
	}
	if site == "" || site == "same-origin" || site == "none" {
		return true
	}
	return origin != "" && (p.origins.isListed(origin) || site == "same-site")
}

// vouched reports whether the browser says that the page is ours.
func (p *CSRF) vouched(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" || r.Header.Get("Origin") != ""
}

// given is the token that the request carries, "" without one. Only a short
// urlencoded form is read for it.
func (p *CSRF) given(c *gin.Context) (string, error) {
	for _, name := range []string{"X-CSRFToken", "X-CSRF-Token"} {
		if token := c.GetHeader(name); token != "" {
			return token, nil
		}
	}
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return "", nil
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", models.Errorf(models.TooLarge, "El contenido supera el tamaño permitido")
		}
		return "", &models.Error{Code: models.Invalid, Message: "Formulario inválido", Err: err}
	}
	return c.Request.PostForm.Get("csrf_token"), nil
}
