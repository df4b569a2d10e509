package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// What ends a session, ends its sockets, whichever engine and transport they are of and
// whether the server or the command line did it: they hear why and are sent away. With
// the old cookie nobody comes back who hears anything. Other sessions of the user go
// on where they are not meant (contract 5.9, 5.15).
func TestEndOfSessionReachesSockets(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, d models.Dialect) { endSessions(t, start(t, d, "RELEVO_SOCKET_ENGINE="+engine)) })
		})
	}
}

func endSessions(t *testing.T, p *process) {
	max := p.hire("max", models.Master)
	client := max.newClient("11112222")
	cases := []struct {
		name   string
		reason string
		act    func(who *person)
		// otherBrowser tells whether a second sign-in of the user lives on.
		otherBrowser bool
	}{
		{"logout", "logout", func(who *person) { who.send("GET", "/logout", nil).want(302) }, true},
		{"deactivation", "deactivated", func(who *person) {
			max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", who.id), nil).want(200)
		}, false},
		{"deletion", "deleted", func(who *person) {
			max.json("DELETE", fmt.Sprintf("/users/api/delete/%d", who.id), nil).want(200)
		}, false},
		{"reset password", "password_reset", func(who *person) {
			max.json("POST", fmt.Sprintf("/reset_password/%d", who.id), map[string]any{"new_password": "otra-clave-7"}).want(200)
		}, false},
		{"new password elsewhere", "password_changed", func(who *person) {
			p.signIn(who.name, password).json("POST", "/change_password", map[string]any{"old_password": password, "new_password": "otra-clave-8"}).want(200)
		}, false},
		{"user passwd", "password_reset", func(who *person) {
			p.command("otra-clave-9\n", "user", "passwd", who.name, "--password-stdin")
		}, false},
		{"user disable", "deactivated", func(who *person) { p.command("", "user", "disable", who.name) }, false},
		{"session revoke", "revoked", func(who *person) { p.command("", "session", "revoke", fmt.Sprint(who.session())) }, true},
		{"session revoke --user", "revoked", func(who *person) { p.command("", "session", "revoke", "--user", who.name) }, false},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			who := p.hire(fmt.Sprintf("tina%d", i), models.Trader)
			other := p.signIn(who.name, password)
			cookies := []string{who.cookie(), other.cookie()}
			var ended, living []*livetest.Client
			for _, transport := range []string{"websocket", "polling"} {
				ended = append(ended, who.listen(transport))
				if c.otherBrowser {
					living = append(living, other.listen(transport))
				} else {
					ended = append(ended, other.listen(transport))
				}
			}
			c.act(who)
			for i, s := range ended {
				if err := s.WaitClosed(soon(t)); err != nil {
					t.Fatalf("the socket stays: %v", err)
				}
				got := s.Events()
				if len(got) == 0 || got[len(got)-1].Name != "session_ended" || got[len(got)-1].Arg() != `{"reason":"`+c.reason+`"}` || !s.Disconnected() {
					t.Errorf("socket %d got %v, DISCONNECT %v", i, s.Names(), s.Disconnected())
				}
			}
			for _, s := range living {
				if err := s.Barrier(soon(t)); err != nil {
					t.Errorf("another session's socket: %v", err)
				}
			}
			for i, cookie := range cookies {
				back, err := livetest.Connect(soon(t), livetest.Dial{URL: p.url, Header: http.Header{"Cookie": {cookie}}})
				if err != nil {
					t.Fatal(err)
				}
				defer back.Close()
				_, code := max.newOperationOf(client)
				p.delivered()
				if err := back.Barrier(soon(t)); err != nil {
					t.Fatal(err)
				}
				hears := slices.ContainsFunc(back.Events(), func(e livetest.Event) bool { return strings.Contains(e.Arg(), code) })
				if want := i == 1 && c.otherBrowser; hears != want || (len(back.Events()) > 0) != want {
					t.Errorf("browser %d comes back and gets %v, signed in: want %v", i+1, back.Names(), want)
				}
			}
		})
	}
}

// session is the id of the person's session.
func (w *person) session() int64 {
	w.t.Helper()
	list, _ := w.send("GET", "/api/sessions", nil).want(200).body["sessions"].([]any)
	for _, each := range list {
		if row, _ := each.(map[string]any); row["current"] == true && row["username"] == w.name {
			return int64(row["id"].(float64))
		}
	}
	w.t.Fatal("no session")
	return 0
}
