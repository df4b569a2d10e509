package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// contract 3.1: token × Origin × Sec-Fetch-Site on every unsafe request.
func TestCSRFMatrix(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p, other := d.join(models.Master), d.join(models.Master)
		own := d.http.URL
		tokens := map[string][]string{
			"X-CSRFToken": {"X-CSRFToken", p.csrf}, "X-CSRF-Token": {"X-CSRFToken", "", "X-CSRF-Token", p.csrf},
			"none": {"X-CSRFToken", ""}, "garbage": {"X-CSRFToken", "x"}, "of another session": {"X-CSRFToken", other.csrf},
		}
		origins := map[string]bool{
			"": true, own: true, "https://listed.example": true,
			"https://evil.example": false, "null": false, own + ".evil.example": false, "https://listed.example.evil.example": false,
			"http://listed.example": false, "https://listed.example:444": false, strings.Replace(own, "http:", "https:", 1): false,
		}
		sites := map[string]bool{"": true, "same-origin": true, "none": true, "cross-site": false, "same-site": false}
		for tokenName, token := range tokens {
			for origin, originOK := range origins {
				for site, siteOK := range sites {
					headers := append([]string{"Content-Type", "application/json"}, token...)
					if origin != "" {
						headers = append(headers, "Origin", origin)
					}
					if site != "" {
						headers = append(headers, "Sec-Fetch-Site", site)
					}
					// The operator's list, and a sibling whose Origin was accepted, outrank the browser's remark.
					fetchOK := siteOK || origin == "https://listed.example" || origin == own && site == "same-site"
					pass := strings.HasPrefix(tokenName, "X-") && originOK && fetchOK
					r := p.send("POST", "/users/api/toggle_status/999999", []byte("null"), headers...)
					if r.status != 400 || r.message() == "" || r.body["error"] != r.message() {
						t.Fatalf("%d %s", r.status, r.raw)
					}
					if reached := r.message() == "Usuario no encontrado"; reached != pass {
						t.Errorf("token %s, origin %q, site %q: reached %v, want %v: %s", tokenName, origin, site, reached, pass, r.raw)
					}
				}
			}
		}
	}, func(c *server.Config) { c.CORS.Origins = []string{"https://listed.example"} })
}

// contract 3.1: the token in a form, before the sign-in too, and no other body is read for it.
func TestCSRFForms(t *testing.T) {
	d := newDesk(t, models.SQLite, patient)
	visitor := d.stranger()
	form := func(p *person, token string) reply {
		return p.send("POST", "/login", []byte(url.Values{"csrf_token": {token}, "username": {"x"}, "password": {"y"}}.Encode()),
			"Content-Type", "application/x-www-form-urlencoded", "X-CSRFToken", "")
	}
	form(visitor, "").want(t, 400)
	visitor.refreshCSRF()
	form(visitor, visitor.csrf).want(t, 200)
	form(visitor, visitor.csrf).want(t, 200) // a token does not wear out
	form(visitor, visitor.csrf+"x").want(t, 400)
	second := d.stranger()
	second.refreshCSRF()
	form(second, visitor.csrf).want(t, 400)
	forged := d.stranger()
	forged.setCookie("session", "visitor.forged.signature")
	form(forged, visitor.csrf).want(t, 400)
	if forged.refreshCSRF(); strings.Contains(forged.cookie("session"), "forged") {
		t.Error("a forged visit was taken over")
	}
	r := visitor.send("POST", "/login", []byte("username="+strings.Repeat("x", 70<<10)), "Content-Type", "application/x-www-form-urlencoded", "X-CSRFToken", "")
	r.want(t, 413)
	visitor.send("POST", "/login?csrf_token="+visitor.csrf, []byte("username=x"), "Content-Type", "application/x-www-form-urlencoded", "X-CSRFToken", "").want(t, 400)
}

// contract 3.1: two uploads of unchanged pages send no token; there the browser must
// say that the page is ours.
func TestCSRFUploadsWithoutToken(t *testing.T) {
	d := newDesk(t, models.SQLite)
	p := d.join(models.Master)
	for _, path := range []string{"/clients/api/upload_validation_oc/999999", "/operations/api/upload_proof/999999"} {
		for _, c := range []struct {
			name    string
			headers []string
			pass    bool
		}{
			{"nothing", nil, false},
			{"same-origin", []string{"Sec-Fetch-Site", "same-origin"}, true},
			{"own Origin", []string{"Origin", d.http.URL}, true},
			{"none", []string{"Sec-Fetch-Site", "none"}, false},
			{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, false},
			{"same-site", []string{"Sec-Fetch-Site", "same-site"}, false},
			{"foreign Origin", []string{"Origin", "https://evil.example"}, false},
			{"foreign Origin that lies", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, false},
			{"null Origin", []string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, false},
			{"token", []string{"X-CSRFToken", p.csrf}, true},
			{"wrong token", []string{"X-CSRFToken", "x", "Sec-Fetch-Site", "same-origin"}, false},
		} {
			headers := append([]string{"Content-Type", "multipart/form-data; boundary=x", "X-CSRFToken", ""}, c.headers...)
			r := p.send("POST", path, []byte("--x--\r\n"), headers...)
			refused := strings.Contains(r.message(), "CSRF") || strings.Contains(r.message(), "origen") || strings.Contains(r.message(), "sitio")
			if refused == c.pass || refused && r.status != 400 || r.status == 500 {
				t.Errorf("%s, %s: %d %s", path, c.name, r.status, r.raw)
			}
		}
	}
}

// contract 3.1: who is not signed in, in the form of what asks.
func TestNotSignedIn(t *testing.T) {
	d := newDesk(t, models.SQLite)
	trader := d.join(models.Trader)
	html := "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct {
		path     string
		headers  []string
		status   int
		location string
	}{
		{"/users/api/list", nil, 401, ""},
		{"/users/api/list", []string{"Accept", html}, 401, ""},
		{"/api/dashboard_data", nil, 401, ""},
		{"/users/", []string{"Accept", html}, 302, "/login?next=%2Fusers%2F"},
		{"/users/", nil, 302, "/login?next=%2Fusers%2F"},
		{"/users/?a=1&b=2", []string{"Accept", html}, 302, "/login?next=%2Fusers%2F%3Fa%3D1%26b%3D2"},
		{"/users/", []string{"Accept", "application/json"}, 401, ""},
		{"/users/", []string{"Accept", "*/*"}, 401, ""},
		{"/users/", []string{"Accept", html, "X-Requested-With", "XMLHttpRequest"}, 401, ""},
		{"/users/", []string{"Accept", html, "X-CSRFToken", "x"}, 401, ""},
		{"/users/", []string{"Accept", html, "Content-Type", "application/json"}, 401, ""},
	} {
		r := d.stranger().send("GET", c.path, nil, c.headers...)
		if r.status != c.status || r.header.Get("Location") != c.location {
			t.Errorf("%s %v: %d to %q", c.path, c.headers, r.status, r.header.Get("Location"))
		}
		if r.status == 401 && (r.body["session_expired"] != true || r.body["success"] != false || r.message() == "" || r.body["error"] != r.message()) {
			t.Errorf("%s: %s", c.path, r.raw)
		}
	}
	// The wrong role: 403 for scripts, the dashboard for pages.
	if r := trader.send("GET", "/users/", nil, "Accept", html); r.status != 302 || r.header.Get("Location") != "/dashboard/" {
		t.Errorf("page: %d to %q", r.status, r.header.Get("Location"))
	}
	trader.send("GET", "/users/", nil, "Content-Type", "application/json").want(t, 403)
	trader.get("/users/api/list").want(t, 403)
	// A change without a session is told so, not that a token is missing.
	if r := d.stranger().json("DELETE", "/users/api/delete/1", nil).want(t, 401); r.body["session_expired"] != true {
		t.Errorf("%s", r.raw)
	}
}

// contract 3.1: what the framework itself answers.
func TestFrameworkAnswers(t *testing.T) {
	d := newDesk(t, models.SQLite)
	p := d.join(models.Master)
	huge := []byte(strings.Repeat("x", 11<<20))
	for name, r := range map[string]reply{
		"404":         p.get("/nothing/here").want(t, 404),
		"404 deep":    d.stranger().json("POST", "/users/api/nothing/at/all", nil).want(t, 404),
		"405":         p.json("DELETE", "/users/api/list", nil).want(t, 405),
		"413 length":  p.send("POST", "/users/api/create", huge, "Content-Type", "application/json").want(t, 413),
		"415":         p.send("POST", "/users/api/create", []byte("{}"), "Content-Type", "text/plain").want(t, 415),
		"415 none":    p.send("POST", "/users/api/create", []byte("{}")).want(t, 415),
		"400 json":    p.send("POST", "/users/api/create", []byte("{"), "Content-Type", "application/json").want(t, 400),
		"400 null":    p.send("POST", "/users/api/create", []byte("null"), "Content-Type", "application/json").want(t, 400),
		"400 a list":  p.send("POST", "/users/api/create", []byte("[]"), "Content-Type", "application/json").want(t, 400),
		"400 a token": p.send("POST", "/users/api/create", []byte("{}"), "Content-Type", "application/json", "X-CSRFToken", "x").want(t, 400),
	} {
		if r.body["success"] != false || r.message() == "" || r.body["error"] != r.message() || r.header.Get("X-Request-ID") == "" ||
			r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v %s", name, r.header, r.raw)
		}
	}
	req, _ := http.NewRequest("POST", d.http.URL+"/users/api/create", struct{ *strings.Reader }{strings.NewReader(string(huge))})
	req.ContentLength = -1
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRFToken", p.csrf)
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != 413 {
		t.Errorf("chunked: %d", resp.StatusCode)
	}
	if got := p.send("GET", "/api/session", nil, "X-Request-ID", "abc-123").header.Get("X-Request-ID"); got != "abc-123" {
		t.Errorf("request id %q", got)
	}
	for _, bad := range []string{"a b", "a\"b", strings.Repeat("x", 65), "<x>"} {
		if got := p.send("GET", "/api/session", nil, "X-Request-ID", bad).header.Get("X-Request-ID"); got == bad || got == "" {
			t.Errorf("request id %q was taken", bad)
		}
	}
	for _, path := range []string{"/dashboard", "/users", "/clients", "/operations"} {
		if r := p.get(path).want(t, 308); r.header.Get("Location") != path+"/" {
			t.Errorf("%s leads to %q", path, r.header.Get("Location"))
		}
	}
}

// One matcher for CORS, CSRF and sockets: a foreign page may neither read nor preflight.
func TestCORS(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.CORS.Origins = []string{"https://listed.example"} })
	p := d.join(models.Master)
	for origin, allowed := range map[string]bool{"https://listed.example": true, d.http.URL: true, "https://evil.example": false, "null": false} {
		r := p.send("GET", "/users/api/list", nil, "Origin", origin).want(t, 200)
		wantOrigin, wantCredentials := "", ""
		if allowed {
			wantOrigin, wantCredentials = origin, "true"
		}
		if r.header.Get("Access-Control-Allow-Origin") != wantOrigin || r.header.Get("Access-Control-Allow-Credentials") != wantCredentials || !strings.Contains(strings.Join(r.header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %v", origin, r.header)
		}
		status := map[bool]int{true: 204, false: 403}[allowed]
		r = p.send("OPTIONS", "/users/api/update/1", nil, "Origin", origin, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-csrftoken").want(t, status)
		if (r.header.Get("Access-Control-Allow-Origin") == origin) != allowed || allowed && !strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "X-CSRFToken") {
			t.Errorf("preflight of %s: %v", origin, r.header)
		}
	}
}

// contract 3.1: Secure follows what the browser sees.
func TestCookieSecure(t *testing.T) {
	for name, c := range map[string]struct {
		adjust func(*server.Config)
		proto  string
		secure bool
	}{
		"plain":                 {func(*server.Config) {}, "", false},
		"untrusted proxy":       {func(*server.Config) {}, "https", false},
		"trusted proxy":         {func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.0/8"} }, "https", true},
		"trusted proxy, plain":  {func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.0/8"} }, "http", false},
		"public URL":            {func(c *server.Config) { c.HTTP.PublicURL = "https://desk.example" }, "", true},
		"always":                {func(c *server.Config) { c.Session.CookieSecure = "always" }, "", true},
		"never, although https": {func(c *server.Config) { c.Session.CookieSecure, c.HTTP.PublicURL = "never", "https://desk.example" }, "", false},
	} {
		d := newDesk(t, models.SQLite, c.adjust)
		set := d.stranger().send("GET", "/api/session", nil, "X-Forwarded-Proto", c.proto).header.Get("Set-Cookie")
		if strings.Contains(set, "Secure") != c.secure || !strings.HasPrefix(set, "session=") {
			t.Errorf("%s: %q", name, set)
		}
	}
}
