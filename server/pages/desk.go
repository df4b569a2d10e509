package pages

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// area is a page of the desk.
type area struct {
	file  string
	name  string // what the scripts switch on
	title string
	paths []string
	roles []models.Role // none: anybody signed in
}

// areas is every page and who may see it (contract 3.3 to 3.6).
var areas = []area{
	{"dashboard.html", "dashboard", "Panel", []string{"/dashboard/"}, nil},
	{"operations.html", "operations", "Operaciones", []string{"/operations/", "/operations/list"}, nil},
	{"history.html", "history", "Historial", []string{"/operations/history"}, nil},
	{"operation_create.html", "operation_create", "Nueva operación", []string{"/operations/create"}, []models.Role{models.Master, models.Trader}},
	{"clients.html", "clients", "Clientes", []string{"/clients/", "/clients/list"}, models.Roles},
	{"users.html", "users", "Usuarios", []string{"/users/", "/users/manage"}, []models.Role{models.Master}},
}

// slashless are the addresses that redirect to a page.
var slashless = []string{"/dashboard", "/operations", "/clients", "/users"}

// Mount adds the pages and their static files to r. The sign-in page's own route
// belongs to the sign-in.
func (p *Pages) Mount(r gin.IRouter) {
	r.GET("/", p.Root)
	for _, a := range areas {
		for _, path := range a.paths {
			r.GET(path, p.guard(a), p.area(a))
		}
	}
	for _, path := range slashless {
		r.Any(path, addSlash)
	}
	r.GET("/static/*file", serveStatic)
	r.HEAD("/static/*file", serveStatic)
}

// addSlash redirects for good and keeps method and query (contract 3.1).
func addSlash(c *gin.Context) {
	to := url.URL{Path: c.Request.URL.Path + "/", RawQuery: c.Request.URL.RawQuery}
	c.Redirect(http.StatusPermanentRedirect, to.String())
}

// guard sends strangers to the sign-in page and the wrong role to the dashboard,
// with a message there (contract 3.1).
func (p *Pages) guard(a area) gin.HandlerFunc {
	check := middleware.RequireRole(a.roles...)
	return func(c *gin.Context) {
		id := middleware.IdentityOf(c)
		if !id.Anonymous() && len(a.roles) > 0 && !slices.Contains(a.roles, id.Role) {
			http.SetCookie(c.Writer, noticeCookie("denied", 60))
		}
		check(c)
	}
}

// area writes the page.
func (p *Pages) area(a area) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := middleware.IdentityOf(c)
		p.render(c, http.StatusOK, p.areas[a.file], "layout.html", gin.H{
			"CSRF": p.csrf(c), "Title": a.title, "Area": a.name, "Notice": takeNotice(c),
			"UserID": id.UserID, "Username": id.Username, "Role": id.Role,
			"Master": id.Role == models.Master, "Creates": id.Role != models.Operador,
			"SocketPath": p.options.SocketPath, "LiveClient": p.options.LiveClient,
		})
	}
}

const noticeName = "notice"

// noticeCookie carries the name of a message to the next page; age 0 ends it.
func noticeCookie(value string, age int) *http.Cookie {
	if age == 0 {
		age = -1
	}
	return &http.Cookie{Name: noticeName, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// takeNotice gives the message of the page before, once. The cookie holds a name and
// never the text, so that nobody can put words on the page with it.
func takeNotice(c *gin.Context) string {
	cookie, err := c.Request.Cookie(noticeName)
	if err != nil {
		return ""
	}
	http.SetCookie(c.Writer, noticeCookie("", 0))
	if cookie.Value == "denied" {
		return "No tiene permiso para acceder a esa página."
	}
	return ""
}
