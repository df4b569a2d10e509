package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// toldNow is console_now as a page reads it.
type toldNow struct {
	Watchers   int64
	Roles      []events.ConsoleRole
	Transports events.ConsoleTransports
	Nodes      []events.ConsoleNode
	Outbox     *events.ConsoleOutbox
	Push       *events.ConsolePush
}

// Who watches is told what goes on and what is sent, with private fields hidden, and
// nobody else is; who stops watching hears no more.
func TestConsoleTellsThoseWhoWatch(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			d := newDesk(t, models.SQLite, prompt, func(cfg *server.Config) { cfg.Socket.Engine = engine })
			master, ana := d.join(models.Master), d.join(models.Trader)
			page, outsider, anonymous := master.tabAt(d.http.URL, "websocket"), ana.tabAt(d.http.URL, "polling"), d.stranger()
			stranger, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.http.URL, Jar: anonymous.client.Jar})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stranger.Close)
			for _, c := range []*livetest.Client{outsider, stranger, page} {
				id, err := c.EmitAck(t.Context(), "console_watch", "true")
				if err == nil {
					_, err = c.Acked(t.Context(), id)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			now := func(what string, want func(toldNow) bool) toldNow {
				t.Helper()
				var last toldNow
				_, err := page.WaitFor(t.Context(), what, func(e livetest.Event) bool {
					if e.Name != "console_now" {
						return false
					}
					last = toldNow{}
					if err := json.Unmarshal([]byte(e.Arg()), &last); err != nil {
						t.Error(err)
					}
					return want(last)
				})
				if err != nil {
					t.Fatalf("%v; last %+v", err, last)
				}
				return last
			}
			first := now("the first", func(n toldNow) bool { return n.Watchers == 1 && len(n.Roles) == 4 })
			if first.Transports.Polling+first.Transports.WebSocket != 3 || len(first.Nodes) != 1 || !first.Nodes[0].Self || first.Outbox == nil || first.Push == nil {
				t.Errorf("%+v", first)
			}
			for _, role := range first.Roles {
				want := map[string][2]int64{"Master": {1, 1}, "Trader": {1, 1}, "Operador": {0, 0}, "": {0, 1}}[role.Role]
				if role.Users != want[0] || role.Sockets != want[1] {
					t.Errorf("%+v", role)
				}
			}
			d.client("87654321", "Persona Secreta")
			e, err := page.WaitFor(t.Context(), "the feed", func(e livetest.Event) bool {
				return e.Name == "console_feed" && strings.Contains(e.Arg(), "nuevo_cliente")
			})
			if err != nil {
				t.Fatal(err)
			}
			var told struct {
				Events []struct{ Name string }
				Counts map[string]int64
			}
			if err := json.Unmarshal([]byte(e.Arg()), &told); err != nil {
				t.Fatal(err)
			}
			if told.Counts["nuevo_cliente"] != 1 || len(told.Events) == 0 {
				t.Errorf("%+v", told)
			}
			for _, c := range page.Events() {
				if strings.HasPrefix(c.Name, "console_") && (strings.Contains(strings.ToLower(c.Arg()), "secreta") || strings.Contains(c.Arg(), "87654321")) {
					t.Errorf("private: %s", c.Arg())
				}
			}
			if err := outsider.WaitCount(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			for _, c := range []*livetest.Client{outsider, stranger} {
				if err := c.Barrier(t.Context()); err != nil || countNames(c, "console_now")+countNames(c, "console_feed") != 0 {
					t.Errorf("%v, %v", c.Names(), err)
				}
			}
			// A change of role takes the watcher out.
			other := d.join(models.Master)
			other.json("PUT", "/users/api/update/"+itoa(master.user.ID), object{"role": models.Trader}).want(t, 200)
			if _, err := page.WaitEvent(t.Context(), "session_updated"); err != nil {
				t.Fatal(err)
			}
			if err := page.Barrier(t.Context()); err != nil {
				t.Fatal(err)
			}
			heard := countNames(page, "console_now")
			watcher := other.tabAt(d.http.URL, "websocket")
			if err := watcher.Emit(t.Context(), "console_watch", "true"); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(livetest.Patience); countNames(watcher, "console_now") < 3; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%v", watcher.Names())
				}
			}
			if err := page.Barrier(t.Context()); err != nil || countNames(page, "console_now") != heard {
				t.Errorf("a Trader watches: %v, %v", page.Names(), err)
			}
		})
	}
}

// client records the events of a client who was created.
func (d *desk) client(dni, name string) {
	d.t.Helper()
	err := d.store.Tx(d.t.Context(), func(tx *models.Tx) error {
		return events.EmitClient(tx, events.ClientWasCreated, events.ClientNotice{Client: models.Client{ID: 5, DNI: dni}, Name: &name, By: "alguien"})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}
