package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUN_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// command runs command lines in one working directory.
type command struct {
	t       *testing.T
	environ []string
}

func newCommand(t *testing.T, environ ...string) *command {
	t.Chdir(t.TempDir())
	return &command{t, environ}
}

// run returns the exit status and what was printed.
func (c *command) run(input string, args ...string) (status int, out, errs string) {
	var stdout, stderr bytes.Buffer
	status = execute(c.t.Context(), terminal{strings.NewReader(input), &stdout, &stderr, c.environ, nil}, args)
	return status, stdout.String(), stderr.String()
}

func (c *command) ok(input string, args ...string) string {
	c.t.Helper()
	status, out, errs := c.run(input, args...)
	if status != exitOK {
		c.t.Fatalf("%q: status %d: %s", args, status, errs)
	}
	return out
}

func TestWrongCommandLines(t *testing.T) {
	for name, tc := range map[string]struct {
		args    []string
		environ []string
		want    string
	}{
		"unknown verb":      {args: []string{"srve"}, want: `the nearest known one is "serve"`},
		"unknown flag":      {args: []string{"--socket.ping-intervall", "1s"}, want: "the nearest known one is --socket.ping-interval"},
		"flag of a verb":    {args: []string{"version", "--jsn"}, want: "the nearest known one is --json"},
		"flag with no text": {args: []string{"serve", "--http.addr"}, want: "needs an argument"},
		"bad value":         {args: []string{"serve", "--http.addr", "here"}, want: "flag --http.addr: http.addr"},
		"too many words":    {args: []string{"serve", "now"}, want: "takes no arguments"},
		"group alone":       {args: []string{"user"}, want: "expected one of create"},
		"group misspelt":    {args: []string{"migrate", "upp"}, want: `"up"`},
		"too few words":     {args: []string{"user", "role", "ana"}, want: "USERNAME ROLE"},
		"unknown variable":  {args: []string{"config", "show"}, environ: []string{"RELEVO_HTTP_ADRR=:1"}, want: "RELEVO_HTTP_ADDR"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := newCommand(t, tc.environ...).run("", tc.args...)
			if status != exitUsage || !strings.Contains(errs, tc.want) || out != "" {
				t.Errorf("status %d, printed %q, said %q", status, out, errs)
			}
		})
	}
}

func TestConfigShow(t *testing.T) {
	c := newCommand(t, "DATABASE_URL=postgres://u:hidden@db/x", "SECRET_KEY=hidden-hidden-hidden")
	if err := os.WriteFile("config.yaml", []byte("log:\n  level: warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := c.ok("", "config", "show", "--socket.ping-interval=30s")
	for _, want := range []string{"log.level ", "warn ", "config.yaml:2", "env DATABASE_URL", "flag --socket.ping-interval", "********"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	var rows []struct{ Key, Value, Origin string }
	if err := json.Unmarshal([]byte(c.ok("", "config", "show", "--json")), &rows); err != nil || len(rows) < 20 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	if strings.Contains(text, "hidden") || strings.Contains(c.ok("", "config", "show", "--json"), "hidden") {
		t.Error("a secret is shown")
	}
	other := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(other, []byte("log: {level: error}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := c.ok("", "--config", other, "config", "show"); !strings.Contains(text, other+":1") || strings.Contains(text, " config.yaml:2") {
		t.Errorf("--config was not used alone:\n%s", text)
	}
	if status, _, errs := c.run("", "--config", "missing.yaml", "config", "show"); status != exitUsage || !strings.Contains(errs, "missing.yaml") {
		t.Errorf("missing file: status %d, %s", status, errs)
	}
}

func TestVersion(t *testing.T) {
	c := newCommand(t)
	if text := c.ok("", "version"); !strings.HasPrefix(text, "relevo ") {
		t.Error(text)
	}
	var build map[string]string
	if err := json.Unmarshal([]byte(c.ok("", "version", "--json")), &build); err != nil || build["version"] == "" || build["go_version"] == "" {
		t.Errorf("%v, error %v", build, err)
	}
}

func TestHelpListsEveryConfigurationFlag(t *testing.T) {
	c := newCommand(t)
	text := c.ok("", "serve", "--help")
	for _, want := range []string{"--http.addr (default :8080)", "--session.remember-lifetime (default 720h)", "--secret-key"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if text := c.ok("", "--help"); strings.Contains(text, "--session.remember-lifetime") || !strings.Contains(text, "migrate") {
		t.Error(text)
	}
}

func TestHealth(t *testing.T) {
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("asked %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	c := newCommand(t, "RELEVO_HTTP_ADDR="+srv.Listener.Addr().String())
	if out := c.ok("", "health"); out != "ok\n" {
		t.Error(out)
	}
	status = http.StatusInternalServerError
	if got, _, errs := c.run("", "health"); got != exitFailure || !strings.Contains(errs, "500") {
		t.Errorf("status %d, %s", got, errs)
	}
	srv.Close()
	if got, _, errs := c.run("", "health"); got != exitFailure || !strings.Contains(errs, "refused") {
		t.Errorf("status %d, %s", got, errs)
	}
	for in, want := range map[string]string{":8080": "127.0.0.1:8080", "0.0.0.0:1": "127.0.0.1:1", "[::]:1": "[::1]:1", "10.0.0.1:1": "10.0.0.1:1"} {
		if got := dialAddr(in); got != want {
			t.Errorf("%s is asked at %s, want %s", in, got, want)
		}
	}
}

func TestMigrateAndUsers(t *testing.T) {
	c := newCommand(t)
	ana := []string{"user", "create", "--username", "ana", "--email", "ana@desk.example", "--dni", "12345678", "--role", "Trader"}
	if status, _, errs := c.run("", ana...); status != exitFailure || !strings.Contains(errs, "relevo migrate up") {
		t.Errorf("before the migration: status %d, %s", status, errs)
	}
	if text := c.ok("", "migrate", "status"); !strings.Contains(text, "pending") || strings.Contains(text, "applied") || !strings.Contains(text, "would add table operations\n") {
		t.Error(text)
	}
	if text := c.ok("", "migrate", "up"); !strings.Contains(text, "applied") {
		t.Error(text)
	}
	if text := c.ok("", "migrate", "up"); text != "nothing to do\n" {
		t.Error(text)
	}
	if text := c.ok("", "migrate", "status"); strings.Contains(text, "pending") || strings.Contains(text, "would add") || !strings.Contains(text, "applied") {
		t.Error(text)
	}

	if text := c.ok("correcta-9\n", append(ana, "--password-stdin")...); strings.Contains(text, "correcta") {
		t.Errorf("a given password is shown: %s", text)
	}
	if text := c.ok("", "user", "create", "--username", "leo", "--email", "leo@desk.example", "--dni", "87654321", "--role", "Operador"); !strings.Contains(text, "password ") {
		t.Errorf("a made password is not shown: %s", text)
	}
	for name, args := range map[string][]string{
		"taken name":     ana,
		"no role":        {"user", "create", "--username", "eva", "--email", "eva@desk.example", "--dni", "11111111"},
		"unknown role":   {"user", "role", "ana", "Jefe"},
		"unknown user":   {"user", "disable", "nadie"},
		"weak password":  {"user", "passwd", "ana", "--password-stdin"},
		"unknown passwd": {"user", "passwd", "nadie"},
	} {
		if status, out, errs := c.run("corta\n", args...); status != exitFailure || out != "" || errs == "" {
			t.Errorf("%s: status %d, printed %q, said %q", name, status, out, errs)
		}
	}
	c.ok("otra-clave-7\n", "user", "passwd", "ana", "--password-stdin")
	c.ok("", "user", "role", "ana", "Master")
	c.ok("", "user", "disable", "leo")
	var rows []map[string]any
	text := c.ok("", "user", "list", "--json")
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 2 || strings.Contains(text, "scrypt") {
		t.Fatalf("%v: %s", err, text)
	}
	got := map[any]string{}
	for _, r := range rows {
		got[r["username"]] = r["role"].(string) + " " + r["status"].(string)
	}
	if got["ana"] != "Master Activo" || got["leo"] != "Operador Inactivo" {
		t.Errorf("%v", got)
	}
	if text := c.ok("", "user", "list"); !strings.Contains(text, "ana") || !strings.Contains(text, "USERNAME") {
		t.Error(text)
	}
}
