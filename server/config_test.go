package server

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func settingOf(t *testing.T, c *Config, key string) Setting {
	t.Helper()
	for _, s := range c.Settings() {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("no setting %s", key)
	return Setting{}
}

func TestEveryKeyIsDescribedAndDefaultsAreValid(t *testing.T) {
	envs := map[string]bool{}
	for _, f := range configFields(DefaultConfig()) {
		if f.Doc == "" || !strings.HasSuffix(f.Doc, ".") || strings.Contains(f.Doc, "\n") {
			t.Errorf("%s: description %q is not one sentence", f.Key, f.Doc)
		}
		if envs[f.Env] {
			t.Errorf("%s: environment name %s is taken", f.Key, f.Env)
		}
		envs[f.Env] = true
		if f.text() != f.Default {
			t.Errorf("%s: default %q reads back as %q", f.Key, f.Default, f.text())
		}
	}
}

func TestConfigOrder(t *testing.T) {
	file := writeFile(t, "config.yaml", "socket:\n  ping_interval: 30s\n  ping_timeout: 61s\n  max_payload: 2000\nlog: {level: warn}\ncors:\n  origins: [https://a.example, \"http://b.example:81\"]\n")
	c, err := LoadConfig(Source{
		File:    file,
		Environ: []string{"RELEVO_SOCKET_PING_TIMEOUT=62s", "RELEVO_SOCKET_MAX_PAYLOAD=3000", "HOME=/", "PORT=9999", "DATABASE_URL=postgres://u:hidden@db/x", "REDIS_URL="},
		Flags:   map[string]string{"socket.max_payload": "4000"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Socket.PingInterval != 30*time.Second || c.Socket.PingTimeout != 62*time.Second || c.Socket.MaxPayload != 4000 {
		t.Errorf("socket = %+v", c.Socket)
	}
	if want := []string{"https://a.example", "http://b.example:81"}; !reflect.DeepEqual(c.CORS.Origins, want) {
		t.Errorf("origins = %q", c.CORS.Origins)
	}
	for key, origin := range map[string]string{
		"socket.ping_interval": file + ":2", "socket.ping_timeout": "env RELEVO_SOCKET_PING_TIMEOUT",
		"socket.max_payload": "flag --socket.max-payload", "http.addr": "env PORT",
		"database.url": "env DATABASE_URL", "redis.url": "default", "session.lifetime": "default",
	} {
		if got := settingOf(t, c, key).Origin; got != origin {
			t.Errorf("%s comes from %q, want %q", key, got, origin)
		}
	}
	if c.HTTP.Addr != ":9999" {
		t.Errorf("http.addr = %q", c.HTTP.Addr)
	}
	if got := settingOf(t, c, "database.url").Value; strings.Contains(got, "hidden") || !strings.Contains(got, "db/x") {
		t.Errorf("database.url is shown as %q", got)
	}
}

func TestOurEnvironmentNameBeatsThePlatforms(t *testing.T) {
	c, err := LoadConfig(Source{Environ: []string{"PORT=1", "RELEVO_HTTP_ADDR=127.0.0.1:2", "SECRET_KEY=" + strings.Repeat("a", 20), "RELEVO_SECRET_KEY=" + strings.Repeat("b", 20)}})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Addr != "127.0.0.1:2" || c.SecretKey[0] != 'b' {
		t.Errorf("addr %q, key %q", c.HTTP.Addr, c.SecretKey)
	}
}

func TestConfigFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		file    string
		environ []string
		flags   map[string]string
		want    []string // all in the message
		never   string
	}{
		"unknown key":           {file: "socket:\n  ping_intervall: 1s\n", want: []string{"config.yaml:2", `"socket.ping_intervall"`, `nearest known one is "socket.ping_interval"`}},
		"unknown section":       {file: "sockets:\n  path: /x/\n", want: []string{`"sockets"`, `"socket"`}},
		"section is a value":    {file: "socket: 4\n", want: []string{"socket", "expected keys below it"}},
		"file is a list":        {file: "- a\n", want: []string{"expected keys"}},
		"value is a list":       {file: "http:\n  addr: [a]\n", want: []string{"http.addr", "single value"}},
		"list is a value map":   {file: "cors:\n  origins: {a: b}\n", want: []string{"cors.origins", "expected a list"}},
		"key twice":             {file: "http:\n  addr: ':1'\nsocket: {}\nhttp:\n  addr: ':2'\n", want: []string{"http"}},
		"not yaml":              {file: "a: [", want: []string{"config.yaml", "yaml"}},
		"unknown variable":      {environ: []string{"RELEVO_SOCKET_PING_INTERVALL=1s"}, want: []string{"RELEVO_SOCKET_PING_INTERVALL", `"RELEVO_SOCKET_PING_INTERVAL"`}},
		"unknown flag key":      {flags: map[string]string{"http.adr": ":1"}, want: []string{"http.adr", "http.addr"}},
		"bad duration":          {environ: []string{"RELEVO_SOCKET_PING_INTERVAL=25"}, want: []string{"socket.ping_interval", `"25"`, "a duration such as 25s"}},
		"duration of zero":      {file: "http:\n  shutdown_timeout: 0s\n", want: []string{"http.shutdown_timeout", "above 0"}},
		"empty where a value":   {file: "http:\n  shutdown_timeout:\n", want: []string{"http.shutdown_timeout", "duration"}},
		"bad number":            {environ: []string{"RELEVO_LOGIN_PER_MINUTE=many"}, want: []string{"login.per_minute", "many", "whole number"}},
		"bad choice":            {flags: map[string]string{"log.format": "xml"}, want: []string{"log.format", `"xml"`, "auto, json, console"}},
		"bad port":              {environ: []string{"PORT=http"}, want: []string{"env PORT", "http.addr", "host:port"}},
		"bad proxy":             {environ: []string{"RELEVO_HTTP_TRUSTED_PROXIES=10.0.0.0/8,nginx"}, want: []string{"http.trusted_proxies", "CIDR"}},
		"any origin":            {environ: []string{"RELEVO_CORS_ORIGINS=*"}, want: []string{"cors.origins", "* is refused"}},
		"origin with path":      {environ: []string{"RELEVO_CORS_ORIGINS=https://a.example/"}, want: []string{"cors.origins"}},
		"not a postgres url":    {environ: []string{"DATABASE_URL=mysql://u:hidden@h/d"}, want: []string{"database.url", "postgres://"}, never: "hidden"},
		"postgres key=value":    {environ: []string{"DATABASE_URL=host=h dbname=d password=hidden"}, want: []string{"database.url", "postgres://"}, never: "hidden"},
		"sample secret":         {environ: []string{"SECRET_KEY=dev-secret-key-change-in-production"}, want: []string{"secret_key", "sample key"}},
		"short secret":          {environ: []string{"SECRET_KEY=hidden"}, want: []string{"secret_key", "16"}, never: "hidden"},
		"secret file missing":   {environ: []string{"RELEVO_SECRET_KEY_FILE=/nowhere/at/all"}, want: []string{"RELEVO_SECRET_KEY_FILE", "no such file"}},
		"secret twice":          {environ: []string{"RELEVO_SECRET_KEY_FILE=/x", "RELEVO_SECRET_KEY=" + strings.Repeat("k", 20)}, want: []string{"both set"}},
		"no file form for this": {environ: []string{"RELEVO_HTTP_ADDR_FILE=/x"}, want: []string{"unknown environment variable RELEVO_HTTP_ADDR_FILE"}},
		"two faults at once":    {environ: []string{"RELEVO_LOG_LEVEL=loud", "RELEVO_LOG_FORMAT=xml"}, want: []string{"log.level", "log.format"}},
		"secret path":           {environ: []string{"RELEVO_SOCKET_PATH=socket.io"}, want: []string{"socket.path", "/socket.io/"}},
	} {
		t.Run(name, func(t *testing.T) {
			src := Source{Environ: tc.environ, Flags: tc.flags}
			if tc.file != "" {
				src.File = writeFile(t, "config.yaml", tc.file)
			}
			_, err := LoadConfig(src)
			var fault *ConfigError
			if !errors.As(err, &fault) {
				t.Fatalf("error = %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if tc.never != "" && strings.Contains(err.Error(), tc.never) {
				t.Errorf("%q shows a secret", err)
			}
		})
	}
}

func TestSecretFromFile(t *testing.T) {
	key := strings.Repeat("s", 32)
	c, err := LoadConfig(Source{Environ: []string{"RELEVO_SECRET_KEY_FILE=" + writeFile(t, "key", key+"\n")}})
	if err != nil {
		t.Fatal(err)
	}
	shown := settingOf(t, c, "secret_key")
	if c.SecretKey != key || shown.Origin != "env RELEVO_SECRET_KEY_FILE" || shown.Value != "********" {
		t.Errorf("key %q, shown %+v", c.SecretKey, shown)
	}
}

func TestSecretIsKeptOverRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	resolve := func() (*Config, string, bool, error) {
		c := DefaultConfig()
		c.Data.Dir = dir
		path, created, err := c.ResolveSecret()
		return c, path, created, err
	}
	first, path, created, err := resolve()
	if err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	second, _, created, err := resolve()
	if err != nil || created || second.SecretKey != first.SecretKey || len(first.SecretKey) != 64 {
		t.Errorf("second start: created %v, error %v, same key %v", created, err, second.SecretKey == first.SecretKey)
	}
	if err := os.WriteFile(path, []byte("changeme"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := resolve(); err == nil || !strings.Contains(err.Error(), "sample") {
		t.Errorf("sample key in the file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".secret_key-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestMaskedURLs(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"postgres://u:pw@h:1/d?sslmode=disable":  "postgres://u:xxxxx@h:1/d?sslmode=disable",
		"postgres://h/d":                         "postgres://h/d",
		"postgres://u@h/d?password=pw":           "********",
		"host=h password=pw dbname=d":            "********",
		"postgres://u:p%zz@h/d":                  "********",
		"postgres:///d?host=/run&sslpassword=pw": "********",
	} {
		c := DefaultConfig()
		c.Database.URL = in
		if got := settingOf(t, c, "database.url").Value; got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestNearestKey(t *testing.T) {
	known := []string{"http.addr", "internal.addr", "socket.path"}
	for in, want := range map[string]string{"http.adr": "http.addr", "intrnal.addr": "internal.addr", "socketpath": "socket.path", "": "http.addr"} {
		if got := NearestKey(in, known); got != want {
			t.Errorf("nearest of %q is %q, want %q", in, got, want)
		}
	}
}
