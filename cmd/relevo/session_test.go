package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// Sessions are listed without their tokens and ended, one or all of a user; each
// end leaves its audit line under the user concerned.
func TestSessionCommand(t *testing.T) {
	c := newCommand(t)
	if status, _, errs := c.run("", "session", "list"); status != exitFailure || !strings.Contains(errs, "relevo migrate up") {
		t.Errorf("before the migration: status %d, %s", status, errs)
	}
	c.ok("", "migrate", "up")
	c.ok("correcta-9\n", "user", "create", "--username", "max", "--email", "max@desk.example", "--dni", "12345678", "--role", "Master", "--password-stdin")
	c.ok("correcta-9\n", "user", "create", "--username", "eva", "--email", "eva@desk.example", "--dni", "12345679", "--role", "Trader", "--password-stdin")
	store := openDesk(t)
	var tokens []string
	err := store.Tx(t.Context(), func(tx *models.Tx) error {
		for _, user := range []int64{1, 2, 2, 2} {
			token, s, err := tx.CreateSession(user, models.Actor{IP: "192.0.2.1", UserAgent: "a\x1b[2Jb"}, time.Hour, false)
			if err != nil {
				return err
			}
			tokens = append(tokens, token)
			if user == 2 {
				remember, _, err := tx.RememberLogin(s, 24*time.Hour)
				if err != nil {
					return err
				}
				tokens = append(tokens, remember)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list := func(n int, args ...string) (text string) {
		t.Helper()
		text = c.ok("", append([]string{"session", "list", "--json"}, args...)...)
		var rows []sessionRow
		if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != n {
			t.Fatalf("%d rows, want %d: %v", len(rows), n, err)
		}
		return text
	}
	text := list(4)
	list(3, "--user", "eva")
	list(1, "--user", "max@desk.example")
	table := c.ok("", "session", "list", "--user", "eva")
	for _, secret := range tokens {
		if strings.Contains(text+table, secret) || strings.Contains(text+table, models.HashToken(secret)) {
			t.Error("a token is shown")
		}
	}
	if strings.Contains(table, "\x1b") || !strings.Contains(table, `a\x1b[2Jb`) || !strings.Contains(table, "192.0.2.1") || strings.Contains(table, "max") {
		t.Errorf("%q", table)
	}
	for name, args := range map[string][]string{"unknown user": {"session", "list", "--user", "nadie"}, "unknown session": {"session", "revoke", "99"}, "nobody": {"session", "revoke", "--user", "nadie"}} {
		if status, out, errs := c.run("", args...); status != exitFailure || out != "" || errs == "" {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	for name, args := range map[string][]string{"word": {"session", "revoke", "one"}, "neither": {"session", "revoke"}, "both": {"session", "revoke", "1", "--user", "eva"}, "two": {"session", "revoke", "1", "2"}} {
		if status, out, errs := c.run("", args...); status != exitUsage || out != "" || errs == "" {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	list(4)
	if text := c.ok("", "session", "revoke", "2"); text != "ended session 2 of eva\n" {
		t.Error(text)
	}
	list(2, "--user", "eva")
	if status, _, _ := c.run("", "session", "revoke", "2"); status != exitFailure {
		t.Errorf("a second time: status %d", status)
	}
	if text := c.ok("", "session", "revoke", "--user", "eva"); text != "ended 2 sessions of eva\n" {
		t.Error(text)
	}
	list(0, "--user", "eva")
	list(1)
	for i, token := range tokens {
		_, err := store.SessionByToken(t.Context(), token, time.Now())
		if _, err2 := store.RememberedByToken(t.Context(), token, time.Now()); (err == nil || err2 == nil) != (i == 0) {
			t.Errorf("token %d: %v, %v", i, err, err2)
		}
	}
	for action, entity := range map[string]string{"REVOKE_SESSION": "Session", "REVOKE_SESSIONS": "User"} {
		lines, err := store.AuditTrail(t.Context(), action)
		if err != nil || len(lines) != 1 || lines[0].UserID != 2 || lines[0].Entity != entity || *lines[0].EntityID != 2 || !strings.HasSuffix(*lines[0].Details, byHand) {
			t.Errorf("%s: %+v, %v", action, lines, err)
		}
	}
}
