package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// contract 3.1: remember brings a session back, with a token that changes each time.
func TestRememberRestoresAndRotates(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Trader)
		r := p.form("/login", "username", p.user.Username, "password", deskPassword, "remember", "on").want(t, 302)
		set := r.header.Values("Set-Cookie")
		if len(set) != 2 || !strings.HasPrefix(set[0], "session=") || !strings.HasPrefix(set[1], "remember_token=") ||
			!strings.Contains(set[1], "HttpOnly") || !strings.Contains(set[1], "SameSite=Lax") || !strings.Contains(set[1], "Expires=") {
			t.Fatalf("cookies %q", set)
		}
		p.refreshCSRF()
		first, page := p.cookie("remember_token"), p.csrf
		d.advance(13 * time.Hour)
		if !p.signedIn() {
			t.Fatal("not restored")
		}
		if p.cookie("remember_token") == first {
			t.Error("the token did not rotate")
		}
		if p.refreshCSRF(); p.csrf != page {
			t.Error("pages that stayed open lost their CSRF token")
		}
		// Two tabs at once: the second still carries the first token.
		tab := d.stranger()
		tab.setCookie("remember_token", first)
		if !tab.signedIn() || tab.cookie("session") == "" {
			t.Error("the token before the rotation does not work within its grace")
		}
		if tab.cookie("remember_token") != first {
			t.Error("the grace gave a second current token")
		}
		// After the grace it means that a copy is about: everything of it ends.
		d.advance(models.RememberGrace + time.Second)
		thief := d.stranger()
		thief.setCookie("remember_token", first)
		if thief.signedIn() || p.signedIn() || tab.signedIn() {
			t.Error("a token used twice did not end the remembered login")
		}
		d.advance(13 * time.Hour)
		if p.signedIn() {
			t.Error("the remembered login lives on")
		}
	}, patient)
}

// contract 1.2: a socket's handshake has no place for a new cookie.
func TestRememberResolvesHandshakesWithoutRotation(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Operador)
		p.signInJSON(p.user.Username, deskPassword, true).want(t, 200)
		token := p.cookie("remember_token")
		handshake := func(name, value string) int64 {
			r, _ := http.NewRequest("GET", d.http.URL+"/socket.io/", nil)
			r.AddCookie(&http.Cookie{Name: name, Value: value})
			id, err := d.app.Resolve(r)
			if err != nil {
				t.Fatal(err)
			}
			return id.UserID
		}
		for range 3 {
			if got := handshake("remember_token", token); got != p.user.ID {
				t.Fatalf("user %d, want %d", got, p.user.ID)
			}
		}
		if handshake("session", p.cookie("session")) != p.user.ID || handshake("session", "x") != 0 || handshake("remember_token", "x.y") != 0 {
			t.Error("session cookie or garbage resolve wrongly")
		}
		p.json("POST", "/logout", nil).want(t, 200)
		if handshake("remember_token", token) != 0 {
			t.Error("alive after logout")
		}
	}, patient)
}

// contract 3.1, 3.2: logout ends the remembered login; 30 days end it too.
func TestRememberEnds(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Trader)
		p.signInJSON(p.user.Username, deskPassword, true).want(t, 200)
		token := p.cookie("remember_token")
		if p.get("/logout").want(t, 302); p.cookie("remember_token") != "" {
			t.Error("logout left the cookie")
		}
		p.setCookie("remember_token", token)
		if p.signedIn() {
			t.Error("logout left the remembered login")
		}
		p.signInJSON(p.user.Username, deskPassword, true).want(t, 200)
		d.advance(30*24*time.Hour + time.Second)
		if p.signedIn() {
			t.Error("alive after 30 days")
		}
		if n, err := d.store.Purge(context.Background()); err != nil || n < 2 {
			t.Errorf("purged %d, %v", n, err)
		}
	}, patient)
}

// contract 3.2, 5.15: a new password ends every other session and remembered login.
func TestChangePassword(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p := d.hire(models.Trader)
		other := d.stranger()
		p.signInJSON(p.user.Username, deskPassword, true).want(t, 200)
		other.signInJSON(p.user.Username, deskPassword, true).want(t, 200)
		bystander := d.join(models.Trader)
		for name, c := range map[string]struct {
			body   map[string]any
			status int
		}{
			"missing": {map[string]any{"old_password": deskPassword}, 400}, "null": {map[string]any{"old_password": nil, "new_password": "nueva-123"}, 400},
			"wrong old": {map[string]any{"old_password": "x", "new_password": "nueva-123"}, 400}, "weak": {map[string]any{"old_password": deskPassword, "new_password": "corta1"}, 400},
			"no digit": {map[string]any{"old_password": deskPassword, "new_password": "sinnumeros"}, 400},
		} {
			if r := p.json("POST", "/change_password", c.body).want(t, c.status); r.message() == "" || r.body["error"] != r.message() {
				t.Errorf("%s: %s", name, r.raw)
			}
		}
		session, remember := p.cookie("session"), p.cookie("remember_token")
		p.json("POST", "/change_password", map[string]any{"old_password": deskPassword, "new_password": "nueva-123"}).want(t, 200)
		if p.cookie("session") == session || p.cookie("remember_token") == remember {
			t.Error("own tokens did not rotate")
		}
		if !p.signedIn() || !bystander.signedIn() {
			t.Error("the own session or a stranger's ended")
		}
		p.json("POST", "/change_password", map[string]any{"old_password": "x", "new_password": "y"}).want(t, 400) // the page's token still counts
		copied := d.stranger()
		copied.setCookie("session", session)
		copied.setCookie("remember_token", remember)
		if other.signedIn() || copied.signedIn() {
			t.Error("another session lives on")
		}
		d.stranger().signInJSON(p.user.Username, deskPassword, false).want(t, 401)
		d.stranger().signInJSON(p.user.Username, "nueva-123", false).want(t, 200)
	}, patient)
}

// contract 3.2
func TestResetPassword(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader, target := d.join(models.Master), d.join(models.Trader), d.hire(models.Operador)
		target.signInJSON(target.user.Username, deskPassword, true).want(t, 200)
		path := "/reset_password/" + itoa(target.user.ID)
		good := map[string]any{"new_password": "nueva-123"}
		trader.json("POST", path, good).want(t, 403)
		d.stranger().json("POST", path, good).want(t, 401)
		master.json("POST", path, map[string]any{"new_password": ""}).want(t, 400)
		master.json("POST", path, map[string]any{"new_password": nil}).want(t, 400)
		master.json("POST", path, map[string]any{"new_password": "corta"}).want(t, 403)
		master.json("POST", "/reset_password/999999", good).want(t, 404)
		master.json("POST", "/reset_password/abc", good).want(t, 404)
		if !target.signedIn() {
			t.Error("a refused reset ended a session")
		}
		master.json("POST", path, good).want(t, 200)
		if target.signedIn() {
			t.Error("the reset left a session")
		}
		d.stranger().signInJSON(target.user.Username, "nueva-123", false).want(t, 200)
	}, patient)
}
