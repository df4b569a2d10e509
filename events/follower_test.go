package events_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// patience bounds every wait of these tests; it is a limit for broken code.
const patience = 30 * time.Second

// follower is a process as far as the log is concerned: a tail and what it delivered.
type follower struct {
	t    testing.TB
	tail *events.Tail
	stop func()

	mu   sync.Mutex
	got  []events.Delivery
	sent []string // names of durable and latest events, in the order of sending
}

// follow starts a process at the present end of the log.
func follow(t testing.TB, log events.Log, poll time.Duration) *follower {
	t.Helper()
	f := &follower{t: t}
	tail, err := events.StartTail(context.Background(), events.TailConfig{
		Log: log, Poll: poll,
		Deliver: func(d events.Delivery) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.got, f.sent = append(f.got, d), append(f.sent, d.Name)
		},
		Latest: func(e models.EventRecord) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.sent = append(f.sent, e.Name)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.tail = tail
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { tail.Run(ctx) })
	f.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(f.stop)
	return f
}

func (f *follower) deliveries() []events.Delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]events.Delivery(nil), f.got...)
}

// names is what was sent so far.
func (f *follower) names() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.sent, " ")
}

// wait waits until that many events were sent.
func (f *follower) wait(n int) {
	f.t.Helper()
	eventually(f.t, func() string {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.sent) >= n {
			return ""
		}
		return fmt.Sprintf("%d events sent, waiting for %d", len(f.sent), n)
	})
}

// eventually polls until what is missing is nothing.
func eventually(t testing.TB, missing func() string) {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		what := missing()
		if what == "" {
			return
		}
		if time.Now().After(until) {
			t.Fatal(what)
		}
	}
}

// onPostgres is a migrated store with so many connections, and its URL.
func onPostgres(t testing.TB, conns int) (*models.Store, string) {
	t.Helper()
	cfg := modelstest.Config(t, models.Postgres)
	cfg.MaxConns = conns
	return openStore(t, cfg), cfg.URL
}

// openStore opens and migrates.
func openStore(t testing.TB, cfg models.Config) *models.Store {
	t.Helper()
	s, err := models.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// sql is a session of another program on the database.
func sql(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// commit records durable events of the names in one transaction.
func commit(t testing.TB, s *models.Store, names ...string) {
	t.Helper()
	err := s.Tx(context.Background(), func(tx *models.Tx) error {
		for _, name := range names {
			if err := tx.Record(models.EventRecord{Name: name, Rooms: []string{events.RoomAuthenticated}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
