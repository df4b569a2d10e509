package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

var consoleReads = []string{"me", "now", "history", "people", "people/1", "users", "events", "emergencies", "health"}

// Who may look: a Master, and roles that are configured; others are told so.
func TestConsoleAccess(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, reader, other := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		for _, path := range append(slices.Clone(consoleReads), "events/"+d.toast("x", events.RoomAuthenticated)) {
			for _, p := range []*person{master, reader} {
				r := p.get("/console/api/"+path).want(t, 200)
				if r.body["success"] != true && path != "now" || r.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %v %.200s", path, r.header, r.raw)
				}
			}
			wantRefusal(t, other.get("/console/api/"+path), 403)
			wantRefusal(t, d.stranger().get("/console/api/"+path), 401)
		}
		for p, acts := range map[*person]bool{master: true, reader: false} {
			me := p.get("/console/api/me").want(t, 200).body
			if me["can_act"] != acts || me["user_id"] != float64(p.user.ID) || me["role"] != p.user.Role || me["csrf_token"] != p.csrf || me["socket_path"] != "/socket.io/" || me["retention_ms"] != 86_400_000.0 || me["emergencies"] != true || me["admin_ui"] != false {
				t.Errorf("%v", me)
			}
			if names := me["events"].([]any); !slices.Contains(names, any("nueva_operacion")) || len(names) < 20 || fmt.Sprint(me["all_roles"]) != fmt.Sprint(models.Roles) {
				t.Errorf("%v", me)
			}
			if roles := me["console"].(map[string]any)["roles"]; fmt.Sprint(roles) != "[Master Trader]" {
				t.Errorf("%v", roles)
			}
		}
	}, readable)
	off := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Console.Enabled = false })
	master := off.join(models.Master)
	wantRefusal(t, master.get("/console/api/now"), 404)
	page := master.tabAt(off.http.URL, "websocket")
	if _, err := page.EmitAck(t.Context(), "console_watch", "true"); err != nil {
		t.Fatal(err)
	}
	if err := page.Barrier(t.Context()); err != nil || countNames(page, "console_now") != 0 {
		t.Errorf("%v %v", page.Names(), err)
	}
}

// The page is for who may see it; others are sent to sign in, or told so. Nothing in it is
// inline.
func TestConsolePage(t *testing.T) {
	d := newDesk(t, models.SQLite)
	master, other, browser := d.join(models.Master), d.join(models.Trader), []string{"Accept", "text/html"}
	ask := func(p *person, path string) reply { return p.send("GET", path, nil, browser...) }
	if r := ask(d.stranger(), "/console/").want(t, 302); r.header.Get("Location") != "/login?next=%2Fconsole%2F" {
		t.Errorf("%v", r.header)
	}
	if r := ask(master, "/console?a=b").want(t, 308); r.header.Get("Location") != "/console/?a=b" {
		t.Errorf("%v", r.header)
	}
	for p, status := range map[*person]int{master: 200, other: 403} {
		r := ask(p, "/console/").want(t, status)
		text := strings.ToLower(string(r.raw))
		for _, inline := range []string{"<style", "style=", "onclick", "javascript:"} {
			if strings.Contains(text, inline) {
				t.Errorf("%d has %s", status, inline)
			}
		}
		for _, script := range strings.Split(text, "<script")[1:] {
			if attributes, _, _ := strings.Cut(script, ">"); !strings.Contains(attributes, `src="/console/assets/`) {
				t.Errorf("inline script: %s", attributes)
			}
		}
		policy := r.header.Get("Content-Security-Policy")
		if !strings.Contains(text, "<!doctype html>") || !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy, "unsafe") || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d: %v %.300s", status, r.header, r.raw)
		}
		if status == 403 && (!strings.Contains(text, `href="/"`) || !strings.Contains(text, "su rol no puede") || !strings.Contains(text, "your role may not")) {
			t.Errorf("%s", r.raw)
		}
	}
	for _, path := range []string{"/console/assets/none.js", "/console/assets/", "/console/assets/../README", "/console/assets/%2e%2e/index.html", "/console/README"} {
		if r := ask(master, path); r.status != 404 && r.status != 301 && r.status != 307 {
			t.Errorf("%s: %d %.100s", path, r.status, r.raw)
		}
	}
}
