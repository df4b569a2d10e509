package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/relevo/relevo/models"
)

const adminUIPassword = "de-la-consola-1"

// adminUIPage serves the page that @socket.io/admin-ui publishes, as it is, from an origin
// of its own. It names fonts and icons of other sites; the policy keeps the test from
// asking for them.
func adminUIPage(t *testing.T) string {
	t.Helper()
	needNode(t, "@socket.io/admin-ui", "playwright-core", "socket.io-client-4.8")
	files := http.FileServer(http.Dir("node_modules/@socket.io/admin-ui/ui/dist"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src *")
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// withAdminUI switches the namespace on for the page.
func withAdminUI(t *testing.T, page string, more ...string) []string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(adminUIPassword), 10)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{
		servesPages(t), "RELEVO_ADMIN_UI_ENABLED=true", "RELEVO_ADMIN_UI_USERNAME=ops", "RELEVO_ADMIN_UI_PASSWORD_HASH=" + string(hash),
		"RELEVO_CORS_ORIGINS=" + page,
	}, more...)
}

// signInAdminUI fills in the form of the page; with an empty name it is the browser's own
// session that counts.
func (c *chromium) signInAdminUI(who, server, name, password string) {
	c.t.Helper()
	for label, value := range map[string]string{"Server URL": server, "Username": name, "Password": password} {
		c.do(who, "fill", map[string]any{"selector": fmt.Sprintf(".v-dialog label:has-text(%q) + input", label), "value": value})
	}
	c.do(who, "click", map[string]any{"selector": ".v-dialog button[type=submit]"})
}

// statusChip is what the page says of its connection.
func statusChip(text string) string {
	return fmt.Sprintf("header .v-chip__content:text-is(%q):visible", text)
}

// TestAdminUIPage drives the published page against the built program: a wrong password is
// told, the login lists the server and the sockets of people who come and go, loading the
// page again needs no password, a Master's session is enough, and disconnecting works when
// it is allowed.
func TestAdminUIPage(t *testing.T) {
	t.Parallel()
	page := adminUIPage(t)
	p := start(t, models.SQLite, withAdminUI(t, page, "RELEVO_ADMIN_UI_READ_ONLY=false")...)
	max, olga := p.hire("max", models.Master), p.hire("olga", models.Operador)
	tab, cookies := olga.socket(), []string{max.cookie(), olga.cookie()}

	c := launch(t, page)
	c.do("ops", "open", map[string]any{"settings": map[string]any{"viewport": map[string]int{"width": 1440, "height": 900}}})
	c.do("ops", "goto", map[string]any{"path": "/"})
	c.signInAdminUI("ops", p.url, "ops", "adivino")
	c.do("ops", "wait", map[string]any{"selector": ".v-dialog .red--text", "value": "nvalid credentials"})
	c.signInAdminUI("ops", p.url, "ops", adminUIPassword)
	c.do("ops", "wait", map[string]any{"selector": statusChip("connected")})
	c.do("ops", "wait", map[string]any{"selector": ".v-dialog", "state": "hidden"})
	c.picture("ops", "dashboard")

	c.do("ops", "eval", map[string]any{"value": `void (location.hash = '#/sockets/')`})
	c.do("ops", "wait", map[string]any{"selector": "td", "value": tab.SID})
	second := olga.socket()
	c.do("ops", "wait", map[string]any{"selector": "td", "value": second.SID})
	c.picture("ops", "sockets")
	second.Close()
	c.unlisted("ops", second.SID)

	c.do("ops", "click", map[string]any{"selector": "td", "value": tab.SID})
	c.do("ops", "wait", map[string]any{"selector": "pre", "value": `"username": "olga"`})
	c.do("ops", "wait", map[string]any{"selector": "td", "value": "role_Operador"})
	c.picture("ops", "socket")
	c.do("ops", "eval", map[string]any{"value": `void (location.hash = '#/servers/')`})
	c.do("ops", "wait", map[string]any{"selector": "td", "value": fmt.Sprint(p.cmd.Process.Pid)})
	c.picture("ops", "servers")

	c.do("ops", "reload", nil)
	c.do("ops", "wait", map[string]any{"selector": "td", "value": fmt.Sprint(p.cmd.Process.Pid)})
	c.do("ops", "eval", map[string]any{"value": `void (location.hash = '#/sockets/')`})
	c.do("ops", "wait", map[string]any{"selector": "td", "value": tab.SID})
	c.do("ops", "click", map[string]any{"selector": fmt.Sprintf("tr:has-text(%q) button", tab.SID)})
	p.eventually("the socket is disconnected", func() error {
		if !tab.Disconnected() {
			return fmt.Errorf("still there")
		}
		return nil
	})
	// The click is one on the row as well, which leads to the socket's page.
	c.do("ops", "eval", map[string]any{"value": `void (location.hash = '#/sockets/')`})
	c.unlisted("ops", tab.SID)
	lines := max.send("GET", "/api/audit?entity=Security", nil).want(200)
	for _, want := range []string{models.LoginFailed, models.AdminDisconnect, tab.SID, "Admin UI"} {
		if !strings.Contains(string(lines.raw), want) {
			t.Errorf("no %s among the security events: %s", want, lines.raw)
		}
	}

	// A session counts there too, because cookies know no ports, and ends there too.
	for who, enters := range map[string]bool{"max": true, "olga": false} {
		b := launch(t, p.url)
		b.do(who, "goto", map[string]any{"path": "/login"})
		b.fillIn(who)
		b.do(who, "eval", map[string]any{"value": fmt.Sprintf(`void setTimeout(() => { location = %q; }, 0)`, page+"/")})
		b.do(who, "wait", map[string]any{"selector": ".v-dialog"})
		b.signInAdminUI(who, p.url, "", "")
		if !enters {
			b.do(who, "wait", map[string]any{"selector": ".v-dialog .red--text", "value": "nvalid credentials"})
			continue
		}
		b.do(who, "wait", map[string]any{"selector": statusChip("connected")})
		max.send("DELETE", "/api/sessions", nil).want(200)
		b.do(who, "wait", map[string]any{"selector": statusChip("disconnected")})
	}
	frames := c.do("ops", "frames", nil)
	for _, never := range append(cookies, tab.Open.SID, "@desk.example", "User-Agent") {
		if strings.Contains(frames, strings.TrimPrefix(never, "session=")) {
			t.Errorf("the page was told %s", never)
		}
	}
	for fault := range strings.Lines(c.do("ops", "faults", nil)) {
		if !strings.Contains(fault, "Content Security Policy") || !strings.Contains(fault, "https://") {
			t.Errorf("fault of the page: %s", fault)
		}
	}
}

// unlisted waits until the table shows the text no more.
func (c *chromium) unlisted(who, text string) {
	c.t.Helper()
	err := within(patience, func() error {
		if n := c.do(who, "count", map[string]any{"selector": "td", "value": text}); n != "0" {
			return fmt.Errorf("%s rows", n)
		}
		return nil
	})
	if err != nil {
		c.t.Errorf("%s is listed still: %v", text, err)
	}
}

// picture keeps what the page shows.
func (c *chromium) picture(who, name string) {
	c.t.Helper()
	shot := artifact(c.t, "admin-ui-"+name+".png")
	c.do(who, "shot", map[string]any{"path": shot})
	c.t.Logf("picture: %s", shot)
}

// TestAdminUIClient joins the namespace with the npm client as the page does: from an
// origin that is allowed, and from one that is not.
func TestAdminUIClient(t *testing.T) {
	t.Parallel()
	const page = "http://console.example:4000"
	p := start(t, models.SQLite, withAdminUI(t, page)...)
	olga := p.hire("olga", models.Operador)
	tab := olga.socket()
	for _, pkg := range npmClients {
		for _, transports := range [][]string{{"polling", "websocket"}, {"websocket"}} {
			options := func(origin string) map[string]any {
				return map[string]any{
					"forceNew": true, "reconnection": false, "transports": transports, "withCredentials": true,
					"extraHeaders": map[string]string{"Origin": origin}, "auth": map[string]any{"username": "ops", "password": adminUIPassword},
				}
			}
			at := p.url + "/admin"
			d := drive(t, "client.mjs", map[string]any{"package": pkg, "url": at, "options": options(page)})
			d.awaitAt("connect", 1)
			d.await("the list of sockets", 1, func(s said) bool {
				return s.At == "event" && s.Name == "all_sockets" && strings.Contains(string(s.Args[0]), tab.SID)
			})
			d.await("the state of the server", 1, func(s said) bool { return s.At == "event" && s.Name == "server_stats" })
			config := d.await("what can be done", 1, func(s said) bool { return s.At == "event" && s.Name == "config" })
			if raw, _ := json.Marshal(config.Args); strings.Contains(string(raw), "DISCONNECT") {
				t.Errorf("read only, and it may %s", raw)
			}
			foreign := drive(t, "client.mjs", map[string]any{"package": pkg, "url": at, "options": options("https://evil.example")})
			if why := foreign.awaitAt("connect_error", 1); why.Reason == "invalid credentials" {
				t.Errorf("a foreign page may try passwords")
			}
		}
	}
}
