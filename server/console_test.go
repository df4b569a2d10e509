package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
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

// The log is searched backwards, by what an event is and by whom it was for, and private
// fields are hidden.
func TestConsoleSearchesTheLog(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		var ids []string
		for i := range 7 {
			room := events.RoomUser(ana.user.ID)
			if i%2 == 1 {
				room = events.RoomRole(models.Operador)
			}
			ids = append(ids, d.toast(fmt.Sprint(i), room))
		}
		d.client("87654321", "Persona Secreta")
		ofClient := d.note(models.EventRecord{
			Name: "operacion_actualizada", Payload: json.RawMessage(`{"id":1,"operation_id":"E","status":"Pendiente"}`),
			Rooms: []string{events.RoomClient("12345678")}, Except: []string{events.RoomAuthenticated}, Entity: "operation/1",
		})
		search := func(query string) (got []string, raw string, next any) {
			t.Helper()
			r := master.get("/console/api/events"+query).want(t, 200)
			for _, e := range r.body["events"].([]any) {
				got = append(got, e.(map[string]any)["id"].(string))
			}
			if (r.body["next"] != nil) != r.body["more"].(bool) {
				t.Errorf("%s", r.raw)
			}
			return got, string(r.raw), r.body["next"]
		}
		back := slices.Clone(ids)
		slices.Reverse(back)
		all, raw, _ := search("")
		if len(all) != 10 || all[0] != ofClient || !slices.Equal(all[3:], back) {
			t.Errorf("%v", all)
		}
		if low := strings.ToLower(raw); strings.Contains(low, "secreta") || strings.Contains(low, "87654321") || strings.Contains(low, "12345678") || !strings.Contains(raw, "client_•••") {
			t.Errorf("private: %s", raw)
		}
		for query, want := range map[string][]string{
			"?name=notification": back,
			"?name=nuevo_cliente&user_id=" + itoa(ana.user.ID): all[1:2],
			"?entity=toast/3":       {ids[3]},
			"?entity=toast/%25":     nil,
			"?room=role_Operador":   {ids[5], ids[3], ids[1]},
			"?room=role_Opera":      nil,
			"?room=client_12345678": {ofClient},
			"?room=%25":             nil,
			"?user_id=" + itoa(bob.user.ID) + "&name=notification": {ids[5], ids[3], ids[1]},
			"?before=" + ids[2]:  {ids[1], ids[0]},
			"?name=user_deleted": nil,
		} {
			if got, _, _ := search(query); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		var paged []string
		for query := "?name=notification&limit=3"; ; {
			got, _, next := search(query)
			paged = append(paged, got...)
			if next == nil {
				break
			}
			query = "?name=notification&limit=3&before=" + next.(string)
		}
		if !slices.Equal(paged, back) {
			t.Errorf("%v", paged)
		}
		for _, query := range []string{"?limit=0", "?limit=201", "?limit=x", "?name=nobody", "?before=x", "?user_id=x", "?user_id=0", "?entity=%00", "?room=" + strings.Repeat("a", 101)} {
			wantRefusal(t, master.get("/console/api/events"+query), 400)
		}
		wantRefusal(t, master.get("/console/api/events?user_id=999999"), 404)
		wantRefusal(t, master.get("/console/api/events?before=018f0000-0000-7000-8000-000000000000"), 404)

		one := master.eventStory(ids[0], "")
		if e := one.Event; e["id"] != ids[0] || e["class"] != "durable" || e["expires_at"] != "2026-01-16T17:00:00.123Z" || e["entity"] != "toast/0" || e["payload"].(map[string]any)["type"] != "info" {
			t.Errorf("%v", e)
		}
		for path, status := range map[string]int{"x": 404, "018f0000-0000-7000-8000-000000000000": 404, ids[0] + "?user_id=x": 400, ids[0] + "?user_id=999999": 404} {
			wantRefusal(t, master.get("/console/api/events/"+path), status)
		}
		// What was purged is gone.
		if _, err := d.store.PurgeEvents(t.Context(), d.now().Add(time.Hour), 1); err != nil {
			t.Fatal(err)
		}
		if got, _, next := search(""); len(got) > 1 || next != nil {
			t.Errorf("%v %v", got, next)
		}
	})
}

// Now and the history count, and the health says what is wrong.
func TestConsoleNumbers(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana := d.join(models.Master), d.join(models.Trader)
		ana.tabAt(d.http.URL, "websocket")
		id := d.toast("x", events.RoomAuthenticated)
		master.story(id, ana, "confirmed")
		now := master.get("/console/api/now").want(t, 200).body
		for _, q := range []string{"write_ms", "confirmed_ms"} {
			if got := now[q].(map[string]any); got["samples"].(float64) < 1 || got["p50"] == nil || got["p99"] == nil {
				t.Errorf("%s %v", q, got)
			}
		}
		if now["people_version"] != 1.0 || now["watchers"] != 0.0 || now["at"] != "2026-01-15T17:00:00.123Z" {
			t.Errorf("%v", now)
		}
		history := master.get("/console/api/history").want(t, 200).body
		if n := len(history["series"].(map[string]any)["sockets"].([]any)); n < 1 || n > 360 || history["step_ms"] != 10_000.0 || history["to"] == nil {
			t.Errorf("%v", history)
		}
		health := master.get("/console/api/health").want(t, 200).body
		states := map[string]string{}
		for _, c := range health["checks"].([]any) {
			check := c.(map[string]any)
			states[check["name"].(string)] = check["state"].(string)
			if detail := check["detail"].(map[string]any); detail["es"] == "" || detail["en"] == "" {
				t.Errorf("%v", check)
			}
		}
		for name, want := range map[string]string{
			"database": "ok", "migrations": "ok", "writes": "ok", "outbox": "ok", "redis": "off", "limits": "ok", "secret_key": "ok",
			"transport_security": "off", "replay": "ok", "push": "ok", "disk": "ok",
		} {
			if states[name] != want && !(name == "disk" && states[name] != "") && !(name == "database" && states[name] == "warn") {
				t.Errorf("%s is %q, want %s", name, states[name], want)
			}
		}
		raw, _ := json.Marshal(health)
		if strings.Contains(string(raw), "a key for tests") || !strings.Contains(string(raw), `"secret_key"`) || !strings.Contains(string(raw), "console.readers") {
			t.Errorf("%s", raw)
		}
		if version := health["version"].(map[string]any); version["version"] == "" || version["started_at"] == nil || version["os"] == "" {
			t.Errorf("%v", version)
		}
	}, prompt)
}

// Requests for an ambulance wait with their age and nothing personal.
func TestConsoleEmergencies(t *testing.T) {
	d := newDesk(t, models.SQLite)
	master := d.join(models.Master)
	if got := master.get("/console/api/emergencies").want(t, 200).body; got["enabled"] != true || len(got["waiting"].([]any)) != 0 || got["oldest_ms"] != nil {
		t.Errorf("%v", got)
	}
	off := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Emergencies.Enabled = false })
	if got := off.join(models.Master).get("/console/api/emergencies").want(t, 200).body; got["enabled"] != false || len(got["waiting"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}
