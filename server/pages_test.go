package server_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// deskPolicy is what a page of the desk at url may do.
func deskPolicy(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://" + host + " wss://" + host +
		"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

var deskPages = []struct {
	path, area string
	roles      []models.Role
}{
	{"/dashboard/", "dashboard", models.Roles},
	{"/operations/", "operations", models.Roles},
	{"/operations/list", "operations", models.Roles},
	{"/operations/history", "history", models.Roles},
	{"/operations/create", "operation_create", []models.Role{models.Master, models.Trader}},
	{"/clients/", "clients", models.Roles},
	{"/clients/list", "clients", models.Roles},
	{"/users/", "users", []models.Role{models.Master}},
	{"/users/manage", "users", []models.Role{models.Master}},
}

// contract 3.1 to 3.6: who may see which page, and where the others are sent.
func TestPagesByRole(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		people := map[models.Role]*person{}
		for _, role := range models.Roles {
			people[role] = d.join(role)
		}
		stranger := d.stranger()
		for _, page := range deskPages {
			r := stranger.get(page.path).want(t, 302)
			if to := r.header.Get("Location"); to != "/login?next="+strings.ReplaceAll(page.path, "/", "%2F") {
				t.Errorf("%s sends a stranger to %s", page.path, to)
			}
			for _, role := range models.Roles {
				r := people[role].get(page.path)
				allowed := false
				for _, may := range page.roles {
					allowed = allowed || may == role
				}
				if !allowed {
					if r.status != 302 || r.header.Get("Location") != "/dashboard/" {
						t.Errorf("%s as %s: %d to %q", page.path, role, r.status, r.header.Get("Location"))
					}
					continue
				}
				r.want(t, 200)
				wantDeskPage(t, people[role], page.path, page.area, r)
			}
		}
	})
}

func wantDeskPage(t *testing.T, p *person, path, area string, r reply) {
	t.Helper()
	body := string(r.raw)
	for _, want := range []string{
		`<nav class="navbar"`, `<meta name="csrf-token" content="` + html.EscapeString(p.csrf) + `">`, `data-area="` + area + `"`,
		`data-user-name="` + p.user.Username + `"`, `data-user-role="` + p.user.Role + `"`, `data-socket-path="/socket.io/"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s as %s has no %s", path, p.user.Role, want)
		}
	}
	if got := r.header.Get("Content-Security-Policy"); got != deskPolicy(p.d.http.URL) {
		t.Errorf("%s: policy %q", path, got)
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%s: headers %v", path, r.header)
	}
	wantNoInline(t, path, body)
}

var inline = regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*[^<\s]|<style|\sstyle=|\son[a-z]+=|javascript:`)

// wantNoInline holds the page to what its policy allows.
func wantNoInline(t *testing.T, path, body string) {
	t.Helper()
	if found := inline.FindString(body); found != "" {
		t.Errorf("%s holds inline code: %q", path, found)
	}
}

// contract 3.1: the wrong role is told so on the dashboard, once.
func TestPagesNotice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		trader := d.join(models.Trader)
		trader.get("/users/").want(t, 302)
		for i, want := range []bool{true, false} {
			if got := strings.Contains(string(trader.get("/dashboard/").want(t, 200).raw), "No tiene permiso"); got != want {
				t.Errorf("visit %d: notice %v, want %v", i, got, want)
			}
		}
		r := trader.send("GET", "/dashboard/", nil, "Cookie", "notice=<b>hola</b>")
		if strings.Contains(string(r.raw), "hola") {
			t.Error("a cookie puts words on the page")
		}
	})
}

// contract 3.1, 3.2: GET / and the addresses without the last slash.
func TestPagesRedirects(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master := d.join(models.Master)
		for _, c := range []struct {
			who      *person
			path, to string
			status   int
		}{
			{d.stranger(), "/", "/login", 302}, {master, "/", "/dashboard/", 302}, {master, "/login", "/dashboard/", 302},
			{master, "/dashboard", "/dashboard/", 308}, {master, "/users", "/users/", 308}, {master, "/clients", "/clients/", 308},
			{master, "/operations?a=b", "/operations/?a=b", 308}, {d.stranger(), "/operations", "/operations/", 308},
		} {
			if r := c.who.get(c.path); r.status != c.status || r.header.Get("Location") != c.to {
				t.Errorf("%s: %d to %q, want %d to %q", c.path, r.status, r.header.Get("Location"), c.status, c.to)
			}
		}
	})
}

// contract 3.1, 3.2: the sign-in page has the fields that scripts fill in, and shows
// what it was given as text.
func TestLoginPage(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.stranger().get("/login?next="+"/operations/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").want(t, 200)
		body := string(r.raw)
		for _, want := range []string{
			`id="username" name="username"`, `id="password" name="password" type="password"`, `type="checkbox" id="remember" name="remember"`,
			`<input type="hidden" name="csrf_token" value="`, `<meta name="csrf-token" content="`, `method="post" action="/login"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("the sign-in page has no %s", want)
			}
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, `navbar`) {
			t.Errorf("the sign-in page: %s", body)
		}
		token := regexp.MustCompile(`name="csrf_token" value="([^"]+)"`).FindStringSubmatch(body)
		meta := regexp.MustCompile(`name="csrf-token" content="([^"]+)"`).FindStringSubmatch(body)
		if token == nil || meta == nil || token[1] != meta[1] {
			t.Errorf("tokens %v and %v", token, meta)
		}
		if r.header.Get("Content-Security-Policy") != deskPolicy(d.http.URL) {
			t.Errorf("policy %q", r.header.Get("Content-Security-Policy"))
		}
		wantNoInline(t, "/login", body)
	})
}

// contract 5.29: names are text on pages, whatever they hold.
func TestPagesEscapeNames(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		hostile := `"><img src=x onerror=alert(1)>'</script>`
		p, token := d.stranger(), ""
		err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
			u := models.User{
				Username: hostile, Email: "x@desk.example", PasswordHash: "!", DNI: "12345678", Role: models.Master,
				Status: models.Active, CreatedAt: tx.Now(),
			}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			var err error
			token, _, err = tx.CreateSession(u.ID, models.Actor{UserID: u.ID}, time.Hour, false)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		at, err := url.Parse(d.http.URL)
		if err != nil {
			t.Fatal(err)
		}
		p.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
		for _, page := range deskPages {
			body := string(p.get(page.path).want(t, 200).raw)
			if strings.Contains(body, "<img src=x") || strings.Contains(body, hostile) {
				t.Errorf("%s holds the name as markup", page.path)
			}
			if !strings.Contains(body, "&lt;img src=x") {
				t.Errorf("%s does not show the name", page.path)
			}
		}
	})
}

// Static files have a type and a tag, and cost nothing when unchanged.
func TestStaticFiles(t *testing.T) {
	d := newDesk(t, models.SQLite)
	for name, kind := range map[string]string{
		"desk.js": "text/javascript; charset=utf-8", "live.js": "text/javascript; charset=utf-8", "desk.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		r := d.stranger().get("/static/"+name).want(t, 200)
		tag := r.header.Get("ETag")
		if r.header.Get("Content-Type") != kind || tag == "" || !strings.Contains(r.header.Get("Cache-Control"), "must-revalidate") {
			t.Errorf("%s: %v", name, r.header)
		}
		again := d.stranger().send("GET", "/static/"+name, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
		if len(again.raw) != 0 {
			t.Errorf("%s: %d bytes with 304", name, len(again.raw))
		}
	}
	for _, path := range []string{"/static/", "/static/none.js", "/static/../pages.go", "/static/%2e%2e/pages.go", "/static/desk.js/"} {
		if r := d.stranger().get(path); r.status != 404 || r.body["error"] == nil {
			t.Errorf("%s: %d %.80s", path, r.status, r.raw)
		}
	}
}

// The browser client comes from the configured folder, and only its files.
func TestClientFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"socket.io.js": "window.io = 1", "socket.io.js.map": "{}", "secret.txt": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	on := newDesk(t, models.SQLite, func(c *server.Config) { c.Socket.ClientDir = dir })
	r := on.stranger().get("/socket.io/socket.io.js").want(t, 200)
	if string(r.raw) != "window.io = 1" || r.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("client: %q %v", r.raw, r.header)
	}
	on.stranger().get("/socket.io/socket.io.js.map").want(t, 200)
	on.stranger().get("/socket.io/socket.io.min.js").want(t, 404)
	on.stranger().send("POST", "/socket.io/socket.io.js", nil).want(t, 405)
	if r := on.stranger().get("/socket.io/secret.txt"); strings.Contains(string(r.raw), "no") && r.status == 200 {
		t.Error("a file that is no client is served")
	}
	if !strings.Contains(string(on.join(models.Master).get("/dashboard/").raw), "data-live-client") {
		t.Error("the page does not know of the client")
	}
	off := newDesk(t, models.SQLite)
	if r := off.stranger().get("/socket.io/socket.io.js").want(t, 404); !strings.Contains(r.message(), "socket.client_dir") {
		t.Errorf("no hint: %s", r.raw)
	}
	if strings.Contains(string(off.join(models.Master).get("/dashboard/").raw), "data-live-client") {
		t.Error("the page hopes for a client that is not there")
	}
}
