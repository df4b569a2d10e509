package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

const boardPassword = "la-otra-clave"

// withBoard switches the Admin UI on, with a login of its own.
func withBoard(cfg *server.Config) {
	hash, err := bcrypt.GenerateFromPassword([]byte(boardPassword), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	cfg.AdminUI.Enabled, cfg.AdminUI.Username, cfg.AdminUI.PasswordHash, cfg.AdminUI.ReadOnly = true, "ops", string(hash), false
}

// board joins the Admin UI's namespace in the person's browser.
func (p *person) board(transport, auth string) (*livetest.Client, error) {
	p.d.t.Helper()
	c, err := livetest.Connect(p.d.t.Context(), livetest.Dial{
		URL: p.d.http.URL, Transport: transport, Jar: p.client.Jar, Namespace: "/admin", Auth: auth,
	})
	if err == nil {
		p.d.t.Cleanup(c.Close)
		_, err = c.WaitEvent(p.d.t.Context(), "all_sockets")
	}
	return c, err
}

func credentials(name, password string) string {
	raw, _ := json.Marshal(map[string]string{"username": name, "password": password})
	return string(raw)
}

const (
	boardRefused = `CONNECT_ERROR {"message":"invalid credentials"}`
	boardLimited = `CONNECT_ERROR {"message":"too many attempts, try again later"}`
)

// Only a Master's session, or the login, opens the namespace; what was tried with a wrong
// one stands among the security events.
func TestAdminUIAccess(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, operator, nobody := d.join(models.Master), d.join(models.Operador), d.stranger()
		for name, c := range map[string]struct {
			who  *person
			auth string
			want string
		}{
			"a Master": {master, "", ""}, "an Operador": {operator, "", boardRefused}, "a Trader": {d.join(models.Trader), "", boardRefused},
			"nobody": {nobody, "", boardRefused}, "the login": {nobody, credentials("ops", boardPassword), ""},
			"a wrong password":           {nobody, credentials("ops", "adivino-1"), boardRefused},
			"a Master's own password":    {nobody, credentials(master.user.Username, deskPassword), boardRefused},
			"an Operador's wrong one":    {operator, credentials("ops", ""), boardRefused},
			"the hash in its own place":  {nobody, credentials("ops", "$2a$04$"), boardRefused},
			"more than bcrypt looks at":  {nobody, credentials("ops", boardPassword+strings.Repeat("x", 2000)), boardRefused},
			"a name with NUL and quotes": {nobody, credentials("ops\x00' OR 1=1", boardPassword), boardRefused},
		} {
			_, err := c.who.board("websocket", c.auth)
			if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		lines, _ := master.audit(url.Values{"action": {models.LoginFailed}})
		if len(lines) != 6 {
			t.Errorf("%d wrong logins recorded", len(lines))
		}
		for _, l := range lines {
			if !strings.HasPrefix(l["details"].(string), "Admin UI: ") || l["address"] != "127.0.0.1" {
				t.Errorf("recorded: %v", l)
			}
		}
	}, withBoard, func(cfg *server.Config) { cfg.Login.PerMinute = 100 })
}

// contract 5.9: however a session ends, its open socket in the namespace ends, and so it
// does when the user is no Master any more; neither comes in again.
func TestAdminUIEnds(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			d := newDesk(t, dialect, withBoard, patient, unpolled)
			ways := map[string]func(t *testing.T, max, who *person){
				"another role": func(t *testing.T, max, who *person) {
					max.json("PUT", "/users/api/update/"+itoa(who.user.ID), map[string]any{"role": models.Trader}).want(t, 200)
				},
				"its time": func(_ *testing.T, _, _ *person) { d.advance(13 * time.Hour); d.app.ExpireSessions() },
			}
			for name, way := range waysOut {
				if way.act != nil && name != "sign-in over it" {
					ways[name] = way.act
				}
			}
			for name, act := range ways {
				t.Run(name, func(t *testing.T) {
					outer := d.t
					d.t = t
					defer func() { d.t = outer }()
					max, who, witness := d.hire(models.Master), d.hire(models.Master), d.stranger()
					for _, p := range []*person{max, who} {
						p.signInJSON(p.user.Username, deskPassword, false).want(t, 200)
					}
					open := map[string]*livetest.Client{}
					for _, transport := range []string{"websocket", "polling"} {
						c, err := who.board(transport, "")
						if err != nil {
							t.Fatal(err)
						}
						open[transport] = c
					}
					stays, err := witness.board("websocket", credentials("ops", boardPassword))
					if err != nil {
						t.Fatal(err)
					}
					act(t, max, who)
					for transport, c := range open {
						if err := within(func() bool { return c.Closed() || c.Disconnected() }); err != nil {
							t.Errorf("the socket over %s: %v", transport, err)
						}
						if _, err := who.board(transport, ""); err == nil || err.Error() != boardRefused {
							t.Errorf("again over %s: %v", transport, err)
						}
						c.Close()
					}
					if name != "its time" && (stays.Closed() || stays.Disconnected()) {
						t.Error("who has the login is out as well")
					}
					stays.Close()
				})
			}
		})
	}
}

func within(ok func() bool) error {
	for deadline := time.Now().Add(livetest.Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v", livetest.Patience)
		}
	}
	return nil
}

// contract 5.9: so do the ends and the changes of role that no event tells of.
func TestAdminUILostEnds(t *testing.T) {
	for name, change := range map[string]func(tx *models.Tx, user int64) error{
		"session deleted": func(tx *models.Tx, user int64) error { return tx.EndSessions(user, 0) },
		"role changed":    func(tx *models.Tx, user int64) error { _, err := tx.SetRole(user, models.Operador); return err },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, models.SQLite, withBoard, quick)
			who, mate := d.join(models.Master), d.join(models.Master)
			c, err := who.board("websocket", "")
			if err != nil {
				t.Fatal(err)
			}
			stays, err := mate.board("websocket", "")
			if err != nil {
				t.Fatal(err)
			}
			if err := d.store.Tx(t.Context(), func(tx *models.Tx) error { return change(tx, who.user.ID) }); err != nil {
				t.Fatal(err)
			}
			if err := within(func() bool { return c.Closed() || c.Disconnected() }); err != nil {
				t.Error(err)
			}
			if stays.Closed() || stays.Disconnected() {
				t.Error("somebody else is out as well")
			}
		})
	}
}

// Attempts count together with those of the sign-in form, by address and by account.
func TestAdminUILimits(t *testing.T) {
	d := newDesk(t, models.SQLite, withBoard, func(cfg *server.Config) { cfg.Login.PerMinute = 4 })
	master := d.join(models.Master)
	d.stranger().signInJSON("nadie", "adivino-0", false).want(t, 401)
	for i := range 3 {
		if _, err := d.stranger().board("websocket", credentials("ops", fmt.Sprintf("adivino-%d", i))); err == nil || err.Error() != boardRefused {
			t.Errorf("attempt %d: %v", i, err)
		}
	}
	if _, err := d.stranger().board("websocket", credentials("ops", boardPassword)); err == nil || err.Error() != boardLimited {
		t.Errorf("one too many: %v", err)
	}
	if _, err := master.board("websocket", ""); err != nil {
		t.Errorf("a session needs no attempt: %v", err)
	}
	d.advance(time.Minute)
	if _, err := d.stranger().board("websocket", credentials("ops", boardPassword)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	if err := within(func() bool {
		lines, _ := master.audit(url.Values{"action": {models.LimitHit}})
		return len(lines) == 1
	}); err != nil {
		t.Errorf("the limit among the security events: %v", err)
	}
}

// Who disconnects whom is recorded; the pid of a socket of the root opens nothing here.
func TestAdminUIActs(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader := d.join(models.Master), d.join(models.Trader)
		tab, own := trader.tabAt(d.http.URL, "websocket"), master.tabAt(d.http.URL, "websocket")
		look, err := master.board("websocket", fmt.Sprintf(`{"pid":%q,"offset":""}`, own.PID))
		if err != nil {
			t.Fatal(err)
		}
		if look.SID == own.SID || look.PID != "" {
			t.Errorf("sid %s, pid %q", look.SID, look.PID)
		}
		if err := look.Send(t.Context(), fmt.Sprintf(`42/admin,["_disconnect","/",false,%q]`, tab.SID)); err != nil {
			t.Fatal(err)
		}
		if err := within(tab.Disconnected); err != nil {
			t.Fatal(err)
		}
		lines, _ := master.audit(url.Values{"action": {models.AdminDisconnect}})
		if len(lines) != 1 || lines[0]["user_id"] != float64(master.user.ID) || !strings.Contains(lines[0]["details"].(string), tab.SID) {
			t.Errorf("recorded: %v", lines)
		}
		for _, e := range look.Events() {
			for _, arg := range e.Args {
				if strings.Contains(string(arg), trader.cookie("session")) || strings.Contains(string(arg), tab.Open.SID) {
					t.Errorf("a secret in %s: %s", e.Name, arg)
				}
			}
		}
	}, withBoard)
}

// What does not fit together is refused before anything starts, and the hash is not shown.
func TestAdminUIConfig(t *testing.T) {
	const hash = "$2y$12$bpg7sPNZz5lXzkzlYbnxguXo0T5V4TeTRhbsDm/.WQpfJWzTWnNF6"
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"off": {nil, ""}, "sessions only": {[]string{"RELEVO_ADMIN_UI_ENABLED=true"}, ""},
		"a login":       {[]string{"RELEVO_ADMIN_UI_ENABLED=true", "RELEVO_ADMIN_UI_USERNAME=ops", "RELEVO_ADMIN_UI_PASSWORD_HASH=" + hash}, ""},
		"half a login":  {[]string{"RELEVO_ADMIN_UI_ENABLED=true", "RELEVO_ADMIN_UI_USERNAME=ops"}, "expected both"},
		"no name":       {[]string{"RELEVO_ADMIN_UI_ENABLED=true", "RELEVO_ADMIN_UI_PASSWORD_HASH=" + hash}, "expected both"},
		"other engine":  {[]string{"RELEVO_ADMIN_UI_ENABLED=true", "RELEVO_SOCKET_ENGINE=zishang520"}, "expected socket.engine native"},
		"a password":    {[]string{"RELEVO_ADMIN_UI_PASSWORD_HASH=" + boardPassword}, "admin_ui.password_hash: the value (not shown) is not valid, expected a bcrypt hash"},
		"a cheap hash":  {[]string{"RELEVO_ADMIN_UI_PASSWORD_HASH=" + strings.Replace(hash, "$12$", "$04$", 1)}, "of cost 10 to 14"},
		"a costly hash": {[]string{"RELEVO_ADMIN_UI_PASSWORD_HASH=" + strings.Replace(hash, "$12$", "$20$", 1)}, "of cost 10 to 14"},
		"another form":  {[]string{"RELEVO_ADMIN_UI_PASSWORD_HASH=scrypt:32768:8:1$salt$00"}, "a bcrypt hash"},
	} {
		cfg, err := server.LoadConfig(server.Source{Environ: c.environ})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), boardPassword) || strings.Contains(err.Error(), "bpg7sPNZ")) {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
		if err == nil {
			for _, s := range cfg.Settings() {
				if strings.Contains(s.Value, "bpg7sPNZ") {
					t.Errorf("%s is shown as %s", s.Key, s.Value)
				}
			}
		}
	}
}
