package main

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/relevo/relevo/models"
)

// An account is made, listed without its hash, turned off and on, and gets a password;
// each change raises its version, so that its tokens end, and leaves its audit line.
func TestAccounts(t *testing.T) {
	c := newCommand(t)
	c.ok("", "migrate", "up")
	create := []string{"account", "create", "--username", "ana.nunez", "--email", "Ana@casa.example"}
	if status, _, errs := c.run("", create...); status != exitFailure || !strings.Contains(errs, "no active Master") {
		t.Errorf("without a user: status %d, %s", status, errs)
	}
	c.ok("correcta-9\n", "user", "create", "--username", "max", "--email", "max@desk.example", "--dni", "12345678", "--role", "Master", "--password-stdin")
	store := openDesk(t)
	var person models.Requester
	err := store.Tx(t.Context(), func(tx *models.Tx) (err error) {
		person, err = tx.UpsertRequester(models.RequesterInput{PersonInput: models.PersonInput{
			FirstName: "Ana", LastName: "Núñez", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: "1",
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	create = append(create, "--kind", "SOLICITANTE", "--person", "1", "--password-stdin")
	if text := c.ok("correcta-9\n", create...); !strings.HasPrefix(text, "created account ") || strings.Contains(text, "shown only now") {
		t.Error(text)
	}
	if text := c.ok("", "account", "create", "--username", "luis.paz"); !strings.Contains(text, "shown only now") {
		t.Error(text)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("correcta-9"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c.ok(string(hash)+"\n", "account", "create", "--username", "old.account", "--hash-stdin")
	for name, args := range map[string][]string{
		"taken":          create,
		"a user's name":  {"account", "create", "--username", "max"},
		"unknown kind":   {"account", "create", "--username", "x.y", "--kind", "ADMINISTRADOR"},
		"unknown person": {"account", "create", "--username", "x.y", "--kind", "SOLICITANTE", "--person", "99"},
		"no hash":        {"account", "create", "--username", "x.y", "--hash-stdin"},
		"unknown login":  {"account", "disable", "nadie"},
		"unknown by":     {"account", "disable", "ana.nunez", "--by", "nadie"},
	} {
		if status, out, errs := c.run("", args...); status != exitFailure || out != "" || errs == "" {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	for _, input := range []string{"correcta-9\n", "$2b$12$short\n", "md5$salt$00\n"} {
		if status, out, errs := c.run(input, "account", "create", "--username", "x.y", "--hash-stdin"); status != exitFailure || out != "" || strings.Contains(errs, strings.TrimSpace(input)) {
			t.Errorf("stored %q: status %d, said %q", input, status, errs)
		}
	}
	if status, _, _ := c.run("", "account", "create", "--hash-stdin", "--password-stdin"); status != exitUsage {
		t.Errorf("both: status %d", status)
	}
	if text := c.ok("", "account", "disable", "ana@casa.example"); text != "disabled ana.nunez\n" {
		t.Error(text)
	}
	a, err := store.EmergencyAccountByLogin(t.Context(), "ana.nunez")
	if err != nil || a.Active || a.Version != 2 || a.PersonID == nil || *a.PersonID != person.ID {
		t.Errorf("%+v %v", a, err)
	}
	if text := c.ok("", "account", "enable", "ana.nunez"); text != "enabled ana.nunez\n" {
		t.Error(text)
	}
	c.ok("otra-clave-9\n", "account", "passwd", "ana.nunez", "--password-stdin")
	a, err = store.EmergencyAccountByLogin(t.Context(), "ana.nunez")
	if err != nil || !a.Active || a.Version != 4 {
		t.Errorf("%+v %v", a, err)
	}
	for login, password := range map[string]string{"ana.nunez": "otra-clave-9", "old.account": "correcta-9"} {
		a, err := store.EmergencyAccountByLogin(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := models.NewHasher(1).Verify(t.Context(), a.PasswordHash, password); !ok || err != nil {
			t.Errorf("%s: %v %v", login, ok, err)
		}
	}
	var rows []map[string]any
	list := c.ok("", "account", "list", "--json")
	if err := json.Unmarshal([]byte(list), &rows); err != nil || len(rows) != 3 || rows[0]["username"] != "ana.nunez" || rows[0]["kind"] != "SOLICITANTE" || rows[1]["kind"] != nil {
		t.Errorf("%v: %s", err, list)
	}
	table := c.ok("", "account", "list")
	if strings.Contains(list+table, "$2") || strings.Contains(list+table, "scrypt") || !strings.Contains(table, "ana@casa.example") {
		t.Error(table)
	}
	for action, n := range map[string]int{"CREATE_ACCOUNT": 3, "DISABLE_ACCOUNT": 1, "ENABLE_ACCOUNT": 1, "RESET_ACCOUNT_PASSWORD": 1} {
		lines, err := store.AuditTrail(t.Context(), action)
		if err != nil || len(lines) != n {
			t.Errorf("%d lines of %s: %v", len(lines), action, err)
		}
	}
}
