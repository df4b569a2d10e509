package server_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// audit reads one page of the trail.
func (p *person) audit(query url.Values) (lines []map[string]any, next string) {
	p.d.t.Helper()
	r := p.get("/api/audit?"+query.Encode()).want(p.d.t, 200)
	for _, l := range r.body["lines"].([]any) {
		lines = append(lines, l.(map[string]any))
	}
	next, _ = r.body["next"].(string)
	return lines, next
}

// contract 4.4: a Master reads the trail by filters and pages, and nobody else.
func TestAuditTrail(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader, operator := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		for i := range 3 {
			d.advance(time.Minute)
			client := trader.addClient(newPerson(i))
			master.json("PATCH", fmt.Sprintf("/clients/api/change_status/%d", idOf(client)), object{"status": "Activo"}).want(t, 200)
		}
		d.advance(24 * time.Hour)
		master, trader, operator = master.again(), trader.again(), operator.again()
		master.json("PUT", "/users/api/update/"+itoa(operator.user.ID), object{"role": models.Trader}).want(t, 200)

		lines, next := master.audit(url.Values{})
		if len(lines) != 7 || next != "" {
			t.Fatalf("%d lines, next %q", len(lines), next)
		}
		want := map[string]any{
			"source": "audit", "id": lines[0]["id"], "at": "2026-01-16T12:03:00.123456", "user_id": float64(master.user.ID), "username": master.user.Username,
			"action": "UPDATE_USER", "entity": "User", "entity_id": float64(operator.user.ID), "login": nil, "notes": nil,
			"details": "Usuario actualizado: " + operator.user.Username + " (rol Operador a Trader)", "address": "127.0.0.1", "user_agent": "Go-http-client/1.1",
		}
		if !reflect.DeepEqual(lines[0], want) {
			t.Errorf("%v, want %v", lines[0], want)
		}
		for query, n := range map[string]int{
			"user_id=" + itoa(trader.user.ID): 3, "user_id=" + itoa(master.user.ID): 4, "user_id=999999": 0, "action=CREATE_CLIENT": 3, "action=NADA": 0,
			"entity=Client": 6, "entity=User": 1, "entity=Security": 0, "from=2026-01-16": 1, "to=2026-01-15": 6, "from=2026-01-15&to=2026-01-16": 7,
			"from=2026-01-15T12:02:00&to=2026-01-15T12:03:00": 2, "from=2026-01-15T17:03:00Z&to=2026-01-15": 2, "to=2026-01-15T12:00:00": 0,
			"entity=Client&action=UPDATE_CLIENT&limit=2": 2, "limit=200": 7,
		} {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if lines, _ := master.audit(values); len(lines) != n {
				t.Errorf("%s: %d lines, want %d: %v", query, len(lines), n, lines)
			}
		}
		seen := map[any]bool{}
		page := url.Values{"limit": {"3"}}
		for range 4 {
			lines, next := master.audit(page)
			for _, l := range lines {
				if seen[l["id"]] {
					t.Errorf("line %v a second time", l["id"])
				}
				seen[l["id"]] = true
			}
			if next == "" {
				break
			}
			page.Set("before", next)
		}
		if len(seen) != 7 {
			t.Errorf("%d lines on all pages", len(seen))
		}
		for _, query := range []string{"limit=0", "limit=201", "limit=x", "user_id=x", "before=7", "before=x.y", "from=yesterday", "to=2026-13-01", "from=2026-01-15%2012:00"} {
			wantRefusal(t, master.get("/api/audit?"+query), 400)
		}
		wantRefusal(t, trader.get("/api/audit"), 403)
		wantRefusal(t, operator.get("/api/audit"), 403)
		wantRefusal(t, d.stranger().get("/api/audit"), 401)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if r := master.json(method, "/api/audit", object{}); r.status != 405 {
				t.Errorf("%s answers %d", method, r.status)
			}
		}
	})
}

// Failed sign-ins are written down with who, from where and by which browser; the
// password never is.
func TestAuditOfFailedLogins(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, gone := d.join(models.Master), d.hire(models.Trader), d.hire(models.Trader)
		master.json("PUT", "/users/api/update/"+itoa(gone.user.ID), object{"status": models.Inactive}).want(t, 200)
		s := d.stranger()
		attempt := func(login, password string) reply {
			s.refreshCSRF()
			return s.send("POST", "/login", []byte(`{"username":"`+login+`","password":"`+password+`"}`), "Content-Type", "application/json", "User-Agent", "probe")
		}
		attempt(ana.user.Email, "secreta-equivocada-1").want(t, 401)
		attempt("nadie", "secreta-equivocada-2").want(t, 401)
		attempt(gone.user.Username, deskPassword).want(t, 403)
		if r := s.form("/login", "username", strings.Repeat("x", 300), "password", "secreta-equivocada-3"); r.status != 200 {
			t.Errorf("%d", r.status)
		}
		attempt(ana.user.Username, deskPassword).want(t, 200)
		s.refreshCSRF()
		wantRefusal(t, s.json("POST", "/change_password", object{"old_password": "secreta-equivocada-4", "new_password": "otra-clave-9"}), 400)

		var got []string
		lines, _ := master.audit(url.Values{"entity": {"Security"}})
		for _, l := range lines {
			got = append(got, fmt.Sprint(l["source"], " ", l["action"], " ", l["user_id"], " ", l["username"], " ", l["login"]))
			if l["address"] != "127.0.0.1" || l["user_agent"] == nil || l["at"] != "2026-01-15T12:00:00.123000" {
				t.Errorf("%v", l)
			}
		}
		want := []string{
			fmt.Sprint("security PASSWORD_FAILED ", ana.user.ID, " ", ana.user.Username, " ", ana.user.Username),
			"security LOGIN_FAILED <nil> <nil> " + strings.Repeat("x", 100),
			fmt.Sprint("security LOGIN_FAILED ", gone.user.ID, " ", gone.user.Username, " ", gone.user.Username),
			"security LOGIN_FAILED <nil> <nil> nadie",
			fmt.Sprint("security LOGIN_FAILED ", ana.user.ID, " ", ana.user.Username, " ", ana.user.Email),
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if text := fmt.Sprint(lines); strings.Contains(text, "equivocada") || strings.Contains(text, deskPassword) {
			t.Errorf("a password is in %s", text)
		}
		if lines, _ := master.audit(url.Values{"user_id": {itoa(ana.user.ID)}}); len(lines) != 3 || lines[1]["action"] != "LOGIN" && lines[0]["action"] != "LOGIN" {
			t.Errorf("of one user: %v", lines)
		}
	}, patient)
}

// A limit that refuses is one line a minute for each address and account, whatever
// the number of attempts; a remember token used twice is one.
func TestAuditOfLimits(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana := d.join(models.Master), d.hire(models.Trader)
		attempt := func(address, login string) reply {
			s := d.stranger()
			s.refreshCSRF()
			return s.send("POST", "/login", []byte(`{"username":"`+login+`","password":"x"}`), "Content-Type", "application/json", "X-Forwarded-For", address)
		}
		limits := func(n int) []map[string]any {
			t.Helper()
			var lines []map[string]any
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				if lines, _ = master.audit(url.Values{"action": {models.LimitHit}}); len(lines) >= n {
					break
				}
			}
			if len(lines) != n {
				t.Fatalf("%d lines, want %d: %v", len(lines), n, lines)
			}
			return lines
		}
		for i := range 20 {
			attempt("192.0.2.1", fmt.Sprint("nadie", i))
		}
		if l := limits(1)[0]; l["address"] != "192.0.2.1" || l["details"] != "Límite login.per_minute" || l["user_id"] != nil {
			t.Errorf("%v", l)
		}
		for i := range 20 {
			attempt(fmt.Sprint("192.0.2.", 10+i), ana.user.Username)
		}
		if l := limits(2)[0]; l["address"] == "192.0.2.1" || l["user_id"] != float64(ana.user.ID) || l["login"] != ana.user.Username {
			t.Errorf("%v", l)
		}
		d.advance(time.Minute)
		for range 20 {
			attempt("192.0.2.1", "nadie")
		}
		limits(3)
	}, func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.1"} })
}

// A remembered login that ends because its token came twice is written down.
func TestAuditOfRememberedTwice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, p := d.join(models.Master), d.hire(models.Trader)
		p.form("/login", "username", p.user.Username, "password", deskPassword, "remember", "on").want(t, 302)
		stolen := p.cookie("remember_token")
		p.setCookie("session", "")
		if !p.signedIn() || p.cookie("remember_token") == stolen {
			t.Fatal("not restored")
		}
		if lines, _ := master.audit(url.Values{"entity": {"Security"}}); len(lines) != 0 {
			t.Errorf("%v", lines)
		}
		d.advance(models.RememberGrace + time.Second)
		thief := d.stranger()
		thief.setCookie("remember_token", stolen)
		if thief.signedIn() || p.signedIn() {
			t.Error("a token used twice did not end the remembered login")
		}
		lines, _ := master.audit(url.Values{"action": {models.RememberReused}})
		if len(lines) != 1 || lines[0]["user_id"] != float64(p.user.ID) || lines[0]["address"] != "127.0.0.1" || lines[0]["user_agent"] == nil {
			t.Errorf("%v", lines)
		}
	}, patient)
}
