package server_test

import (
	"context"
	"encoding/json"
	"fmt"
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

// wayOut is a way in which a session ends.
type wayOut struct {
	reason string
	// other is whether a second sign-in of the user lives on.
	other bool
	act   func(t *testing.T, max, who *person)
}

var waysOut = map[string]wayOut{
	"logout by page": {"logout", true, func(t *testing.T, _, who *person) { who.get("/logout").want(t, 302) }},
	"logout by script": {"logout", true, func(t *testing.T, _, who *person) {
		who.json("POST", "/logout", nil).want(t, 200)
	}},
	"revocation": {"revoked", true, func(t *testing.T, max, who *person) {
		max.json("DELETE", sessionPath(who.current()), nil).want(t, 200)
	}},
	"own revocation": {"revoked", true, func(t *testing.T, _, who *person) {
		who.json("DELETE", sessionPath(who.current()), nil).want(t, 200)
	}},
	"sign out everywhere": {"revoked", false, func(t *testing.T, _, who *person) {
		who.json("DELETE", "/api/sessions", nil).want(t, 200)
	}},
	"sign out everywhere else": {"revoked", true, func(t *testing.T, _, who *person) {
		who.again().json("DELETE", "/api/sessions?keep=current", nil).want(t, 200)
	}},
	"deactivation": {"deactivated", false, func(t *testing.T, max, who *person) {
		max.json("POST", "/users/api/toggle_status/"+itoa(who.user.ID), nil).want(t, 200)
	}},
	"deactivation by update": {"deactivated", false, func(t *testing.T, max, who *person) {
		max.json("PUT", "/users/api/update/"+itoa(who.user.ID), map[string]any{"status": models.Inactive}).want(t, 200)
	}},
	"deletion": {"deleted", false, func(t *testing.T, max, who *person) {
		max.json("DELETE", "/users/api/delete/"+itoa(who.user.ID), nil).want(t, 200)
	}},
	"reset of the password": {"password_reset", false, func(t *testing.T, max, who *person) {
		max.json("POST", "/reset_password/"+itoa(who.user.ID), map[string]any{"new_password": "otra-clave-7"}).want(t, 200)
	}},
	"new password elsewhere": {"password_changed", true, nil},
	"sign-in over it": {"replaced", true, func(t *testing.T, _, who *person) {
		who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
	}},
	"remember token used twice": {"revoked", true, nil},
}

// contract 5.9, 5.15: every way in which a session ends, over both transports, on the
// node that does it, while others write, and on another node of the database: the
// sockets hear why and are sent away, nothing that is written after the answer comes,
// and the sessions that live on keep their sockets.
func TestEveryEndOfASession(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			d, database := deskOn(t, dialect, patient, unpolled)
			urls := []string{d.http.URL}
			if dialect == models.Postgres {
				urls = append(urls, d.secondNode(database, patient, unpolled))
			}
			for name, way := range waysOut {
				t.Run(name, func(t *testing.T) { d.end(t, urls, name, way) })
			}
		})
	}
}

func (d *desk) end(t *testing.T, urls []string, name string, way wayOut) {
	outer := d.t
	d.t = t
	defer func() { d.t = outer }()
	max, who := d.join(models.Master), d.hire(models.Trader)
	remember := name == "remember token used twice"
	who.signInJSON(who.user.Username, deskPassword, remember).want(t, 200)
	who.refreshCSRF()
	other := who.again()
	if name == "sign out everywhere else" || name == "new password elsewhere" {
		other = nil // the one that does it makes its own
	}
	act := way.act
	switch {
	case name == "new password elsewhere":
		other = who.again()
		act = func(t *testing.T, _, _ *person) {
			other.json("POST", "/change_password", map[string]any{"old_password": deskPassword, "new_password": "otra-clave-8"}).want(t, 200)
		}
	case remember:
		first := who.cookie("remember_token")
		d.advance(13 * time.Hour)
		who.get("/api/session").want(t, 200)
		d.advance(models.RememberGrace + time.Second)
		max, other = max.again(), who.again()
		act = func(t *testing.T, _, _ *person) {
			thief := d.stranger()
			thief.setCookie("remember_token", first)
			thief.get("/api/session").want(t, 200)
		}
	}
	type tab struct {
		what string
		same bool
		*livetest.Client
	}
	var ended, living []tab
	for i, url := range urls {
		for _, transport := range []string{"websocket", "polling"} {
			what := fmt.Sprint(transport, " at node ", i)
			ended = append(ended, tab{what, i == 0, who.tabAt(url, transport)})
			if remember {
				rest := d.stranger()
				rest.setCookie("remember_token", who.cookie("remember_token"))
				ended = append(ended, tab{what + " without session", i == 0, rest.tabAt(url, transport)})
			}
			// A poll that crosses the rotation of the token is refused; that client comes back.
			if other != nil && (transport == "websocket" || name != "new password elsewhere") {
				list := &living
				if !way.other {
					list = &ended
				}
				*list = append(*list, tab{what + ", other sign-in", i == 0, other.tabAt(url, transport)})
			}
			living = append(living, tab{what + ", somebody else", i == 0, max.tabAt(url, transport)})
		}
	}
	var started atomic.Int64
	stop := d.pour(&started)
	defer stop()
	for _, c := range ended {
		if _, err := c.WaitEvent(t.Context(), "notification"); err != nil {
			t.Fatal(err)
		}
	}
	act(t, max, who)
	answered := started.Load()
	for _, c := range living {
		_, err := c.WaitFor(t.Context(), "an event after the end", func(e livetest.Event) bool { return numberOf(e) > answered+20 })
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.Closed() {
			t.Errorf("%s is closed", c.what)
		}
	}
	for _, c := range ended {
		if err := c.WaitClosed(t.Context()); err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := c.Events()
		last := got[len(got)-1]
		if last.Name != "session_ended" || last.Arg() != `{"reason":"`+way.reason+`"}` {
			t.Errorf("%s: the last event is %s %s", c.what, last.Name, last.Arg())
		}
		if c.Disconnected() != (way.reason != events.EndReplaced) {
			t.Errorf("%s: DISCONNECT %v", c.what, c.Disconnected())
		}
		// One that is on its way to its commit counts as before.
		if n := latest(c.Client); c.same && n > answered+1 {
			t.Errorf("%s got number %d, answered at %d", c.what, n, answered)
		}
	}
}

// contract 5.8, 5.9: with the old cookie, and with the pid and the slot that it had, a
// socket of a session that has ended comes back as nobody and gets nothing.
func TestEndedSessionIsNotReplayed(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for _, transport := range []string{"websocket", "polling"} {
			for _, recovers := range []bool{true, false} {
				who := d.hire(models.Trader)
				who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
				c := who.tabAt(d.http.URL, transport)
				d.toast("had", events.RoomAuthenticated)
				had, err := c.WaitEvent(t.Context(), "notification")
				if err != nil {
					t.Fatal(err)
				}
				dial := livetest.Dial{URL: d.http.URL, Transport: transport, Header: who.cookies()}
				if recovers {
					dial.Auth = fmt.Sprintf(`{"pid":%q,"offset":%q}`, c.PID, had.Offset())
				}
				who.json("POST", "/logout", nil).want(t, 200)
				if err := c.WaitClosed(t.Context()); err != nil {
					t.Fatal(err)
				}
				d.toast("missed", events.RoomAuthenticated)
				d.toast("missed too", events.RoomUser(who.user.ID))
				back, err := livetest.Connect(t.Context(), dial)
				if err != nil {
					t.Fatal(err)
				}
				d.toast("after", events.RoomAuthenticated, events.RoomUser(who.user.ID))
				if err := back.Barrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(back.Events()) != 0 {
					t.Errorf("%s, pid %v: comes back and gets %v", transport, recovers, back.Names())
				}
				back.Close()
			}
		}
	}, patient)
}

// contract 5.9: a session ends with its time, neither before nor long after; a page
// with a remembered sign-in may come back by that.
func TestSessionsEndWithTheirTime(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		who, kept := d.join(models.Trader), d.hire(models.Trader)
		kept.signInJSON(kept.user.Username, deskPassword, true).want(t, 200)
		var ended, renewed []*livetest.Client
		for _, transport := range []string{"websocket", "polling"} {
			ended, renewed = append(ended, who.tabAt(d.http.URL, transport)), append(renewed, kept.tabAt(d.http.URL, transport))
		}
		d.advance(12*time.Hour - time.Second)
		d.app.ExpireSessions()
		for _, c := range append(ended, renewed...) {
			if err := c.Barrier(t.Context()); err != nil || c.Disconnected() {
				t.Errorf("ended before its time: %v", err)
			}
		}
		d.advance(time.Second)
		for _, c := range ended {
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := c.Events()
			if last := got[len(got)-1]; last.Name != "session_ended" || last.Arg() != `{"reason":"expired"}` || !c.Disconnected() {
				t.Errorf("%s %s, DISCONNECT %v", last.Name, last.Arg(), c.Disconnected())
			}
		}
		for _, c := range renewed {
			if err := c.WaitClosed(t.Context()); err != nil || c.Disconnected() {
				t.Errorf("%v, DISCONNECT %v", err, c.Disconnected())
			}
		}
		kept.tabAt(d.http.URL, "websocket")
	}, patient)
}

// contract 5.9: what nobody told the server is found all the same: changes that no
// event tells of.
func TestLostEndsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(tx *models.Tx, user int64) error
		away   bool
	}{
		"session deleted":  {func(tx *models.Tx, user int64) error { return tx.EndSessions(user, 0) }, true},
		"user deactivated": {func(tx *models.Tx, user int64) error { _, err := tx.SetStatus(user, models.Inactive); return err }, true},
		"role changed":     {func(tx *models.Tx, user int64) error { _, err := tx.SetRole(user, models.Operador); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, func(t *testing.T, d *desk) {
				who, bystander := d.join(models.Trader), d.join(models.Trader)
				var ended, living []*livetest.Client
				for _, transport := range []string{"websocket", "polling"} {
					ended, living = append(ended, who.tabAt(d.http.URL, transport)), append(living, bystander.tabAt(d.http.URL, transport))
				}
				if err := d.store.Tx(t.Context(), func(tx *models.Tx) error { return c.change(tx, who.user.ID) }); err != nil {
					t.Fatal(err)
				}
				for _, s := range ended {
					if err := s.WaitClosed(t.Context()); err != nil {
						t.Error(err)
					}
					// The one that polls may learn of it from a request of its own.
					got := s.Events()
					last := got[len(got)-1]
					told := last.Name == "session_ended" && last.Arg() == `{"reason":"revoked"}`
					if s.Disconnected() != told || s == ended[0] && told != c.away {
						t.Errorf("last %s %s, DISCONNECT %v", last.Name, last.Arg(), s.Disconnected())
					}
				}
				for _, s := range living {
					if err := s.Barrier(t.Context()); err != nil {
						t.Errorf("somebody else: %v", err)
					}
				}
				if !c.away {
					back := who.tabAt(d.http.URL, "websocket")
					if greeting := back.Events()[0].Arg(); !strings.Contains(greeting, models.Operador) {
						t.Errorf("greeted with %s", greeting)
					}
				}
			}, quick)
		})
	}
}
