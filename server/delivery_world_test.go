package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server"
)

// modelReplayMax is events.replay_max of the model's server: little, so that it is
// exceeded now and then.
const modelReplayMax = 40

// world is one database on which processes of the server follow each other, and
// the people in front of them.
type world struct {
	t     *testing.T
	d     *desk
	admin *person
	stop  func()
	url   string // of the database; empty on SQLite
	began time.Time
	skew  atomic.Int64

	mu sync.Mutex
	m  *model
}

// newWorld starts the first process.
func newWorld(t *testing.T, dialect models.Dialect) *world {
	t.Helper()
	w := &world{t: t, began: time.Now(), d: &desk{t: t, clock: time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)}}
	cfg := modelstest.Config(t, dialect)
	cfg.Now, w.url = w.now, cfg.URL
	store, err := models.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.d.store = store
	w.start()
	t.Cleanup(func() { w.halt(true) })
	w.admin = w.d.join(models.Master)
	return w
}

// now goes on as real clocks do.
func (w *world) now() time.Time {
	return w.d.now().Add(time.Since(w.began) + time.Duration(w.skew.Load()))
}

// start starts a process on the database.
func (w *world) start() {
	w.t.Helper()
	cfg := server.DefaultConfig()
	cfg.Data.Dir = w.t.TempDir()
	cfg.SecretKey = "a key for tests, of enough characters"
	cfg.Events.PollInterval = 20 * time.Millisecond
	cfg.Events.ReplayMax = modelReplayMax
	cfg.Socket.PingInterval, cfg.Socket.PingTimeout = 250*time.Millisecond, 2*time.Second
	cfg.Socket.ConfirmAfter = 20 * time.Millisecond
	app, err := server.New(cfg, w.d.store, zaptest.NewLogger(w.t, zaptest.Level(zapcore.ErrorLevel)))
	if err != nil {
		w.t.Fatal(err)
	}
	app.CheapHashes()
	w.d.app, w.stop = app, app.Follow()
	w.d.http = httptest.NewServer(app)
}

// halt ends the process: in order, or so that it can say nothing more to anybody.
func (w *world) halt(orderly bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if !orderly {
		w.stop()
	}
	if err := w.d.app.DrainSockets(ctx); err != nil {
		w.t.Errorf("drain: %v", err)
	}
	if orderly {
		w.stop()
	}
	w.d.http.Close()
}

// hire makes a member with one login.
func (w *world) hire(role string) (*member, *login) {
	p := w.d.join(role)
	who := &member{user: p.user, role: role, active: true}
	return who, &login{member: who, browser: p, watched: map[string]bool{}}
}

// signIn gives a member one more login.
func (w *world) signIn(who *member) *login {
	var token string
	err := w.d.store.Tx(context.Background(), func(tx *models.Tx) error {
		var err error
		token, _, err = tx.CreateSession(who.user.ID, models.Actor{UserID: who.user.ID}, 12*time.Hour, false)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.d.stranger()
	p.user = who.user
	at, _ := url.Parse(w.d.http.URL)
	p.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
	return &login{member: who, browser: p, watched: map[string]bool{}}
}

// commit records facts in one transaction and waits until the log shows them.
func (w *world) commit(facts ...*fact) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.d.store.Tx(context.Background(), func(tx *models.Tx) error {
		for _, f := range facts {
			if err := tx.Record(f.record()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Errorf("commit: %v", err)
		return
	}
	w.readLog()
}

// readLog tells the model what has become visible. One goroutine at a time.
func (w *world) readLog() {
	for {
		rows, err := w.d.store.EventsAfter(context.Background(), w.m.read, 500)
		if err != nil {
			w.t.Errorf("read log: %v", err)
			return
		}
		w.m.committed(rows)
		if len(rows) < 500 {
			return
		}
	}
}

// lateWrite is a transaction of another program that has its place in the log and
// is not committed.
type lateWrite struct {
	conn *pgx.Conn
	tx   pgx.Tx
	fact *fact
}

// beginLate opens one with the fact.
func (w *world) beginLate(f *fact) (*lateWrite, error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return nil, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	e := f.record()
	_, err = tx.Exec(ctx, `INSERT INTO event_log (id, name, payload, rooms, except_rooms, entity, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ID, e.Name, string(e.Payload), jsonList(e.Rooms), jsonList(e.Except), e.Entity, w.now().UnixMilli())
	return &lateWrite{conn, tx, f}, err
}

// end commits or rolls back.
func (l *lateWrite) end(w *world, commit bool) error {
	ctx := context.Background()
	defer func() { _ = l.conn.Close(ctx) }()
	if !commit {
		return l.tx.Rollback(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := l.tx.Commit(ctx); err != nil {
		return err
	}
	w.readLog()
	return nil
}

func jsonList(items []string) string {
	text := "["
	for i, item := range items {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf("%q", item)
	}
	return text + "]"
}

// delivered waits until the process has handed everything that committed to its
// sockets.
func (w *world) delivered() error {
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		at := w.d.app.Delivered()
		all, missing := true, int64(0)
		w.m.mu.Lock()
		for _, f := range w.m.facts {
			if f.commit > 0 && !at.Covers(f.seq) {
				all, missing = false, f.seq
			}
		}
		w.m.mu.Unlock()
		if all {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("the tail stands at %s and does not deliver %d", at, missing)
		}
	}
}

// closedGaps waits until the process has noticed that nothing can come any more of
// what was purged, as it has long before events are old.
func (w *world) closedGaps(patience time.Duration) error {
	purged, err := w.d.store.EventLogPurged(context.Background())
	for until := time.Now().Add(patience); err == nil && w.d.app.Delivered().Low < purged; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			return fmt.Errorf("the tail stands at %s; the log was purged up to %d", w.d.app.Delivered(), purged)
		}
	}
	return err
}

// noticed waits until the process knows of exactly so many sockets.
func (w *world) noticed(want int) error {
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		n := w.d.app.OpenSockets()
		if n == want {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("the server knows of %d sockets, %d are open", n, want)
		}
	}
}
