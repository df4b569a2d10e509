package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/relevo/relevo/bench/internal/peer"
	"github.com/relevo/relevo/bench/internal/proc"
)

// Database is where a desk keeps its data.
type Database string

// The databases.
const (
	SQLite   Database = "sqlite"
	Postgres Database = "postgres"
)

// Who works at a desk: the Master makes clients, traders write, operators listen.
var staff = []string{"Master", "Trader", "Trader", "Operador", "Operador"}

const password = "correcta-9"

// desk is an empty installation of the program: a folder, a database and users.
type desk struct {
	env      []string
	dir      string
	internal string // address of the internal listener
	postgres int    // pid of the Postgres server, 0 when it is not ours
	drop     func()
}

// newDesk makes the tables and the users with the program's own verbs.
func newDesk(ctx context.Context, where Database, o Options) (_ *desk, err error) {
	d := &desk{drop: func() {}}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.dir, err = os.MkdirTemp("", "relevo-bench-desk"); err != nil {
		return nil, err
	}
	if d.internal, err = freeAddress(); err != nil {
		return nil, err
	}
	d.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir, "RELEVO_DATA_DIR=" + d.dir, "RELEVO_LOG_FORMAT=json",
		"RELEVO_LOGIN_PER_MINUTE=1000", "RELEVO_INTERNAL_ADDR=" + d.internal,
	}
	if where == Postgres {
		if o.Postgres == nil {
			return nil, errors.New("no Postgres server")
		}
		at, drop, err := o.Postgres.Database(ctx)
		if err != nil {
			return nil, err
		}
		d.drop, d.postgres = drop, o.Postgres.PID()
		d.env = append(d.env, "DATABASE_URL="+at)
		if err := o.Postgres.Checkpoint(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := d.command(ctx, o.Root, "", "migrate", "up"); err != nil {
		return nil, err
	}
	for n, role := range staff {
		name := userName(n)
		_, err := d.command(ctx, o.Root, password+"\n", "user", "create", "--username", name, "--email", name+"@desk.example",
			"--dni", fmt.Sprintf("%08d", n+1), "--role", role, "--password-stdin")
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

func userName(n int) string { return fmt.Sprintf("user%02d", n) }

// command runs a verb of the program and returns what it printed.
func (d *desk) command(ctx context.Context, root, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, peer.Relevo(root), args...)
	cmd.Dir, cmd.Env, cmd.Stdin = d.dir, d.env, strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("relevo %s: %w: %s", strings.Join(args[:2], " "), err, errs.String())
	}
	return out.String(), nil
}

// key makes a service's key for all audiences and one event.
func (d *desk) key(root, event string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := d.command(ctx, root, "", "key", "create", "--name", "bench", "--events", event, "--audiences", "*")
	if err != nil {
		return "", err
	}
	for word := range strings.FieldsSeq(out) {
		if len(word) > 30 {
			return word, nil
		}
	}
	return "", fmt.Errorf("no key in %.200s", out)
}

func (d *desk) close() {
	d.drop()
	_ = os.RemoveAll(d.dir)
}

// databaseCPU is the time of the Postgres server's processes, nil when it is not ours.
func (d *desk) databaseCPU() (proc.FamilyCPU, error) {
	if d.postgres == 0 {
		return nil, nil
	}
	return proc.Family(d.postgres)
}

// profile asks the program for a CPU profile of the duration and returns at once; what
// comes is kept in the file when the function that it returns is called.
func (d *desk) profile(file string, of time.Duration) (finish func() error) {
	got := make(chan error, 1)
	go func() {
		resp, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", d.internal, max(1, int(of.Seconds()))))
		if err != nil {
			got <- err
			return
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("CPU profile: %s", resp.Status)
		}
		if err == nil {
			err = os.WriteFile(file, data, 0o644)
		}
		got <- err
	}()
	return func() error { return <-got }
}

// member is somebody who is signed in.
type member struct {
	id     int64
	base   string
	cookie string
	token  string
	client *http.Client
}

var formToken = regexp.MustCompile(`name="csrf_token"[^>]*value="([^"]+)"`)

// enter signs a user in.
func enter(base, name string) (*member, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	m := &member{base: base, client: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	page, err := m.ask("GET", "/login", nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	found := formToken.FindSubmatch(page)
	if found == nil {
		return nil, errors.New("no csrf_token in the login form")
	}
	m.token = string(found[1])
	answer, err := m.ask("POST", "/login", map[string]any{"username": name, "password": password}, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var signed struct {
		Token string `json:"csrf_token"`
		User  struct{ ID int64 }
	}
	if err := json.Unmarshal(answer, &signed); err != nil || signed.Token == "" {
		return nil, fmt.Errorf("sign in: %.200s", answer)
	}
	m.token, m.id = signed.Token, signed.User.ID
	at, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, c := range jar.Cookies(at) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	m.cookie = strings.Join(pairs, "; ")
	return m, nil
}

// ask sends JSON, or nothing, and returns the answer's body; another status is an error.
func (m *member) ask(method, path string, body any, want int) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, m.base+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-CSRFToken", m.token)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s answered %d: %.200s", method, path, resp.StatusCode, answer)
	}
	return answer, err
}

// newClient makes an active client of the desk and returns its id.
func (m *member) newClient(n int) (int64, error) {
	dni := fmt.Sprintf("7%07d", n)
	account := func(currency, number string) map[string]string {
		return map[string]string{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": currency, "account_number": number}
	}
	answer, err := m.ask("POST", "/clients/api/create", map[string]any{
		"document_type": "DNI", "dni": dni, "apellido_paterno": "ROJAS", "apellido_materno": "PEÑA", "nombres": "ANA",
		"email": dni + "@client.example", "phone": "987654321",
		"bank_accounts": []map[string]string{account("S/", "19112345678901"), account("$", "19112345678902")},
	}, http.StatusCreated)
	if err != nil {
		return 0, err
	}
	var made struct {
		Client struct {
			ID     int64
			Status string
		}
	}
	if err := json.Unmarshal(answer, &made); err != nil || made.Client.Status != "Activo" {
		return 0, fmt.Errorf("new client: %.200s", answer)
	}
	return made.Client.ID, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
