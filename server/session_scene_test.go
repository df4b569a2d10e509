package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// unpolled leaves events to the commits and the wake-ups of the database, and the
// ends of sessions to their events.
func unpolled(cfg *server.Config) {
	cfg.Events.PollInterval, cfg.Session.CheckInterval = time.Hour, time.Hour
}

// quick looks for lost ends often.
func quick(cfg *server.Config) { cfg.Session.CheckInterval = 50 * time.Millisecond }

// tabAt opens a socket in the person's browser at a node, past its greeting.
func (p *person) tabAt(url, transport string) *livetest.Client {
	p.d.t.Helper()
	c, err := livetest.Connect(p.d.t.Context(), livetest.Dial{URL: url, Transport: transport, Jar: p.client.Jar})
	if err != nil {
		p.d.t.Fatal(err)
	}
	p.d.t.Cleanup(c.Close)
	if _, err := c.WaitEvent(p.d.t.Context(), "connection_established"); err != nil {
		p.d.t.Fatal(err)
	}
	return c
}

// cookies is the Cookie header that the browser would send now.
func (p *person) cookies() http.Header {
	var parts []string
	for _, name := range []string{"session", "remember_token"} {
		if v := p.cookie(name); v != "" {
			parts = append(parts, name+"="+v)
		}
	}
	return http.Header{"Cookie": {strings.Join(parts, "; ")}}
}

// secondNode starts another server on the desk's database and returns its URL.
func (d *desk) secondNode(database string, adjust ...func(*server.Config)) string {
	t := d.t
	t.Helper()
	store, err := models.Open(t.Context(), models.Config{URL: database, MaxConns: 4, Now: d.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	cfg := server.DefaultConfig()
	cfg.Data.Dir, cfg.SecretKey = t.TempDir(), "a key for tests, of enough characters"
	for _, a := range adjust {
		a(cfg)
	}
	app, err := server.New(cfg, store, zaptest.NewLogger(t, zaptest.Level(zapcore.WarnLevel)))
	if err != nil {
		t.Fatal(err)
	}
	d.others = append(d.others, app)
	t.Cleanup(app.Follow())
	site := httptest.NewServer(app)
	t.Cleanup(site.Close)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
		defer cancel()
		_ = app.DrainSockets(ctx)
	})
	return site.URL
}

// deskOn is newDesk that also tells the database's address.
func deskOn(t *testing.T, dialect models.Dialect, adjust ...func(*server.Config)) (*desk, string) {
	t.Helper()
	d := &desk{t: t, clock: time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)}
	cfg := modelstest.Config(t, dialect)
	cfg.Now = d.now
	store, err := models.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.open(store, adjust...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), livetest.Patience)
		defer cancel()
		_ = d.app.DrainSockets(ctx)
	})
	return d, cfg.URL
}

// pour commits numbered events to everybody until stop is called; started is the
// number of the latest that was begun.
func (d *desk) pour(started *atomic.Int64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() {
		for ctx.Err() == nil {
			n := started.Add(1)
			payload, _ := json.Marshal(map[string]any{"title": strconv.FormatInt(n, 10), "message": "m", "type": "info"})
			err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
				return tx.Record(models.EventRecord{Name: "notification", Payload: payload, Rooms: []string{events.RoomAuthenticated, events.RoomRole(models.Trader)}})
			})
			if err != nil {
				d.t.Error(err)
			}
			time.Sleep(2 * time.Millisecond) // readers keep up
		}
	})
	return func() { cancel(); writing.Wait() }
}

// latest is the highest number that the socket got.
func latest(c *livetest.Client) int64 {
	var most int64
	for _, e := range c.Events() {
		most = max(most, numberOf(e))
	}
	return most
}

// numberOf is the number of a poured event, 0 for others.
func numberOf(e livetest.Event) int64 {
	var told struct{ Title string }
	_ = json.Unmarshal([]byte(e.Arg()), &told)
	n, _ := strconv.ParseInt(told.Title, 10, 64)
	return n
}
