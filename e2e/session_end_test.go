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

// What ends a session, ends its sockets: they are closed without DISCONNECT, so that
// the page comes back by itself, and with the old cookie it comes back as a stranger
// who hears nothing (contract 5.9, 5.15).
func TestEndOfSessionReachesSockets(t *testing.T) {
	t.Parallel()
	p := start(t, models.SQLite)
	max := p.hire("max", models.Master)
	client := max.newClient("11112222")
	cases := []struct {
		name string
		act  func(who *person) reply
		// otherBrowser tells whether a second sign-in of the user lives on.
		otherBrowser bool
	}{
		{"logout", func(who *person) reply { return who.send("GET", "/logout", nil).want(302) }, true},
		{"deactivation", func(who *person) reply {
			return max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", who.id), nil).want(200)
		}, false},
		{"deletion", func(who *person) reply {
			return max.json("DELETE", fmt.Sprintf("/users/api/delete/%d", who.id), nil).want(200)
		}, false},
		{"reset password", func(who *person) reply {
			return max.json("POST", fmt.Sprintf("/reset_password/%d", who.id), map[string]any{"new_password": "otra-clave-7"}).want(200)
		}, false},
		{"own new password", func(who *person) reply {
			return who.json("POST", "/change_password", map[string]any{"old_password": password, "new_password": "otra-clave-8"}).want(200)
		}, false},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			who := p.hire(fmt.Sprintf("tina%d", i), models.Trader)
			other := p.signIn(who.name, password)
			cookies := []string{who.cookie(), other.cookie()}
			sockets := []*livetest.Client{who.socket(), other.socket()}
			c.act(who)
			for _, s := range sockets {
				if err := s.WaitClosed(soon(t)); err != nil {
					t.Fatalf("the socket stays: %v", err)
				}
				if s.Disconnected() {
					t.Error("DISCONNECT keeps the client from coming back")
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
