package server_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// again signs the same user in from another browser.
func (p *person) again() *person {
	p.d.t.Helper()
	out := p.d.stranger()
	out.user = p.user
	var token string
	err := p.d.store.Tx(context.Background(), func(tx *models.Tx) error {
		var err error
		token, _, err = tx.CreateSession(p.user.ID, models.Actor{IP: "192.0.2.7", UserAgent: "another"}, 12*time.Hour, false)
		return err
	})
	if err != nil {
		p.d.t.Fatal(err)
	}
	out.setCookie("session", token)
	out.refreshCSRF()
	return out
}

// sessions lists what the person sees, by id.
func (p *person) sessions(query string) map[int64]map[string]any {
	p.d.t.Helper()
	out := map[int64]map[string]any{}
	for _, s := range p.get("/api/sessions"+query).want(p.d.t, 200).body["sessions"].([]any) {
		row := s.(map[string]any)
		out[int64(row["id"].(float64))] = row
	}
	return out
}

// current is the id of the person's own session.
func (p *person) current() int64 {
	p.d.t.Helper()
	for id, row := range p.sessions("?user_id=" + itoa(p.user.ID)) {
		if row["current"] == true {
			return id
		}
	}
	p.d.t.Fatal("no current session")
	return 0
}

func sessionPath(id int64) string { return "/api/sessions/" + itoa(id) }

// Everybody sees the own sessions, a Master all or those of one; no token is shown.
func TestSessionsList(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		tab := ana.again()
		d.advance(30 * time.Second)
		own := ana.sessions("")
		if len(own) != 2 {
			t.Fatalf("%v", own)
		}
		row := own[tab.current()]
		want := map[string]any{
			"id": row["id"], "user_id": float64(ana.user.ID), "username": ana.user.Username, "role": models.Trader,
			"created_at": "2026-01-15T12:00:00.123000", "last_seen_at": "2026-01-15T12:00:00.123000", "expires_at": "2026-01-16T00:00:00.123000",
			"address": "192.0.2.7", "user_agent": "another", "remembered": false, "current": false, "sockets": 0.0,
		}
		if !reflect.DeepEqual(row, want) {
			t.Errorf("%v, want %v", row, want)
		}
		if own[ana.current()]["current"] != true || ana.current() == tab.current() {
			t.Error("the own session is not marked")
		}
		for path, n := range map[string]int{"": 4, "?user_id=" + itoa(ana.user.ID): 2, "?user_id=" + itoa(master.user.ID): 1, "?user_id=999999": 0} {
			if got := master.sessions(path); len(got) != n {
				t.Errorf("Master, %q: %d sessions, want %d", path, len(got), n)
			}
		}
		if got := ana.sessions("?user_id=" + itoa(ana.user.ID)); len(got) != 2 {
			t.Errorf("own by number: %v", got)
		}
		for _, query := range []string{"?user_id=x", "?user_id=0", "?user_id=-1", "?user_id=9999999999", "?user_id=1%20or%201=1"} {
			wantRefusal(t, master.get("/api/sessions"+query), 400)
		}
		wantRefusal(t, bob.get("/api/sessions?user_id="+itoa(ana.user.ID)), 403)
		if r := d.stranger().get("/api/sessions").want(t, 401); r.body["session_expired"] != true {
			t.Errorf("%s", r.raw)
		}
		// What is over is not listed.
		inactive := models.Inactive
		master.json("PUT", "/users/api/update/"+itoa(bob.user.ID), object{"status": inactive}).want(t, 200)
		d.advance(12 * time.Hour)
		late := d.join(models.Master)
		if got := late.sessions(""); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
}

// Who may end which session, what that ends and what it writes down.
func TestSessionsDelete(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		tab, third := ana.again(), ana.again()
		for path, status := range map[string]int{
			sessionPath(ana.current()): 403, sessionPath(master.current()): 403, sessionPath(999999): 404, "/api/sessions/x": 404, "/api/sessions/-1": 404,
			"/api/sessions?user_id=" + itoa(ana.user.ID): 403, "/api/sessions?user_id=x": 400, "/api/sessions?keep=all": 400,
		} {
			wantRefusal(t, bob.json("DELETE", path, nil), status)
		}
		for _, path := range []string{sessionPath(ana.current()), "/api/sessions"} {
			wantRefusal(t, d.stranger().json("DELETE", path, nil), 401)
			wantRefusal(t, ana.send("DELETE", path, nil, "X-CSRFToken", ""), 400)
			wantRefusal(t, ana.send("DELETE", path, nil, "X-CSRFToken", bob.csrf), 400)
			wantRefusal(t, ana.send("DELETE", path, nil, "Origin", "https://evil.example"), 400)
		}
		for _, p := range []*person{master, ana, tab, third, bob} {
			if !p.signedIn() {
				t.Fatal("a refused request ended a session")
			}
		}
		if n := d.trail("REVOKE_SESSION") + d.trail("REVOKE_SESSIONS"); n != 0 {
			t.Errorf("%d audit lines of refused requests", n)
		}

		id := tab.current()
		if r := ana.json("DELETE", sessionPath(id), nil).want(t, 200); r.body["ended"] != 1.0 || r.body["signed_out"] != false || r.message() == "" || len(r.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%v %s", r.header, r.raw)
		}
		if tab.signedIn() || !ana.signedIn() || !third.signedIn() {
			t.Error("not exactly the session that was named is over")
		}
		wantRefusal(t, ana.json("DELETE", sessionPath(id), nil), 404)
		if u, err := d.store.UserByID(t.Context(), ana.user.ID); err != nil || u.LastLogout != nil {
			t.Errorf("signed out with sessions left: %v, %v", u.LastLogout, err)
		}
		d.advance(time.Minute)
		if r := third.json("DELETE", sessionPath(third.current()), nil).want(t, 200); r.body["signed_out"] != true || len(r.header.Values("Set-Cookie")) == 0 {
			t.Errorf("%v %s", r.header, r.raw)
		}
		if third.signedIn() {
			t.Error("the own session is not over")
		}
		master.json("DELETE", sessionPath(ana.current()), nil).want(t, 200)
		if ana.signedIn() || !master.signedIn() || !bob.signedIn() {
			t.Error("not exactly the session that a Master named is over")
		}
		if u, err := d.store.UserByID(t.Context(), ana.user.ID); err != nil || u.LastLogout == nil || !u.LastLogout.Time().Equal(models.ToLima(d.now()).Time()) {
			t.Errorf("without a session the user is not signed out: %v, %v", u.LastLogout, err)
		}
		lines, err := d.store.AuditTrail(t.Context(), "REVOKE_SESSION")
		if err != nil || len(lines) != 3 {
			t.Fatalf("%v, %v", lines, err)
		}
		if l := lines[2]; l.UserID != master.user.ID || l.Entity != "Session" || *l.EntityID == 0 || !strings.Contains(*l.Details, ana.user.Username) || *l.IPAddress != "127.0.0.1" || l.UserAgent == nil {
			t.Errorf("%+v", l)
		}
	})
}

// Signing out everywhere: all, all but this one, those of somebody else.
func TestSessionsDeleteAll(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.hire(models.Trader), d.join(models.Operador)
		ana.form("/login", "username", ana.user.Username, "password", deskPassword, "remember", "on").want(t, 302)
		ana.refreshCSRF()
		away := d.stranger()
		away.form("/login", "username", ana.user.Username, "password", deskPassword, "remember", "on").want(t, 302)
		tab := ana.again()
		if r := ana.json("DELETE", "/api/sessions?keep=current", nil).want(t, 200); r.body["ended"] != 2.0 || r.body["signed_out"] != false {
			t.Errorf("%s", r.raw)
		}
		if !ana.signedIn() || tab.signedIn() || away.signedIn() || !bob.signedIn() {
			t.Error("not exactly the other sessions of the user are over")
		}
		away.setCookie("session", "")
		if away.signedIn() {
			t.Error("a remembered login brought an ended session back")
		}
		d.advance(13 * time.Hour) // the kept session ends; its remembered login brings it back
		if !ana.signedIn() {
			t.Error("the kept session lost its remembered login")
		}
		ana.refreshCSRF()
		tab = ana.again()
		if r := ana.json("DELETE", "/api/sessions", nil).want(t, 200); r.body["ended"] != 2.0 || r.body["signed_out"] != true {
			t.Errorf("%s", r.raw)
		}
		if ana.signedIn() || tab.signedIn() || ana.cookie("remember_token") != "" {
			t.Error("signed in after signing out everywhere")
		}
		master, bob = master.again(), bob.again()
		if r := master.json("DELETE", "/api/sessions?keep=current&user_id="+itoa(bob.user.ID), nil).want(t, 200); r.body["ended"] != 1.0 || r.body["signed_out"] != false {
			t.Errorf("%s", r.raw)
		}
		if bob.signedIn() || !master.signedIn() {
			t.Error("not exactly the sessions of the user that a Master named are over")
		}
		master.json("DELETE", "/api/sessions?user_id="+itoa(bob.user.ID), nil).want(t, 200)
		wantRefusal(t, master.json("DELETE", "/api/sessions?user_id=999999", nil), 404)
		if n := d.trail("REVOKE_SESSIONS"); n != 4 {
			t.Errorf("%d audit lines", n)
		}
	}, patient)
}

// The address and browser of the last use are shown, and written without keeping
// the request.
func TestSessionsLastSeen(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.join(models.Trader)
		id := p.current()
		d.advance(2 * time.Minute)
		var row map[string]any
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			r := p.send("GET", "/api/sessions", nil, "X-Forwarded-For", "198.51.100.9", "User-Agent", "seen").want(t, 200)
			row = r.body["sessions"].([]any)[0].(map[string]any)
			if row["last_seen_at"] == "2026-01-15T12:02:00.123000" {
				break
			}
		}
		if row["id"] != float64(id) || row["address"] != "198.51.100.9" || row["user_agent"] != "seen" || row["last_seen_at"] != "2026-01-15T12:02:00.123000" || row["expires_at"] != "2026-01-16T00:00:00.123000" {
			t.Errorf("%v", row)
		}
	}, func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.1"} })
}

// The list tells how many sockets of each session are open here.
func TestSessionsCountSockets(t *testing.T) {
	d := newDesk(t, models.SQLite)
	p := d.join(models.Trader)
	tab := p.again()
	counts := func() string {
		var out []string
		for _, row := range p.sessions("") {
			out = append(out, fmt.Sprintf("%v%v", row["current"], row["sockets"]))
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	until := func(want string) {
		t.Helper()
		end := time.Now().Add(20 * time.Second)
		for counts() != want {
			if time.Now().After(end) {
				t.Fatalf("%s, want %s", counts(), want)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	open := func(who *person) (sid string) {
		r := who.get("/socket.io/?EIO=4&transport=polling").want(t, 200)
		_, rest, _ := strings.Cut(string(r.raw), `"sid":"`)
		sid, _, _ = strings.Cut(rest, `"`)
		who.send("POST", "/socket.io/?EIO=4&transport=polling&sid="+sid, []byte("40"), "Content-Type", "text/plain").want(t, 200)
		return sid
	}
	until("false0 true0")
	open(p)
	first := open(tab)
	open(tab)
	open(d.stranger())
	until("false2 true1")
	tab.send("POST", "/socket.io/?EIO=4&transport=polling&sid="+first, []byte("1"), "Content-Type", "text/plain").want(t, 200)
	until("false1 true1")
}
