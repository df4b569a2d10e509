package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// process is a running program on data of its own.
type process struct {
	t        *testing.T
	dir      string
	env      []string
	url      string // public base, without a slash at the end
	internal string
	stdout   *logbook
	log      *logbook
	cmd      *exec.Cmd
	over     chan struct{} // closed when the process has ended
	witness  *witness
}

// start runs the program on an empty database of the dialect; settings are further
// environment entries. The process is ended with the test, in order, and must then
// exit with 0.
func start(t *testing.T, dialect models.Dialect, settings ...string) *process {
	t.Helper()
	p := &process{t: t, dir: t.TempDir()}
	p.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "RELEVO_DATA_DIR=" + p.dir,
		"RELEVO_INTERNAL_ADDR=127.0.0.1:0", "RELEVO_LOG_FORMAT=json", "RELEVO_LOGIN_PER_MINUTE=10000",
		// What another process commits is found so late at most.
		"RELEVO_EVENTS_POLL_INTERVAL=20ms",
		// Here one person is many and all come from one address.
		"RELEVO_LIMITS_CONNECTIONS_PER_USER=2000", "RELEVO_LIMITS_HANDSHAKES_PER_SECOND=2000", "RELEVO_LIMITS_HANDSHAKE_BURST=5000",
	}, settings...)
	if dialect == models.Postgres {
		p.env = append(p.env, "DATABASE_URL="+modelstest.PostgresURL(t))
	}
	p.run("127.0.0.1:0")
	t.Cleanup(func() {
		if p.cmd != nil {
			p.stop()
		}
		if t.Failed() {
			lines := p.log.lines()
			t.Logf("the last log lines:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	})
	return p
}

// eachDialect runs f as a parallel subtest on both databases.
func eachDialect(t *testing.T, f func(t *testing.T, d models.Dialect)) {
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) { t.Parallel(); f(t, d) })
	}
}

// run starts the program at addr and returns when it is ready.
func (p *process) run(addr string) {
	p.t.Helper()
	p.launch(addr)
	p.ready()
}

// launch starts the program at addr and does not wait for it.
func (p *process) launch(addr string) {
	p.t.Helper()
	if p.cmd != nil {
		p.t.Fatal("the program runs already")
	}
	p.stdout, p.log, p.over = &logbook{}, &logbook{}, make(chan struct{})
	p.cmd = exec.Command(binary, "serve")
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, p.stdout, p.log
	p.cmd.Env = append(append([]string(nil), p.env...), "RELEVO_HTTP_ADDR="+addr)
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd, over := p.cmd, p.over
	go func() {
		_ = cmd.Wait()
		close(over)
	}()
}

// ready waits until the launched program answers.
func (p *process) ready() {
	p.t.Helper()
	p.eventually("the program is ready", func() error {
		if p.ended() {
			return fatal{fmt.Errorf("ended: %v\n%s", p.cmd.ProcessState, strings.Join(p.log.lines(), "\n"))}
		}
		p.url, p.internal = strings.TrimSuffix(p.stdout.value("pages"), "/"), strings.TrimSuffix(p.stdout.value("internal"), "/metrics")
		if p.url == "" || p.internal == "" {
			return errors.New("no URL printed")
		}
		return p.answers("/readyz")
	})
}

// answers reports whether a GET of the path gives 200.
func (p *process) answers(path string) error {
	resp, err := http.Get(p.url + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s answered %d: %.300s", path, resp.StatusCode, body)
	}
	return nil
}

func (p *process) ended() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// await waits for the end of the process and gives its exit status, -1 when a signal ended it.
func (p *process) await() int {
	p.t.Helper()
	select {
	case <-p.over:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.over
		p.t.Errorf("the program did not end within %v", patience)
	}
	code := p.cmd.ProcessState.ExitCode()
	p.cmd = nil
	return code
}

// stop ends the process with SIGTERM; anything but exit status 0 fails the test.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.await(); code != 0 {
		p.t.Errorf("exit status %d after SIGTERM\n%s", code, strings.Join(p.log.lines(), "\n"))
	}
}

// kill ends the process with SIGKILL.
func (p *process) kill() {
	p.t.Helper()
	_ = p.cmd.Process.Kill()
	p.await()
}

// restart runs the program again on the same data and port.
func (p *process) restart() {
	p.t.Helper()
	p.run(strings.TrimPrefix(p.url, "http://"))
}

// databaseURL is where the process has its data in Postgres, "" when in SQLite.
func (p *process) databaseURL() string {
	for _, entry := range p.env {
		if url, found := strings.CutPrefix(entry, "DATABASE_URL="); found {
			return url
		}
	}
	return ""
}

// open opens the process's database beside it, as another program does.
func (p *process) open() *models.Store {
	p.t.Helper()
	s, err := models.Open(soon(p.t), models.Config{Path: filepath.Join(p.dir, "relevo.db"), URL: p.databaseURL(), MaxConns: 2})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			p.t.Errorf("close database: %v", err)
		}
	})
	return s
}

// fatal is an error after which waiting makes no sense.
type fatal struct{ error }

// eventually polls until check gives nil; it fails the test after patience.
func (p *process) eventually(what string, check func() error) {
	p.t.Helper()
	if err := within(patience, check); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// within polls until check gives nil and returns its last error when the time is over.
func within(limit time.Duration, check func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil || errors.As(err, new(fatal)) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// soonOr is eventually that reports and goes on.
func (p *process) soonOr(what string, check func() error) {
	p.t.Helper()
	if err := within(2*patience, check); err != nil {
		p.t.Errorf("%s: %v", what, err)
	}
}

// soon is a context that ends with the test's patience.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
