package server_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// cheapHash is deskPassword under parameters that tests can afford.
const cheapHash = "scrypt:1024:8:1$saltsaltsaltsalt$" +
	"88b9ed79e859d3613a4953e7c9d9c08b96121d4262c5dbd158e476005edbf78c" +
	"c419dd7ba4bda4e0d5673d8249aad160024d534441692d6bf25a9a110396430b"

// hire is join for somebody who signs in with deskPassword: no session yet.
func (d *desk) hire(role string) *person {
	d.t.Helper()
	p := d.join(role)
	err := d.store.Tx(context.Background(), func(tx *models.Tx) error { return tx.SetPassword(p.user.ID, "", cheapHash, 0) })
	if err != nil {
		d.t.Fatal(err)
	}
	out := d.stranger()
	out.user = p.user
	return out
}

func patient(cfg *server.Config) { cfg.Login.PerMinute = 1000 }

func (p *person) cookie(name string) string {
	at, _ := url.Parse(p.d.http.URL)
	for _, c := range p.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (p *person) setCookie(name, value string) {
	at, _ := url.Parse(p.d.http.URL)
	p.client.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// form posts a form with the CSRF token of this browser in it, as pages do.
func (p *person) form(path string, fields ...string) reply {
	p.d.t.Helper()
	p.refreshCSRF()
	values := url.Values{"csrf_token": {p.csrf}}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return p.send("POST", path, []byte(values.Encode()), "Content-Type", "application/x-www-form-urlencoded", "X-CSRFToken", "")
}

func (p *person) signInJSON(login, password string, remember bool) reply {
	p.d.t.Helper()
	p.refreshCSRF()
	r := p.json("POST", "/login", map[string]any{"username": login, "password": password, "remember": remember})
	p.csrf, _ = r.body["csrf_token"].(string)
	return r
}

func (p *person) signedIn() bool {
	p.d.t.Helper()
	return p.get("/api/session").want(p.d.t, 200).body["authenticated"] == true
}

// contract 3.1: a script learns its token from GET /api/session.
func TestSessionEndpoint(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s := d.stranger().get("/api/session").want(t, 200)
		if s.body["authenticated"] != false || s.body["user"] != nil || s.body["csrf_token"] == "" {
			t.Errorf("stranger: %s", s.raw)
		}
		p := d.join(models.Trader)
		r := p.get("/api/session").want(t, 200)
		user, _ := r.body["user"].(map[string]any)
		if r.body["authenticated"] != true || user["username"] != p.user.Username || user["email"] != p.user.Email || r.body["csrf_token"] == "" {
			t.Errorf("trader: %s", r.raw)
		}
		if strings.Contains(string(r.raw), "hash") || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("session answer: %v %s", r.header, r.raw)
		}
	})
}

// contract 3.2: the login form.
func TestLoginForm(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Trader)
		page := p.get("/login").want(t, 200)
		if !strings.Contains(string(page.raw), `name="csrf_token"`) {
			t.Fatal("the login form has no csrf_token")
		}
		for name, c := range map[string]struct{ login, password string }{
			"wrong password": {p.user.Username, "incorrecta-9"}, "unknown user": {"nadie", deskPassword},
			"other case": {strings.ToUpper(p.user.Username), deskPassword}, "empty": {"", ""},
		} {
			r := d.stranger().form("/login", "username", c.login, "password", c.password).want(t, 200)
			if !strings.Contains(string(r.raw), "Usuario o contraseña incorrectos") {
				t.Errorf("%s: no flash in %.300s", name, r.raw)
			}
		}
		before := p.cookie("session")
		p.refreshCSRF()
		r := p.form("/login", "username", " "+p.user.Email+" ", "password", deskPassword).want(t, 302)
		if r.header.Get("Location") != "/dashboard/" {
			t.Errorf("Location %q", r.header.Get("Location"))
		}
		if p.cookie("session") == before || !p.signedIn() {
			t.Error("the session token did not rotate, or nobody is signed in")
		}
		set := strings.Join(r.header.Values("Set-Cookie"), "\n")
		for _, part := range []string{"session=", "Path=/", "HttpOnly", "SameSite=Lax"} {
			if !strings.Contains(set, part) {
				t.Errorf("%s is missing in %q", part, set)
			}
		}
		if strings.Contains(set, "Secure") || strings.Contains(set, "Expires") || strings.Contains(set, "remember_token") {
			t.Errorf("cookie %q", set)
		}
		if p.get("/login").want(t, 302).header.Get("Location") != "/dashboard/" {
			t.Error("GET /login does not send a signed-in user on")
		}
		u, err := d.store.UserByID(context.Background(), p.user.ID)
		if err != nil || u.LastLogin == nil || !u.Online() {
			t.Errorf("last_login %v, %v", u.LastLogin, err)
		}
		if p.get("/logout").want(t, 302).header.Get("Location") != "/login" || p.signedIn() {
			t.Error("GET /logout left a session")
		}
		if u, _ := d.store.UserByID(context.Background(), p.user.ID); u.Online() || u.LastLogout == nil {
			t.Error("last_logout is not set")
		}
	}, patient)
}

// contract 3.2, 5.18: JSON answers, and that nothing tells whether a user exists.
func TestLoginJSON(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p, gone := d.hire(models.Master), d.hire(models.Trader)
		err := d.store.Tx(context.Background(), func(tx *models.Tx) error { _, err := tx.SetStatus(gone.user.ID, models.Inactive); return err })
		if err != nil {
			t.Fatal(err)
		}
		wrong := d.stranger().signInJSON(p.user.Username, "incorrecta-9", false).want(t, 401)
		unknown := d.stranger().signInJSON("nadie", "incorrecta-9", false).want(t, 401)
		inactiveWrong := d.stranger().signInJSON(gone.user.Username, "incorrecta-9", false).want(t, 401)
		if string(wrong.raw) != string(unknown.raw) || string(wrong.raw) != string(inactiveWrong.raw) {
			t.Errorf("answers differ: %s %s %s", wrong.raw, unknown.raw, inactiveWrong.raw)
		}
		if wrong.message() == "" || wrong.body["error"] != wrong.message() || wrong.body["success"] != false || wrong.body["session_expired"] != nil {
			t.Errorf("form of %s", wrong.raw)
		}
		d.stranger().signInJSON(gone.user.Username, deskPassword, false).want(t, 403)
		r := p.signInJSON(p.user.Username, deskPassword, false).want(t, 200)
		user, _ := r.body["user"].(map[string]any)
		if r.body["success"] != true || user["username"] != p.user.Username || r.body["csrf_token"] == "" {
			t.Errorf("answer %s", r.raw)
		}
		p.json("POST", "/logout", nil).want(t, 200)
		if p.signedIn() {
			t.Error("POST /logout left a session")
		}
		for body, status := range map[string]int{
			`{"username":null,"password":"x"}`: 400, `{"username":5,"password":"x"}`: 400, `{`: 400, `null`: 400, `[]`: 400,
		} {
			s := d.stranger()
			s.refreshCSRF()
			if r := s.send("POST", "/login", []byte(body), "Content-Type", "application/json").want(t, status); r.message() == "" || r.body["error"] != r.message() {
				t.Errorf("%s: form of %s", body, r.raw)
			}
		}
		s := d.stranger()
		s.refreshCSRF()
		s.send("POST", "/login", []byte("x"), "Content-Type", "text/plain").want(t, 415)
		s.send("POST", "/login", []byte(strings.Repeat("x", 70<<10)), "Content-Type", "application/json").want(t, 413)
	}, patient)
}

// 5.18: next leads only to paths of this server.
func TestLoginNext(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Trader)
		for next, want := range map[string]string{
			"/operations/list?all=true": "/operations/list?all=true", "/": "/",
			"": "/dashboard/", "//evil.example": "/dashboard/", `/\evil.example`: "/dashboard/", `\/evil.example`: "/dashboard/",
			"https://evil.example/": "/dashboard/", "javascript:alert(1)": "/dashboard/", "/a\r\nX: y": "/dashboard/", "/\t/evil.example": "/dashboard/",
			"evil.example": "/dashboard/", " /a": "/dashboard/", "///evil.example": "/dashboard/",
		} {
			s := d.stranger()
			r := s.form("/login?next="+url.QueryEscape(next), "username", p.user.Username, "password", deskPassword).want(t, 302)
			if got := r.header.Get("Location"); got != want {
				t.Errorf("next %q leads to %q, want %q", next, got, want)
			}
		}
		if r := d.stranger().get("/login?next=//evil.example"); strings.Contains(string(r.raw), "evil") {
			t.Error("the form carries a foreign next on")
		}
	}, patient)
}

// 5 a minute per address; per account also from many addresses (contract 3.1).
func TestLoginLimits(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.1"} })
	p := d.hire(models.Trader)
	attempt := func(address, login string) reply {
		s := d.stranger()
		s.refreshCSRF()
		return s.send("POST", "/login", []byte(`{"username":"`+login+`","password":"x"}`), "Content-Type", "application/json", "X-Forwarded-For", address)
	}
	for range 5 {
		attempt("192.0.2.1", "nadie").want(t, 401)
	}
	r := attempt("192.0.2.1", "otro").want(t, 429)
	if r.header.Get("Retry-After") == "" || r.message() == "" || r.body["error"] != r.message() {
		t.Errorf("answer %v %s", r.header, r.raw)
	}
	for i, address := range []string{"192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8:0:1::1", "192.0.2.4"} {
		if login := []string{p.user.Username, p.user.Email}[i%2]; attempt(address, login).status != 401 {
			t.Errorf("attempt %d from %s was refused", i, address)
		}
	}
	// Who comes anew has a turn each two seconds, so that guessing from elsewhere keeps
	// nobody out for longer; who has failed has none.
	attempt("192.0.2.5", p.user.Username).want(t, 401)
	attempt("192.0.2.2", p.user.Username).want(t, 429)
	if r := attempt("192.0.2.6", p.user.Username).want(t, 429); r.header.Get("Retry-After") != "2" {
		t.Errorf("a newcomer waits %q", r.header.Get("Retry-After"))
	}
	s := d.stranger()
	if r := s.form("/login", "username", p.user.Username, "password", "x").want(t, 429); !strings.Contains(r.header.Get("Content-Type"), "text/html") || r.header.Get("Retry-After") == "" {
		t.Errorf("form answer %v", r.header)
	}
	d.advance(13 * time.Second)
	attempt("192.0.2.1", "otro").want(t, 401)
	attempt("192.0.2.1", "otro").want(t, 429)
}

// A flood of wrong passwords holds the memory of max_hashes computations.
func TestLoginFlood(t *testing.T) {
	d := newDesk(t, models.SQLite, patient)
	p := d.hire(models.Trader)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			s := d.stranger()
			s.refreshCSRF()
			if r := s.json("POST", "/login", map[string]any{"username": p.user.Username, "password": "incorrecta-1"}); r.status != 401 {
				t.Errorf("status %d: %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	if peak := d.app.PeakHashes(); peak < 1 || peak > 4 {
		t.Errorf("%d hashes at once, want at most 4", peak)
	}
}

// contract 3.1: 12 hours from the sign-in, whatever happens meanwhile; an inactive
// user's session is over at once (5.15).
func TestSessionLife(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p, other := d.join(models.Trader), d.join(models.Operador)
		d.advance(11*time.Hour + 59*time.Minute)
		if !p.signedIn() {
			t.Fatal("over too early")
		}
		d.advance(2 * time.Minute)
		if p.signedIn() {
			t.Error("alive after 12 h: use must not extend it")
		}
		r := p.json("POST", "/change_password", map[string]any{}).want(t, 401)
		if r.body["session_expired"] != true {
			t.Errorf("answer %s", r.raw)
		}
		third := d.join(models.Operador)
		err := d.store.Tx(context.Background(), func(tx *models.Tx) error { _, err := tx.SetStatus(third.user.ID, models.Inactive); return err })
		if err != nil || third.signedIn() {
			t.Errorf("inactive user is signed in, %v", err)
		}
		_ = other
		if n, err := d.store.Purge(context.Background()); err != nil || n != 2 {
			t.Errorf("purged %d, %v; want the two expired sessions", n, err)
		}
	})
}
