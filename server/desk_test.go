package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server"
)

// desk is the assembled server on a real database behind a real listener, with
// people who are signed in.
type desk struct {
	t      *testing.T
	store  *models.Store
	app    *server.Server
	others []*server.Server // the nodes beside it
	http   *httptest.Server

	mu      sync.Mutex
	clock   time.Time
	emitted []models.EventRecord
	people  int
}

// eachDesk runs f on a fresh desk of every dialect.
func eachDesk(t *testing.T, f func(t *testing.T, d *desk), adjust ...func(*server.Config)) {
	t.Helper()
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { f(t, newDesk(t, dialect, adjust...)) })
	}
}

// newDesk starts a desk whose clock stands at noon in Lima on 15 January 2026.
func newDesk(t *testing.T, dialect models.Dialect, adjust ...func(*server.Config)) *desk {
	t.Helper()
	d := &desk{t: t, clock: time.Date(2026, 1, 15, 17, 0, 0, 123456000, time.UTC)}
	d.open(modelstest.OpenAt(t, dialect, d.now), adjust...)
	return d
}

// open starts the desk on a store that has its clock.
func (d *desk) open(store *models.Store, adjust ...func(*server.Config)) {
	t := d.t
	t.Helper()
	d.store = store
	cfg := server.DefaultConfig()
	cfg.Data.Dir = t.TempDir()
	cfg.SecretKey = "a key for tests, of enough characters"
	for _, a := range adjust {
		a(cfg)
	}
	s, err := server.New(cfg, d.store, zaptest.NewLogger(t, zaptest.Level(zapcore.WarnLevel)))
	if err != nil {
		t.Fatal(err)
	}
	s.CheapHashes()
	d.app = s
	d.store.OnCommit(d.tap(s))
	t.Cleanup(s.Follow())
	d.http = httptest.NewServer(noteRoutes(heldToDocument(t, s, s.Routes()), s.Routes()))
	t.Cleanup(d.http.Close)
}

// tap notes what a transaction emitted and passes it on.
func (d *desk) tap(s *server.Server) func(context.Context, []models.EventRecord) {
	return func(ctx context.Context, events []models.EventRecord) {
		d.mu.Lock()
		d.emitted = append(d.emitted, events...)
		d.mu.Unlock()
		for _, e := range events {
			if err := eventFault(e); err != nil {
				d.t.Errorf("%s to %v is not of docs/asyncapi.json: %v\n%s", e.Name, e.Rooms, err, e.Payload)
			}
		}
		s.Deliver(ctx, events)
	}
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

// advance moves the desk's clock.
func (d *desk) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

// events returns what was emitted since the last call.
func (d *desk) events() []models.EventRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.emitted
	d.emitted = nil
	return out
}

// eventNames is events as names, in order.
func (d *desk) eventNames() []string {
	var names []string
	for _, e := range d.events() {
		names = append(names, e.Name)
	}
	return names
}

// person is a browser; the zero session is signed out.
type person struct {
	d      *desk
	user   models.User
	client *http.Client
	csrf   string
}

const deskPassword = "correcta-9"

// join creates an active user of the role and signs it in with a session of its own.
func (d *desk) join(role string) *person {
	d.t.Helper()
	d.mu.Lock()
	d.people++
	n := d.people
	d.mu.Unlock()
	var token string
	u := models.User{
		Username: fmt.Sprintf("%s%d", strings.ToLower(role), n), Email: fmt.Sprintf("u%d@desk.example", n),
		PasswordHash: "!", DNI: fmt.Sprintf("%08d", n), Role: role, Status: models.Active, CreatedAt: models.ToLima(d.now()),
	}
	err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
		if err := tx.InsertUser(&u); err != nil {
			return err
		}
		var err error
		token, _, err = tx.CreateSession(u.ID, models.Actor{UserID: u.ID}, 12*time.Hour, false)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	p := d.stranger()
	p.user = u
	at, _ := url.Parse(d.http.URL)
	p.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
	p.refreshCSRF()
	return p
}

// stranger is a browser without a session.
func (d *desk) stranger() *person {
	jar, _ := cookiejar.New(nil)
	return &person{d: d, client: &http.Client{
		Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// refreshCSRF learns the token as a script would.
func (p *person) refreshCSRF() {
	p.d.t.Helper()
	r := p.get("/api/session")
	p.csrf, _ = r.body["csrf_token"].(string)
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// message is the text that the pages show.
func (r reply) message() string { s, _ := r.body["message"].(string); return s }

func (p *person) get(path string) reply { p.d.t.Helper(); return p.send("GET", path, nil) }

// json sends v as JSON with the CSRF header.
func (p *person) json(method, path string, v any) reply {
	p.d.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.d.t.Fatal(err)
	}
	return p.send(method, path, b, "Content-Type", "application/json")
}

// send sends bytes; headers are name, value pairs that win over the defaults.
func (p *person) send(method, path string, body []byte, headers ...string) reply {
	p.d.t.Helper()
	req, err := http.NewRequest(method, p.d.http.URL+path, bytes.NewReader(body))
	if err != nil {
		p.d.t.Fatal(err)
	}
	if p.csrf != "" && method != "GET" {
		req.Header.Set("X-CSRFToken", p.csrf)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.d.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.d.t.Fatalf("%s %s: %v", method, path, err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	_ = json.Unmarshal(raw, &r.body)
	return r
}

// want fails the test when the status differs, with the body.
func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %.400s", r.status, status, r.raw)
	}
	return r
}
