package events_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// node is a process on a database that several share.
type node struct {
	*follower
	store  *models.Store
	herald *events.Herald
}

// startNode starts a process whose tail never polls, so that what it delivers it
// was woken for.
func startNode(t *testing.T, cfg models.Config, name string) *node {
	t.Helper()
	n := &node{store: openStore(t, cfg)}
	n.follower = follow(t, n.store, noPoll)
	n.herald = events.NewHerald(n.store, name, n.tail, zap.NewNop())
	n.store.OnCommit(func(_ context.Context, records []models.EventRecord) {
		var latest []models.EventRecord
		for _, e := range records {
			if e.Latest {
				latest = append(latest, e)
			}
		}
		n.tail.Wake(latest...)
		n.herald.Committed(latest)
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.herald.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return n
}

const listeners = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN relevo_events'`

// listening waits until that many processes listen.
func listening(t *testing.T, url string, want int) {
	t.Helper()
	conn := sql(t, url)
	eventually(t, func() string {
		var n int
		if err := conn.QueryRow(context.Background(), listeners).Scan(&n); err != nil {
			return err.Error()
		}
		if n == want {
			return ""
		}
		return "processes do not listen"
	})
}

// A commit in one process wakes the other; latest events travel with the notice,
// after what was committed before them, and reach their own process once.
func TestHeraldWakesOtherProcesses(t *testing.T) {
	cfg := modelstest.Config(t, models.Postgres)
	one, two := startNode(t, cfg, "one"), startNode(t, cfg, "two")
	listening(t, cfg.URL, 2)
	commit(t, one.store, "a")
	one.wait(1)
	two.wait(1)
	record := func(s *models.Store, e models.EventRecord) {
		t.Helper()
		err := s.Tx(context.Background(), func(tx *models.Tx) error {
			return tx.Record(e)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	record(one.store, latest("dash", `{"n":1}`, "authenticated", "user_1"))
	one.wait(2)
	two.wait(2)
	commit(t, two.store, "b")
	one.wait(3)
	two.wait(3)
	record(two.store, latest("position", `{}`, "authenticated"))
	one.wait(4)
	// The order of sending is a, dash, b, position in both.
	for name, n := range map[string]*node{"one": one, "two": two} {
		n.wait(4)
		if got := n.names(); got != "a dash b position" {
			t.Errorf("%s sent %q", name, got)
		}
	}
}

// A latest event that does not fit into a notice stays where it was made; the
// others are woken all the same.
func TestHeraldLeavesOutWhatDoesNotFit(t *testing.T) {
	cfg := modelstest.Config(t, models.Postgres)
	one, two := startNode(t, cfg, "one"), startNode(t, cfg, "two")
	listening(t, cfg.URL, 2)
	big, _ := json.Marshal(strings.Repeat("x", 8000))
	err := one.store.Tx(context.Background(), func(tx *models.Tx) error {
		if err := tx.Record(models.EventRecord{Name: "a", Rooms: []string{"authenticated"}}); err != nil {
			return err
		}
		return tx.Record(latest("big", string(big), "authenticated"))
	})
	if err != nil {
		t.Fatal(err)
	}
	one.wait(2)
	two.wait(1)
	commit(t, one.store, "b")
	two.wait(2)
	if got := two.names(); got != "a b" {
		t.Errorf("sent %q", got)
	}
}

// A process whose listening connection is cut listens again, and looks at the log
// then: what was committed meanwhile is not waited for.
func TestHeraldListensAgain(t *testing.T) {
	cfg := modelstest.Config(t, models.Postgres)
	one, two := startNode(t, cfg, "one"), startNode(t, cfg, "two")
	listening(t, cfg.URL, 2)
	admin := sql(t, cfg.URL)
	for round := range 3 {
		var cut int
		err := admin.QueryRow(context.Background(), `WITH listeners AS MATERIALIZED (SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND query = 'LISTEN relevo_events')
			SELECT count(*) FROM listeners WHERE pg_terminate_backend(pid, 10000)`).Scan(&cut)
		if err != nil || cut != 2 {
			t.Fatalf("cut %d connections, %v", cut, err)
		}
		commit(t, one.store, "while away")
		two.wait(2*round + 1)
		listening(t, cfg.URL, 2)
		commit(t, one.store, "back")
		two.wait(2*round + 2)
	}
}

// What others put on the channel is a hint at most.
func TestHeraldSurvivesForeignNotices(t *testing.T) {
	cfg := modelstest.Config(t, models.Postgres)
	one := startNode(t, cfg, "one")
	listening(t, cfg.URL, 1)
	foreign := sql(t, cfg.URL)
	for _, payload := range []string{"", "{", "null", "[]", `{"node":5}`, `{"node":"one","latest":[{"name":"own"}]}`, `{"node":"x","latest":null}`, strings.Repeat("y", 7999)} {
		if _, err := foreign.Exec(context.Background(), `SELECT pg_notify('relevo_events', $1)`, payload); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := foreign.Exec(context.Background(), `INSERT INTO event_log (id, name, payload, rooms, created_at) VALUES ('x', 'theirs', '{}', '["authenticated"]', 0)`); err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.Exec(context.Background(), `NOTIFY relevo_events`); err != nil {
		t.Fatal(err)
	}
	one.wait(1)
	if got := one.names(); got != "theirs" {
		t.Errorf("sent %q", got)
	}
}

// On SQLite there is nobody to wake; speaking and listening end at once.
func TestHeraldAloneOnSQLite(t *testing.T) {
	n := startNode(t, modelstest.Config(t, models.SQLite), "one")
	commit(t, n.store, "a")
	n.wait(1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.store.ListenEvents(ctx, func(string) { t.Error("woken") }); err != nil || ctx.Err() != nil {
		t.Errorf("listens on SQLite: %v", err)
	}
	if err := n.store.NotifyEvents(ctx, "{}"); err != nil {
		t.Error(err)
	}
}
