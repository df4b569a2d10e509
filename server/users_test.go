package server_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

func newcomer(n int) map[string]any {
	return map[string]any{
		"username": fmt.Sprintf("nuevo%d", n), "email": fmt.Sprintf("nuevo%d@desk.example", n), "password": "secreta-1",
		"dni": fmt.Sprintf("%08d", 70000000+n), "role": "Operador",
	}
}

func with(base map[string]any, key string, value any) map[string]any {
	base[key] = value
	return base
}

// contract 3.3, 4.6, 2.4
func TestUsersCreate(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master := d.join(models.Master)
		d.events()
		r := master.json("POST", "/users/api/create", newcomer(1)).want(t, 201)
		user, _ := r.body["user"].(map[string]any)
		want := []string{"created_at", "dni", "email", "id", "last_login", "last_logout", "role", "status", "updated_at", "username"}
		var keys []string
		for k := range user {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if !reflect.DeepEqual(keys, want) || user["created_at"] != "2026-01-15T12:00:00.123456" || user["status"] != "Activo" || user["role"] != "Operador" {
			t.Errorf("UserDict of contract 2.7: %s", r.raw)
		}
		emitted := d.events()
		if len(emitted) != 1 || emitted[0].Name != "nuevo_usuario" || !reflect.DeepEqual(emitted[0].Rooms, []string{"role_Master"}) {
			t.Errorf("events %+v", emitted)
		}
		noRole := newcomer(2)
		delete(noRole, "role")
		if r := master.json("POST", "/users/api/create", noRole).want(t, 201); r.body["user"].(map[string]any)["role"] != "Trader" {
			t.Errorf("default role: %s", r.raw)
		}
		d.events()
		for name, body := range map[string]map[string]any{
			"no username": with(newcomer(3), "username", "  "), "no email": with(newcomer(3), "email", ""), "no password": with(newcomer(3), "password", ""),
			"no dni": with(newcomer(3), "dni", ""), "null": with(newcomer(3), "username", nil), "number": with(newcomer(3), "dni", 12345678),
			"bad email": with(newcomer(3), "email", "a@b"), "dni 7": with(newcomer(3), "dni", "1234567"), "dni letters": with(newcomer(3), "dni", "1234567x"),
			"dni unicode digits": with(newcomer(3), "dni", "١٢٣٤٥٦٧٨"), "weak": with(newcomer(3), "password", "corta1"), "no digit": with(newcomer(3), "password", "sinnumeros"),
			"role": with(newcomer(3), "role", "Admin"), "null role": with(newcomer(3), "role", nil), "markup": with(newcomer(3), "username", "<b>x</b>"),
			"huge": with(newcomer(3), "username", strings.Repeat("x", 101)), "control": with(newcomer(3), "username", "a\x00b"),
			"username taken": with(newcomer(3), "username", "nuevo1"), "email taken": with(newcomer(3), "email", "nuevo1@desk.example"),
			"email taken in another case": with(newcomer(3), "email", "NUEVO1@desk.example"), "dni taken": with(newcomer(3), "dni", "70000001"),
			"email as username": with(newcomer(3), "username", "nuevo1@desk.example"),
		} {
			if r := master.json("POST", "/users/api/create", body); r.status != 400 || r.message() == "" || r.body["error"] != r.message() || strings.Contains(string(r.raw), "SQL") {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
		}
		if n := len(d.events()); n != 0 {
			t.Errorf("%d events of refused requests", n)
		}
		if n, err := d.store.CountUsers(context.Background()); err != nil || n != 3 {
			t.Errorf("%d users, %v", n, err)
		}
	})
}

// 5.27: of 8 requests for one name one wins, the others get 400 with a message.
func TestUsersCreateConcurrently(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master := d.join(models.Master)
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				body := newcomer(i)
				body["email"] = []string{"mismo@desk.example", "Mismo@desk.example"}[i%2]
				r := master.json("POST", "/users/api/create", body)
				mu.Lock()
				defer mu.Unlock()
				got[r.status]++
				if r.message() == "" {
					t.Errorf("%s", r.raw)
				}
			})
		}
		wg.Wait()
		if got[201] != 1 || got[400] != 7 {
			t.Errorf("statuses %v", got)
		}
	})
}

// contract 3.3, 5.15, 5.16
func TestUsersChange(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader := d.join(models.Master), d.join(models.Trader)
		own, other := itoa(master.user.ID), itoa(trader.user.ID)
		d.events()
		step := func(method, path string, body any, status int, events ...string) reply {
			t.Helper()
			r := master.json(method, path, body).want(t, status)
			if got := d.eventNames(); !slices.Equal(got, events) {
				t.Errorf("%s %s: events %v, want %v", method, path, got, events)
			}
			if r.message() == "" {
				t.Errorf("%s %s: no message in %s", method, path, r.raw)
			}
			return r
		}
		step("PUT", "/users/api/update/"+other, map[string]any{"email": "otro@desk.example", "dni": "", "role": "", "status": ""}, 200, "user_updated")
		if !trader.signedIn() {
			t.Error("a new e-mail ended the session")
		}
		step("PUT", "/users/api/update/"+other, map[string]any{"role": "Operador"}, 200, "session_updated", "user_updated")
		if r := trader.get("/api/session").want(t, 200); r.body["user"].(map[string]any)["role"] != "Operador" {
			t.Errorf("after a change of role the session says %s", r.raw)
		}
		step("PUT", "/users/api/update/"+other, map[string]any{"email": strings.ToUpper(master.user.Email)}, 400)
		step("PUT", "/users/api/update/"+other, map[string]any{"email": nil}, 400)
		step("PUT", "/users/api/update/"+other, map[string]any{"status": "Otro"}, 400)
		step("PUT", "/users/api/update/999999", map[string]any{"status": "Activo"}, 400)
		step("PUT", "/users/api/update/"+own, map[string]any{"status": "Inactivo"}, 400)
		step("PUT", "/users/api/update/"+own, map[string]any{"role": "Trader"}, 400)
		step("PUT", "/users/api/update/"+own, map[string]any{"role": "Master", "email": "jefa@desk.example"}, 200, "user_updated")
		if !master.signedIn() {
			t.Error("a refused change ended the own session")
		}
		step("POST", "/users/api/toggle_status/"+own, nil, 400)
		step("DELETE", "/users/api/delete/"+own, nil, 400)
		step("POST", "/users/api/toggle_status/999999", nil, 400)
		step("DELETE", "/users/api/delete/999999", nil, 400)
		if r := step("POST", "/users/api/toggle_status/"+other, nil, 200, "session_ended", "user_updated"); r.body["user"].(map[string]any)["status"] != "Inactivo" {
			t.Errorf("toggle: %s", r.raw)
		}
		if r := step("POST", "/users/api/toggle_status/"+other, nil, 200, "user_updated"); r.body["user"].(map[string]any)["status"] != "Activo" {
			t.Errorf("toggle back: %s", r.raw)
		}
		step("DELETE", "/users/api/delete/"+other, nil, 200, "user_deleted")
		if u, err := d.store.UserByID(context.Background(), trader.user.ID); err != nil || u.Status != models.Inactive {
			t.Errorf("deleted user: %+v, %v", u.Status, err)
		}
	})
}

// contract 3.3, 5.13
func TestUsersReads(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader := d.join(models.Master), d.join(models.Trader)
		list := master.get("/users/api/list").want(t, 200).body["users"].([]any)
		if len(list) != 2 || list[0].(map[string]any)["id"] != float64(trader.user.ID) {
			t.Errorf("list %v, want the newest first", list)
		}
		one := master.get("/users/api/"+itoa(trader.user.ID)).want(t, 200)
		stats, _ := one.body["stats"].(map[string]any)
		for _, k := range []string{"total_operations", "completed_operations", "pending_operations", "in_process_operations", "canceled_operations"} {
			if stats[k] != 0.0 {
				t.Errorf("stats %v lack %s", stats, k)
			}
		}
		if one.body["user"].(map[string]any)["operations_count"] != 0.0 {
			t.Errorf("user %s", one.raw)
		}
		for _, path := range []string{"/users/api/999999", "/users/api/abc", "/users/api/1.5", "/users/api/-1", "/users/api/99999999999999999999"} {
			if r := master.get(path).want(t, 404); r.message() == "" || r.body["error"] != r.message() {
				t.Errorf("%s: %s", path, r.raw)
			}
		}
		for _, path := range []string{"/users/api/by_role/Master", "/users/api/active"} {
			whole := master.get(path).want(t, 200).body["users"].([]any)[0].(map[string]any)
			part := trader.get(path).want(t, 200).body["users"].([]any)[0].(map[string]any)
			if whole["email"] != master.user.Email || part["username"] != master.user.Username || len(part) != len(whole) {
				t.Errorf("%s: %v and %v", path, whole, part)
			}
			for _, k := range []string{"email", "dni", "last_login", "created_at"} {
				if part[k] != nil {
					t.Errorf("%s shows %s to a trader", path, k)
				}
			}
		}
		if got := trader.get("/users/api/by_role/Nadie").want(t, 200).body["users"].([]any); len(got) != 0 {
			t.Errorf("unknown role: %v", got)
		}
		for _, c := range [][2]string{
			{"GET", "/users/api/list"}, {"POST", "/users/api/create"}, {"PUT", "/users/api/update/1"},
			{"POST", "/users/api/toggle_status/1"}, {"DELETE", "/users/api/delete/1"}, {"GET", "/users/api/1"},
		} {
			trader.json(c[0], c[1], map[string]any{}).want(t, 403)
			if r := d.stranger().json(c[0], c[1], map[string]any{}).want(t, 401); r.body["session_expired"] != true {
				t.Errorf("%v: %s", c, r.raw)
			}
		}
	})
}
