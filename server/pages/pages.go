// Package pages serves the desk's HTML: the sign-in page, one page per area of the
// desk, and their scripts and styles, all embedded. Pages hold no data of the desk;
// their scripts read it through the REST interface.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Options is what pages need of the assembly.
type Options struct {
	// CSRF gives the token that goes into a page; it may set a cookie. Nil gives none.
	CSRF func(*gin.Context) string
	// SocketPath is the path of the Socket.IO endpoint, with both slashes.
	SocketPath string
	// LiveClient tells whether the browser client is served at SocketPath.
	LiveClient bool
	// PublicURL is the server's own URL or empty.
	PublicURL string
}

// Pages renders the HTML of the desk. It may be used concurrently.
type Pages struct {
	options    Options
	publicHost string
	login      *template.Template
	areas      map[string]*template.Template
}

// New parses the templates; an error is a fault of the build.
func New(o Options) (*Pages, error) {
	p := &Pages{options: o, areas: map[string]*template.Template{}}
	public, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	p.publicHost = public.Host
	if p.login, err = template.ParseFS(templateFiles, "templates/login.html"); err != nil {
		return nil, fmt.Errorf("parse the sign-in page: %w", err)
	}
	for _, a := range areas {
		if p.areas[a.file], err = template.ParseFS(templateFiles, "templates/layout.html", "templates/partials.html", "templates/"+a.file); err != nil {
			return nil, fmt.Errorf("parse %s: %w", a.file, err)
		}
	}
	return p, nil
}

// policy allows a page what the desk itself serves, by kind, and nothing inline: no
// script, no style, no frame, no plug-in, no foreign target of a form. Connections go to
// the server alone, so that a script that got in all the same has nowhere to report to.
func (p *Pages) policy(r *http.Request) string {
	return middleware.PagePolicy(r, p.publicHost, "img-src 'self'")
}

// render writes a page whole or, when the template fails, not at all.
func (p *Pages) render(c *gin.Context, status int, t *template.Template, name string, data any) {
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, name, data); err != nil {
		middleware.Refuse(c, &models.Error{Code: models.Internal, Message: "No se pudo mostrar la página", Err: err})
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", p.policy(c.Request))
	h.Set("Cache-Control", "no-store")
	c.Data(status, "text/html; charset=utf-8", body.Bytes())
}

// csrf is the token for the page.
func (p *Pages) csrf(c *gin.Context) string {
	if p.options.CSRF == nil {
		return ""
	}
	return p.options.CSRF(c)
}

// Root is GET / (contract 3.2).
func (p *Pages) Root(c *gin.Context) {
	if middleware.IdentityOf(c).Anonymous() {
		c.Redirect(http.StatusFound, "/login")
		return
	}
	c.Redirect(http.StatusFound, "/dashboard/")
}

// Login writes the sign-in page with a message (flash, may be empty) and the path
// to go on to; it checks neither (contract 3.2).
func (p *Pages) Login(c *gin.Context, status int, flash, next string) {
	p.render(c, status, p.login, "login.html", gin.H{"CSRF": p.csrf(c), "Flash": flash, "Next": next})
}
