package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// Both paths, with slashes where clients put them, and whatever they say of themselves;
// pages of another port of the configuration, and programs (emergencies contract 4.3).
func TestPushHandshakes(t *testing.T) {
	const page, stranger = "http://page.example:3000", "http://page.example:3001"
	d := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.CORS.Origins = []string{page} }).drained()
	for _, path := range []string{
		"/ws/emergencias", "/ws/emergencias/", "//ws/emergencias", "/ws//emergencias//", "/ws/operadores-emergencia", "///ws/operadores-emergencia/",
		"/ws/emergencias?id_operador=7", "/ws/emergencias/?id_operador=abc", "//ws/emergencias?id_operador=", "/ws/emergencias?a=b?id_operador=1",
		"/ws/emergencias?since=nothing", "/ws/emergencias?id_operador=%zz", "/ws/emergencias?EIO=4&transport=polling",
	} {
		for _, origin := range []string{"", page, d.http.URL} {
			header := http.Header{}
			if origin != "" {
				header.Set("Origin", origin)
			}
			if got := d.pushStatus(t, path, header); got != http.StatusSwitchingProtocols {
				t.Errorf("%s from %q: %d", path, origin, got)
			}
		}
		for _, origin := range []string{stranger, "null", "http://evil.example"} {
			if got := d.pushStatus(t, path, http.Header{"Origin": {origin}}); got != http.StatusForbidden {
				t.Errorf("%s from %q: %d", path, origin, got)
			}
		}
	}
	for path, want := range map[string]int{"/ws/": 404, "/ws/emergencia": 404, "/ws/emergencias/x": 404, "/ws": 404, "/x/ws/emergencias": 404} {
		if got := d.pushStatus(t, path, nil); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	d.stranger().get("/ws/emergencias").want(t, http.StatusUpgradeRequired)
	d.stranger().get("//ws//emergencias/").want(t, http.StatusUpgradeRequired)
	off := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Emergencies.Enabled = false }).drained()
	if got := off.pushStatus(t, "/ws/emergencias", nil); got != http.StatusNotFound {
		t.Errorf("switched off: %d", got)
	}
}

// A request reaches every operator that is there, comes again to who returns until it is
// evaluated, and once to who says what he has (emergencies contract 4.2 d, 4.4).
func TestPushRequests(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.drained()
		staff := d.staff(models.Operador)
		patient := d.requester("000111")
		operator, trader := d.join(models.Operador), d.join(models.Trader)
		tab, second, mute, nobody := operator.push("?id_operador=1"), operator.push(""), trader.push(""), d.stranger().push("?id_operador=1")
		d.caughtUp(2)
		first := staff.ask(patient.ID)
		message := tab.requests(first)
		second.requests(first)
		data := message["data"].(map[string]any)
		place, _ := data["ubicacion"].(map[string]any)
		if place["latitud"] != 1.25 || place["longitud"] != -2.5 || !strings.HasPrefix(data["room"].(string), "emergencia-") || data["server_url"] == nil {
			t.Errorf("%v", data)
		}
		next := staff.ask(patient.ID)
		tab.requests(next)

		again := operator.push("")
		again.requests(first, next)
		again.quiet()
		since := operator.push("?since=" + message["_event_id"].(string))
		since.requests(next)
		since.quiet()
		unknown := operator.push("?since=00000000-0000-4000-8000-000000000000")
		unknown.wants("resync_required")
		unknown.requests(first, next)

		staff.call("POST", "/valorar-emergencia", evaluation(first, patient.ID)).want(t, 201)
		tab.wants("emergencia_actualizada")
		operator.push("").requests(next)
		behind := operator.push("?since=" + message["_event_id"].(string))
		behind.requests(next)
		behind.wants("emergencia_actualizada")

		d.settled()
		mute.quiet()
		nobody.quiet()
	}, asking)
}

// The open feed and that of a network are what the configuration says, and nothing of a
// session goes to who has none (emergencies contract 4.2).
func TestPushAccess(t *testing.T) {
	for name, c := range map[string]struct {
		adjust func(*server.Config)
		hears  bool
	}{
		"open":            {func(cfg *server.Config) { cfg.Push.Access = "open" }, true},
		"network":         {func(cfg *server.Config) { cfg.Push.Access, cfg.Push.Networks = "network", []string{"127.0.0.1"} }, true},
		"another network": {func(cfg *server.Config) { cfg.Push.Access, cfg.Push.Networks = "network", []string{"192.0.2.0/24"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, models.SQLite, asking, c.adjust).drained()
			staff, patient := d.staff(models.Operador), d.requester("000111")
			first := staff.ask(patient.ID)
			nobody, operator := d.stranger().push(""), d.join(models.Operador).push("")
			operator.requests(first)
			if c.hears {
				nobody.requests(first)
			}
			next := staff.ask(patient.ID)
			operator.requests(next)
			if c.hears {
				nobody.requests(next)
			}
			nobody.quiet()
		})
	}
}

// A socket that was opened before anybody signed in wakes with the sign-in of its
// browser, also at another node, and with no other one; it falls mute when the session
// ends and wakes again. It is the same socket all the time (emergencies contract 1.2,
// 4.2).
func TestPushWakes(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			d, database := deskOn(t, dialect, patient, asking, quick)
			staff, ill := d.staff(models.Operador), d.requester("000111")
			open := []int64{staff.ask(ill.ID)}
			who, other := d.hire(models.Operador), d.stranger()
			tabs := []*pushTab{who.push("?id_operador=1")}
			if who.cookie("push_visitor") == "" || !strings.Contains(tabs[0].header.Get("Set-Cookie"), "HttpOnly") {
				t.Fatalf("no visitor: %v", tabs[0].header)
			}
			tabs = append(tabs, who.push(""))
			if tabs[1].header.Get("Set-Cookie") != "" {
				t.Error("a second cookie")
			}
			if dialect == models.Postgres {
				tabs = append(tabs, who.pushAt(d.secondNode(database, patient, asking, quick), ""))
			}
			strangers := other.push("")
			for range 2 {
				who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
				for _, tab := range tabs {
					tab.requests(open...)
				}
				open = append(open, staff.ask(ill.ID))
				for _, tab := range tabs {
					tab.requests(open[len(open)-1])
				}
				who.get("/logout").want(t, 302)
				for i, tab := range tabs {
					// Another node may miss the session before it hears why.
					if got := tab.wants("session_ended"); got["reason"] != "logout" && (i < 2 || got["reason"] != "revoked") {
						t.Error(got)
					}
				}
				open = append(open, staff.ask(ill.ID))
				d.settled()
				for _, tab := range tabs {
					tab.quiet()
				}
				d.advance(10 * time.Second) // no session of before is one that began since
			}
			// Over the desk of emergencies as well; a Trader's sign-in opens nothing.
			trader := d.hire(models.Trader)
			who.signInJSON(trader.user.Username, deskPassword, false).want(t, 200)
			for _, tab := range tabs {
				tab.quiet()
			}
			who.json("POST", "/auth/login", map[string]any{"identificador": who.user.Username, "contrasena": deskPassword}).want(t, 200)
			for _, tab := range tabs {
				tab.requests(open...)
			}
			strangers.quiet()
			// A second sign-in takes the session's place; nothing is told.
			who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
			for _, tab := range tabs[:2] {
				tab.requests(open...)
				tab.quiet()
			}
		})
	}
}

// Every way in which a session ends mutes its sockets, after telling them, and closes
// none; those of the session that lives on hear what comes (contract 5.9, emergencies
// contract 4.2).
func TestPushEnds(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.drained()
		staff, ill := d.staff(models.Operador), d.requester("000111")
		max := d.join(models.Master)
		var open []int64
		for name, way := range waysOut {
			if way.act == nil || way.reason == "replaced" {
				continue
			}
			who := d.hire(models.Operador)
			who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
			who.refreshCSRF()
			tab, other := who.push(""), who.again().push("")
			tab.requests(open...)
			other.requests(open...)
			way.act(t, max, who)
			if got := tab.wants("session_ended"); got["reason"] != way.reason {
				t.Errorf("%s: %v", name, got)
			}
			next := staff.ask(ill.ID)
			open = append(open, next)
			d.settled()
			tab.quiet()
			switch {
			case name == "sign out everywhere else":
			case way.other:
				other.requests(next)
			default:
				other.wants("session_ended")
				other.quiet()
			}
		}
	}, patient, asking, unpolled)
}

// A session's time is over; with a remembered login the socket listens on.
func TestPushExpiry(t *testing.T) {
	d := newDesk(t, models.SQLite, patient, asking, unpolled).drained()
	ill := d.requester("000111")
	who, kept := d.hire(models.Operador), d.hire(models.Operador)
	who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
	kept.signInJSON(kept.user.Username, deskPassword, true).want(t, 200)
	tab, keeps := who.push(""), kept.push("")
	d.advance(13 * time.Hour)
	d.app.ExpireSessions()
	if got := tab.wants("session_ended"); got["reason"] != "expired" {
		t.Error(got)
	}
	next := d.staff(models.Operador).ask(ill.ID)
	keeps.requests(next)
	d.settled()
	tab.quiet()
	keeps.quiet()
}

// A change of role takes the feed away and gives it at once.
func TestPushRoles(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.drained()
		staff, ill := d.staff(models.Operador), d.requester("000111")
		max, who := d.join(models.Master), d.join(models.Trader)
		tab := who.push("")
		first := staff.ask(ill.ID)
		role := func(name string) {
			max.json("PUT", "/users/api/update/"+itoa(who.user.ID), map[string]any{"role": name}).want(t, 200)
		}
		role(models.Operador)
		tab.requests(first)
		next := staff.ask(ill.ID)
		tab.requests(next)
		role(models.Trader)
		last := staff.ask(ill.ID)
		d.settled()
		tab.quiet()
		role(models.Master)
		tab.requests(first, next, last)
	}, asking, unpolled)
}

// What a scrape tells of push sockets.
func TestPushMetrics(t *testing.T) {
	d := newDesk(t, models.SQLite, asking).drained()
	listening, mute := d.join(models.Operador).push(""), d.stranger().push("")
	mute.quiet()
	listening.quiet()
	text := ""
	for deadline := time.Now().Add(livetest.Patience); !strings.Contains(text, `{kind="open"} 1`) && time.Now().Before(deadline); {
		text = d.app.Scrape(t) // the open requests are read beside the greeting
	}
	for _, want := range []string{
		`relevo_push_sockets{state="listening"} 1`, `relevo_push_sockets{state="mute"} 1`, "relevo_push_connects_total 2",
		"relevo_push_messages_sent_total 4", "relevo_push_messages_discarded_total 2", `relevo_push_replays_total{kind="open"} 1`,
		`relevo_push_disconnects_total{reason="ping_timeout"} 0`, `relevo_push_handshake_failures_total{reason="origin"} 0`, "relevo_push_wakes_total 0",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("lacks %s", want)
		}
	}
}
