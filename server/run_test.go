package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// output collects what a running process prints; the process writes from its own
// goroutine.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}
func (o *output) String() string { o.mu.Lock(); defer o.mu.Unlock(); return o.buf.String() }

// running is a server that Run serves.
type running struct {
	t                *testing.T
	public, internal string // base URLs
	out, log         *output
	stop             context.CancelFunc
	result           chan error
	client           *http.Client
}

func testConfig(t *testing.T) *Config {
	cfg := DefaultConfig()
	cfg.HTTP.Addr, cfg.Internal.Addr, cfg.Data.Dir = "127.0.0.1:0", "127.0.0.1:0", t.TempDir()
	return cfg
}

func startRun(t *testing.T, cfg *Config) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	transport := &http.Transport{}
	r := &running{t: t, out: &output{}, log: &output{}, stop: stop, result: make(chan error, 1), client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
	log, level := NewLogger(cfg, r.log)
	started := make(chan [2]net.Addr, 1)
	go func() {
		r.result <- Run(ctx, cfg, Process{Log: log, Level: level, Out: r.out, Started: func(public, internal net.Addr) { started <- [2]net.Addr{public, internal} }})
	}()
	t.Cleanup(func() { stop(); transport.CloseIdleConnections() })
	select {
	case at := <-started:
		r.public = "http://" + at[0].String()
		if at[1] != nil {
			r.internal = "http://" + at[1].String()
		}
	case err := <-r.result:
		t.Fatalf("ended before it served: %v", err)
	}
	return r
}

func (r *running) get(url string) (int, string) {
	r.t.Helper()
	resp, err := r.client.Get(url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// end stops the server and returns what Run said.
func (r *running) end() error {
	r.t.Helper()
	r.stop()
	select {
	case err := <-r.result:
		r.result <- err
		return err
	case <-time.After(30 * time.Second):
		r.t.Fatal("Run did not end")
		return nil
	}
}

func TestRunServesAndEndsInOrder(t *testing.T) {
	r := startRun(t, testConfig(t))
	for path, want := range map[string]string{"/healthz": `{"status":"ok"}`, "/readyz": `{"status":"ready"}`, "/readyz?verbose": `"migrations":"ok"`} {
		for _, base := range []string{r.public, r.internal} {
			if status, body := r.get(base + path); status != 200 || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
	}
	for _, secret := range []string{"/metrics", "/debug/pprof/", "/loglevel"} {
		if status, _ := r.get(r.public + secret); status == 200 {
			t.Errorf("%s is public", secret)
		}
		if status, _ := r.get(r.internal + secret); status != 200 {
			t.Errorf("%s: %d on the internal listener", secret, status)
		}
	}
	if _, body := r.get(r.internal + "/metrics"); !strings.Contains(body, `http_server_request_duration_seconds_count{method="GET",route="unmatched",status="404"}`) {
		t.Errorf("the public request was not measured")
	}
	for _, url := range []string{r.public + "/\n", r.public + "/socket.io/\n", r.internal + "/metrics\n"} {
		if !strings.Contains(r.out.String(), url) {
			t.Errorf("%q was not announced in %q", url, r.out.String())
		}
	}
	if err := r.end(); err != nil {
		t.Errorf("ordered end: %v", err)
	}
	for _, url := range []string{r.public, r.internal} {
		if resp, err := r.client.Get(url + "/healthz"); err == nil {
			resp.Body.Close()
			t.Errorf("%s still serves", url)
		}
	}
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, `"level":"error"`) || strings.Contains(line, `"level":"warn"`) {
			t.Errorf("an ordinary life logged %s", line)
		}
	}
}

func TestRunTwiceOnTheSameData(t *testing.T) {
	cfg := testConfig(t)
	cfg.Internal.Addr = ""
	first := startRun(t, cfg)
	if err := first.end(); err != nil {
		t.Fatal(err)
	}
	again := DefaultConfig()
	again.HTTP.Addr, again.Data.Dir = cfg.HTTP.Addr, cfg.Data.Dir
	second := startRun(t, again)
	if again.SecretKey != cfg.SecretKey || second.internal != "" {
		t.Errorf("same key %v, internal %q", again.SecretKey == cfg.SecretKey, second.internal)
	}
	_, printed, _ := strings.Cut(first.out.String(), "sign in as admin with the password ")
	password, _, found := strings.Cut(printed, " ")
	if !found || models.CheckPassword(password) != nil || strings.Contains(first.log.String(), password) || strings.Contains(second.out.String(), "password") {
		t.Errorf("the first user's password: first start %q, second start %q", first.out.String(), second.out.String())
	}
	if strings.Contains(second.log.String(), "migrated") || !strings.Contains(first.log.String(), "migrated") {
		t.Error("migrations ran again")
	}
	if err := second.end(); err != nil {
		t.Error(err)
	}
}

func TestRunRefusesATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for key, set := range map[string]func(*Config){
		"http.addr":     func(c *Config) { c.HTTP.Addr = taken.Addr().String() },
		"internal.addr": func(c *Config) { c.Internal.Addr = taken.Addr().String() },
	} {
		cfg := testConfig(t)
		set(cfg)
		var out output
		err := Run(t.Context(), cfg, Process{Log: zap.NewNop(), Level: zap.NewAtomicLevel(), Out: &out})
		if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
		if out.String() != "" {
			t.Errorf("%s: announced %q", key, out.String())
		}
	}
}

func TestRunRefusesADatabaseThatIsAway(t *testing.T) {
	cfg := testConfig(t)
	cfg.Database.URL = "postgres://relevo:hidden@127.0.0.1:1/relevo?connect_timeout=2"
	err := Run(t.Context(), cfg, Process{Log: zap.NewNop(), Level: zap.NewAtomicLevel(), Out: io.Discard})
	if err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("error = %v", err)
	}
}

func TestLogLevelOverTheInternalListener(t *testing.T) {
	r := startRun(t, testConfig(t))
	req, err := http.NewRequest(http.MethodPut, r.internal+"/loglevel", strings.NewReader(`{"level":"debug"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	_, body := r.get(r.internal + "/loglevel")
	var got struct{ Level string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Level != "debug" {
		t.Errorf("%s: %v", body, err)
	}
}
