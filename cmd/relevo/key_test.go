package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// openDesk opens the store that the commands use.
func openDesk(t *testing.T) *models.Store {
	t.Helper()
	store, err := models.Open(context.Background(), models.Config{Path: filepath.Join("data", "relevo.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// A key is shown once, listed without its secret, revoked for good; each change
// leaves its audit line.
func TestKeys(t *testing.T) {
	c := newCommand(t)
	create := []string{"key", "create", "--name", "facturas", "--events", "notification,nueva_operacion", "--audiences", "role_*,authenticated"}
	if status, _, errs := c.run("", create...); status != exitFailure || !strings.Contains(errs, "relevo migrate up") {
		t.Errorf("before the migration: status %d, %s", status, errs)
	}
	c.ok("", "migrate", "up")
	if status, out, errs := c.run("", create...); status != exitFailure || out != "" || !strings.Contains(errs, "no active Master") {
		t.Errorf("without a user: status %d, %s", status, errs)
	}
	c.ok("correcta-9\n", "user", "create", "--username", "max", "--email", "max@desk.example", "--dni", "12345678", "--role", "Master", "--password-stdin")
	c.ok("correcta-9\n", "user", "create", "--username", "eva", "--email", "eva@desk.example", "--dni", "12345679", "--role", "Trader", "--password-stdin")

	text := c.ok("", create...)
	token := regexp.MustCompile(`rk_[\w-]{43}`).FindString(text)
	if token == "" || !strings.Contains(text, "created key 1, facturas") || !strings.Contains(text, "shown only now") {
		t.Fatal(text)
	}
	c.ok("", append(create, "--by", "eva")...)
	for name, args := range map[string][]string{
		"unknown event":    {"key", "create", "--name", "x", "--events", "nueva_operation", "--audiences", "*"},
		"unknown audience": {"key", "create", "--name", "x", "--events", "*", "--audiences", "everybody"},
		"no scope":         {"key", "create", "--name", "x"},
		"no name":          {"key", "create", "--events", "*", "--audiences", "*"},
		"unknown user":     {"key", "create", "--name", "x", "--events", "*", "--audiences", "*", "--by", "nadie"},
		"unknown key":      {"key", "revoke", "99"},
	} {
		if status, out, errs := c.run("", args...); status != exitFailure || out != "" || errs == "" {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	if status, _, errs := c.run("", "key", "revoke", "one"); status != exitUsage || !strings.Contains(errs, "not the number") {
		t.Errorf("status %d, %s", status, errs)
	}
	if text := c.ok("", "key", "revoke", "2"); text != "revoked key 2, facturas\n" {
		t.Error(text)
	}
	var rows []map[string]any
	list := c.ok("", "key", "list", "--json")
	if err := json.Unmarshal([]byte(list), &rows); err != nil || len(rows) != 2 || rows[0]["revoked_at"] != nil || rows[1]["revoked_at"] == nil || rows[0]["last_used_at"] != nil {
		t.Fatalf("%v: %s", err, list)
	}
	table := c.ok("", "key", "list")
	for _, secret := range []string{token[11:], models.HashToken(token)} {
		if strings.Contains(list+table, secret) {
			t.Error("the list shows a secret")
		}
	}
	if !strings.Contains(table, token[:11]) || !strings.Contains(table, "role_*,authenticated") || !strings.Contains(table, "revoked") || !strings.Contains(table, "never") {
		t.Error(table)
	}

	store := openDesk(t)
	if key, err := store.UseServiceKey(t.Context(), token); err != nil || key.ID != 1 {
		t.Errorf("%+v, %v", key, err)
	}
	for action, users := range map[string][]string{"CREATE_SERVICE_KEY": {"max", "eva"}, "REVOKE_SERVICE_KEY": {"max"}} {
		lines, err := store.AuditTrail(t.Context(), action)
		if err != nil || len(lines) != len(users) {
			t.Fatalf("%s: %v, %v", action, lines, err)
		}
		for i, name := range users {
			u, err := store.UserByID(t.Context(), lines[i].UserID)
			if err != nil || u.Username != name || *lines[i].UserAgent != "línea de comandos" {
				t.Errorf("%s: %+v under %s, %v", action, lines[i], u.Username, err)
			}
		}
	}
}

// What is emitted by hand stands in the log, latest events too; what the table
// does not allow does not.
func TestEmitCommand(t *testing.T) {
	c := newCommand(t)
	c.ok("", "migrate", "up")
	toast := `{"title":"Aviso","message":"m","type":"info"}`
	ids := []string{
		c.ok("", "emit", "notification", "--payload", toast, "--room", "role_Master", "--room", "user_7", "--entity", "invoice/4"),
		c.ok(toast+"\n", "emit", "notification", "--payload", "-", "--room", "authenticated"),
		c.ok("", "emit", "dashboard_update"),
	}
	for name, tc := range map[string]struct {
		input, want string
		args        []string
	}{
		"unknown":      {"", "notificacion", []string{"emit", "notificacion"}},
		"nobody":       {"", "rooms", []string{"emit", "notification", "--payload", toast}},
		"wrong room":   {"", "rooms[0]", []string{"emit", "notification", "--payload", toast, "--room", "public"}},
		"wrong field":  {"", "payload.text", []string{"emit", "notification", "--payload", `{"text":""}`, "--room", "user_7"}},
		"not JSON":     {"nothing", "payload", []string{"emit", "notification", "--payload", "-", "--room", "user_7"}},
		"endless JSON": {strings.Repeat(" ", 1<<20), "payload", []string{"emit", "notification", "--payload", "-", "--room", "user_7"}},
	} {
		if status, out, errs := c.run(tc.input, tc.args...); status != exitFailure || out != "" || !strings.Contains(errs, tc.want) {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	if status, _, _ := c.run("", "emit"); status != exitUsage {
		t.Errorf("without a name: status %d", status)
	}
	log, err := openDesk(t).EventsAfter(t.Context(), models.EventCursor{}, 10)
	if err != nil || len(log) != len(ids) {
		t.Fatalf("%v, %v", log, err)
	}
	for i, e := range log {
		if ids[i] != e.ID+"\n" {
			t.Errorf("printed %q, logged %s", ids[i], e.ID)
		}
	}
	if e := log[0]; e.Entity != "invoice/4" || len(e.Rooms) != 2 || string(e.Payload) != toast {
		t.Errorf("%+v", e)
	}
	if e := log[2]; e.Name != "dashboard_update" || string(e.Payload) != "{}" || e.Rooms[0] != "authenticated" {
		t.Errorf("%+v", e)
	}
}
