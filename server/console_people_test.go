package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// The console shows who is there, from where and how far.
func TestConsolePeople(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob, away := d.join(models.Master), d.join(models.Trader), d.join(models.Operador), d.join(models.Trader)
		page := ana.tabAt(d.http.URL, "websocket")
		ana.tabAt(d.http.URL, "polling")
		bob.tabAt(d.http.URL, "websocket")
		stranger, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.http.URL})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stranger.Close)
		d.advance(time.Second)
		id := d.toast("x", events.RoomUser(ana.user.ID))
		master.story(id, ana, "confirmed")
		list := func(query string) (names []string, rows []map[string]any) {
			r := master.get("/console/api/people"+query).want(t, 200)
			if r.body["anonymous"] != 1.0 || r.body["more"] != false {
				t.Errorf("%s", r.raw)
			}
			for _, p := range r.body["people"].([]any) {
				rows = append(rows, p.(map[string]any))
				names = append(names, p.(map[string]any)["username"].(string))
			}
			return names, rows
		}
		names, rows := list("")
		if !slices.Equal(names, []string{ana.user.Username, bob.user.Username}) {
			t.Fatalf("%v", names)
		}
		row := rows[0]
		if row["tabs"] != 2.0 || fmt.Sprint(row["transports"]) != "map[polling:1 websocket:1]" || row["role"] != "Trader" || row["settled"] != true || fmt.Sprint(row["addresses"]) != "[127.0.0.1]" || row["since"] != "2026-01-15T17:00:00.123Z" {
			t.Errorf("%v", row)
		}
		if last := row["last_confirmed"].(map[string]any); last["id"] != id || last["name"] != "notification" || last["at"] != "2026-01-15T17:00:01.123Z" {
			t.Errorf("%v", last)
		}
		for query, want := range map[string]int{"?role=Trader": 1, "?role=Master": 0, "?q=OPER": 1, "?q=%25": 0, "?q=nobody": 0} {
			if names, _ := list(query); len(names) != want {
				t.Errorf("%s: %v", query, names)
			}
		}
		for _, query := range []string{"?role=Boss", "?q=" + strings.Repeat("a", 101)} {
			wantRefusal(t, master.get("/console/api/people"+query), 400)
		}

		whole := master.get("/console/api/people/"+itoa(ana.user.ID)).want(t, 200).body
		person := whole["person"].(map[string]any)
		if person["username"] != ana.user.Username || person["online"] != true || person["status"] != "Activo" || person["sessions"] != 1.0 {
			t.Errorf("%v", person)
		}
		sockets := whole["sockets"].([]any)
		if len(sockets) != 2 || len(whole["slots"].([]any)) != 2 || len(whole["trail"].([]any)) < 3 || whole["trail_since"] == nil {
			t.Errorf("%v", whole)
		}
		found := false
		for _, s := range sockets {
			socket := s.(map[string]any)
			if found = found || socket["sid"] == page.SID; socket["address"] != "127.0.0.1" || !slices.Contains(socket["rooms"].([]any), any(events.RoomUser(ana.user.ID))) {
				t.Errorf("%v", socket)
			}
		}
		if !found {
			t.Errorf("%v", sockets)
		}
		absent := master.get("/console/api/people/"+itoa(away.user.ID)).want(t, 200).body
		if len(absent["sockets"].([]any))+len(absent["slots"].([]any))+len(absent["trail"].([]any)) != 0 || absent["person"].(map[string]any)["online"] != false {
			t.Errorf("%v", absent)
		}
		for _, id := range []string{"999999", "x", "-1", "99999999999"} {
			wantRefusal(t, master.get("/console/api/people/"+id), 404)
		}
		users := master.get("/console/api/users?q=TRADER").want(t, 200).body["users"].([]any)
		if len(users) != 2 || users[0].(map[string]any)["online"] != true || users[1].(map[string]any)["online"] != false {
			t.Errorf("%v", users)
		}
		if all := master.get("/console/api/users").want(t, 200).body["users"].([]any); len(all) != 4 {
			t.Errorf("%v", all)
		}
	}, prompt)
}
