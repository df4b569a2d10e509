package server_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// wayOut is a way in which a session ends.
type wayOut struct {
	reason string
	// other is whether a second sign-in of the user lives on.
	other bool
	act   func(t *testing.T, max, who *person)
}

var waysOut = map[string]wayOut{
	"logout by page": {"logout", true, func(t *testing.T, _, who *person) { who.get("/logout").want(t, 302) }},
	"logout by script": {"logout", true, func(t *testing.T, _, who *person) {
		who.json("POST", "/logout", nil).want(t, 200)
	}},
	"revocation": {"revoked", true, func(t *testing.T, max, who *person) {
		max.json("DELETE", sessionPath(who.current()), nil).want(t, 200)
	}},
	"own revocation": {"revoked", true, func(t *testing.T, _, who *person) {
		who.json("DELETE", sessionPath(who.current()), nil).want(t, 200)
	}},
	"sign out everywhere": {"revoked", false, func(t *testing.T, _, who *person) {
		who.json("DELETE", "/api/sessions", nil).want(t, 200)
	}},
	"sign out everywhere else": {"revoked", true, func(t *testing.T, _, who *person) {
		who.again().json("DELETE", "/api/sessions?keep=current", nil).want(t, 200)
	}},
	"deactivation": {"deactivated", false, func(t *testing.T, max, who *person) {
		max.json("POST", "/users/api/toggle_status/"+itoa(who.user.ID), nil).want(t, 200)
	}},
	"deactivation by update": {"deactivated", false, func(t *testing.T, max, who *person) {
		max.json("PUT", "/users/api/update/"+itoa(who.user.ID), map[string]any{"status": models.Inactive}).want(t, 200)
	}},
	"deletion": {"deleted", false, func(t *testing.T, max, who *person) {
		max.json("DELETE", "/users/api/delete/"+itoa(who.user.ID), nil).want(t, 200)
	}},
	"reset of the password": {"password_reset", false, func(t *testing.T, max, who *person) {
		max.json("POST", "/reset_password/"+itoa(who.user.ID), map[string]any{"new_password": "otra-clave-7"}).want(t, 200)
	}},
	"new password elsewhere": {"password_changed", true, nil},
	"sign-in over it": {"replaced", true, func(t *testing.T, _, who *person) {
		who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
	}},
	"remember token used twice": {"revoked", true, nil},
}

// contract 5.9, 5.15: every way in which a session ends, over both transports, on the
// node that does it, while others write, and on another node of the database: the
// sockets hear why and are sent away, nothing that is written after the answer comes,
// and the sessions that live on keep their sockets.
func TestEveryEndOfASession(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			d, database := deskOn(t, dialect, patient, unpolled)
			urls := []string{d.http.URL}
			if dialect == models.Postgres {
				urls = append(urls, d.secondNode(database, patient, unpolled))
			}
			for name, way := range waysOut {
				t.Run(name, func(t *testing.T) { d.end(t, urls, name, way) })
			}
		})
	}
}

func (d *desk) end(t *testing.T, urls []string, name string, way wayOut) {
	outer := d.t
	d.t = t
	defer func() { d.t = outer }()
	max, who := d.join(models.Master), d.hire(models.Trader)
	remember := name == "remember token used twice"
	who.signInJSON(who.user.Username, deskPassword, remember).want(t, 200)
	who.refreshCSRF()
	other := who.again()
	if name == "sign out everywhere else" || name == "new password elsewhere" {
		other = nil // the one that does it makes its own
	}
	act := way.act
	switch {
	case name == "new password elsewhere":
		other = who.again()
		act = func(t *testing.T, _, _ *person) {
			other.json("POST", "/change_password", map[string]any{"old_password": deskPassword, "new_password": "otra-clave-8"}).want(t, 200)
		}
	case remember:
		first := who.cookie("remember_token")
		d.advance(13 * time.Hour)
		who.get("/api/session").want(t, 200)
		d.advance(models.RememberGrace + time.Second)
		max, other = max.again(), who.again()
		act = func(t *testing.T, _, _ *person) {
			thief := d.stranger()
			thief.setCookie("remember_token", first)
			thief.get("/api/session").want(t, 200)
		}
	}
	type tab struct {
		what string
		same bool
		*livetest.Client
	}
	var ended, living []tab
	for i, url := range urls {
		for _, transport := range []string{"websocket", "polling"} {
			what := fmt.Sprint(transport, " at node ", i)
			ended = append(ended, tab{what, i == 0, who.tabAt(url, transport)})
			if remember {
				rest := d.stranger()
				rest.setCookie("remember_token", who.cookie("remember_token"))
				ended = append(ended, tab{what + " without session", i == 0, rest.tabAt(url, transport)})
			}
			// A poll that crosses the rotation of the token is refused; that client comes back.
			if other != nil && (transport == "websocket" || name != "new password elsewhere") {
				list := &living
				if !way.other {
					list = &ended
				}
				*list = append(*list, tab{what + ", other sign-in", i == 0, other.tabAt(url, transport)})
			}
			living = append(living, tab{what + ", somebody else", i == 0, max.tabAt(url, transport)})
		}
	}
	var started atomic.Int64
	stop := d.pour(&started)
	defer stop()
	for _, c := range ended {
		if _, err := c.WaitEvent(t.Context(), "notification"); err != nil {
			t.Fatal(err)
		}
	}
	act(t, max, who)
	answered := started.Load()
	for _, c := range living {
		_, err := c.WaitFor(t.Context(), "an event after the end", func(e livetest.Event) bool { return numberOf(e) > answered+20 })
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.Closed() {
			t.Errorf("%s is closed", c.what)
		}
	}
	for _, c := range ended {
		if err := c.WaitClosed(t.Context()); err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := c.Events()
		last := got[len(got)-1]
		if last.Name != "session_ended" || last.Arg() != `{"reason":"`+way.reason+`"}` {
			t.Errorf("%s: the last event is %s %s", c.what, last.Name, last.Arg())
		}
		if c.Disconnected() != (way.reason != events.EndReplaced) {
			t.Errorf("%s: DISCONNECT %v", c.what, c.Disconnected())
		}
		// One that is on its way to its commit counts as before.
		if n := latest(c.Client); c.same && n > answered+1 {
			t.Errorf("%s got number %d, answered at %d", c.what, n, answered)
		}
	}
}
