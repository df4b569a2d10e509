package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// tab is a page with one socket. It keeps what a client of its version keeps.
type tab struct {
	m         *model
	name      string
	login     *login
	recovers  bool // version 4.6 or newer: it knows pid and offset
	transport string

	client      *livetest.Client
	pid, offset string
	live        bool            // connected
	waits       bool            // away, and owed what commits meanwhile
	watched     map[string]bool // client rooms that it is in
	owed        map[int]*fact   // guarded by model.mu
	got         map[int]int     // number of times

	// Of the present connection.
	opened   int // the clock before it was opened
	ready    int // the clock when it was in all its rooms
	handled  int // events looked at
	order    []*fact
	hasty    bool // the one before may be alive for the server
	polite   bool // the one before was closed by the client
	greeted  bool
	resynced string // the reason
	role     int    // member.roleSince before it was opened
	lastRun  map[string]int

	history strings.Builder // for the report of a failure
}

// connect opens the next connection as the tab's version does, and asks for its
// client rooms again, as pages do.
func (t *tab) connect(ctx context.Context, w *world) error {
	began := w.d.app.Delivered()
	dial := livetest.Dial{URL: w.d.http.URL, Transport: t.transport}
	if t.login.browser != nil {
		dial.Jar = t.login.browser.client.Jar
	}
	if t.recovers && t.pid != "" {
		auth, err := json.Marshal(struct {
			PID    string `json:"pid"`
			Offset string `json:"offset,omitempty"`
		}{t.pid, t.offset})
		if err != nil {
			return err
		}
		dial.Auth = string(auth)
	}
	t.m.mu.Lock()
	if t.login.since == 0 {
		t.login.since, t.login.began = t.m.tick(), began
	}
	t.opened, t.handled, t.order, t.greeted, t.resynced = t.m.tick(), 0, nil, false, ""
	if t.login.member != nil {
		t.role = t.login.member.roleSince
	}
	if dial.Auth == "" {
		t.takePlaces()
	}
	t.polite = false
	t.m.mu.Unlock()
	fmt.Fprintf(&t.history, " | opened %d, pid %v:", t.opened, dial.Auth != "")
	client, err := livetest.Connect(ctx, dial)
	if err != nil {
		return err
	}
	t.client, t.pid = client, client.PID
	for dni := range t.watched {
		if err := t.watch(ctx, w, dni); err != nil {
			return err
		}
	}
	t.m.mu.Lock()
	t.live, t.waits, t.ready = true, false, t.m.tick()
	t.m.mu.Unlock()
	return nil
}

// takePlaces notes that the connection, which has no pid, takes up what pages of
// the browser left that were closed: that serves one successor.
func (t *tab) takePlaces() {
	for _, other := range t.m.tabs {
		if other != t && other.login == t.login && other.polite && !other.live && !other.recovers {
			other.waits = false
			other.forget(func(*fact) bool { return true })
		}
	}
}

// watch joins the room of a client; it is in it when watch returns.
func (t *tab) watch(ctx context.Context, w *world, dni string) error {
	delivered := w.d.app.Delivered()
	t.m.mu.Lock()
	if !t.login.watched[dni] {
		t.login.watched[dni] = true
		if t.login.joined == nil {
			t.login.joined = map[string]models.EventCursor{}
		}
		t.login.joined[dni] = delivered
	}
	t.m.mu.Unlock()
	id, err := t.client.EmitAck(ctx, "join_client_room", `{"dni":"`+dni+`"}`)
	if err == nil {
		_, err = t.client.Acked(ctx, id)
	}
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	t.watched[dni] = true
	return err
}

// gone notes that the connection is over; waits tells whether the server has to
// keep for the tab what commits from now on.
func (t *tab) gone(waits bool) {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	if t.login.member == nil && !t.recovers {
		waits = false // nobody can tell who comes back
	}
	t.live, t.waits = false, waits
	if !waits {
		t.forget(func(*fact) bool { return true })
	}
}

// look takes in what has come since, and returns the first thing that must not be.
func (t *tab) look() error {
	if t.client == nil {
		return nil
	}
	came := t.client.Events()
	for _, e := range came[t.handled:] {
		t.handled++
		if err := t.take(e); err != nil {
			return fmt.Errorf("%s (opened %d): %s %s: %w; it got%s", t.name, t.opened, e.Name, e.Args, err, t.history.String())
		}
	}
	return nil
}

func (t *tab) take(e livetest.Event) error {
	if len(e.Args) > 0 && t.recovers && t.pid != "" {
		// As clients do: a string at the end is a place.
		var offset string
		if json.Unmarshal(e.Args[len(e.Args)-1], &offset) == nil {
			t.offset = offset
		}
	}
	var told struct {
		N       int    `json:"n"`
		EventID string `json:"_event_id"`
		Reason  string `json:"reason"`
	}
	if len(e.Args) > 0 {
		_ = json.Unmarshal(e.Args[0], &told)
	}
	sign := ""
	if told.EventID != "" {
		sign = "*"
	}
	fmt.Fprintf(&t.history, " %d%s", told.N, sign)
	if told.N == 0 {
		fmt.Fprintf(&t.history, "(%s)", e.Name)
		return t.takeOther(e, told.Reason)
	}
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	f := t.m.facts[told.N]
	switch {
	case f == nil || f.commit == 0:
		return fmt.Errorf("it never committed")
	case f.name != e.Name:
		return fmt.Errorf("%s came under another name", f)
	case t.login.member != nil && !t.greeted:
		return fmt.Errorf("before the greeting")
	}
	reach := f.mayHave(t.login, told.EventID != "")
	switch {
	case reach == 0:
		return fmt.Errorf("%s was not allowed at its commit", f)
	case reach == byRole && f.commit < t.opened && f.commit < t.role:
		return fmt.Errorf("%s was for a role that the user has no more", f)
	case told.EventID != "" && told.EventID != f.id:
		return fmt.Errorf("%s has another id", f)
	case t.got[f.n] > 0 && told.EventID == "":
		return fmt.Errorf("%s came again without its id", f)
	}
	first := t.got[f.n] == 0
	t.got[f.n]++
	if told.EventID != "" && (t.hasty || t.owed[f.n] == nil) {
		// What an older connection of the session has not had may be sent late.
		return nil
	}
	return t.inOrder(f, first)
}

// inOrder checks the order of the log on this connection, and that of the entity
// over all connections.
func (t *tab) inOrder(f *fact, first bool) error {
	for _, before := range t.order {
		if f.seq < before.seq && f.commit < before.commit {
			return fmt.Errorf("%s came after %s", f, before)
		}
	}
	t.order = append(t.order, f)
	if first && f.change < t.lastRun[f.entity] {
		return fmt.Errorf("%s came after change %d", f, t.lastRun[f.entity])
	}
	if first {
		t.lastRun[f.entity] = f.change
	}
	return nil
}

// takeOther takes what is not a fact.
func (t *tab) takeOther(e livetest.Event, reason string) error {
	signedIn := t.login.member != nil
	switch e.Name {
	case "connection_established":
		if t.greeted || !signedIn {
			return fmt.Errorf("greeted at the wrong place")
		}
		t.greeted = true
		return nil
	case "resync_required":
		return t.takeResync(reason)
	case "joined_room":
		return nil
	case "session_ended":
		// It may end between CONNECT and the greeting.
		if signedIn {
			return nil
		}
	case "session_updated", "user_updated", "dashboard_update":
		if signedIn && t.greeted {
			return nil
		}
	}
	return fmt.Errorf("nobody was to get this")
}

// takeResync accepts a request to load again only where something was lost.
func (t *tab) takeResync(reason string) error {
	after := t.m.since(t.login.since)
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	switch {
	case reason == events.ResyncWindow && t.m.purged > t.login.since:
	case reason == events.ResyncTooMany && after > modelReplayMax/2:
	default:
		return fmt.Errorf("asked to load again because of %q; last purge %d, tabs since %d, %d events since", reason, t.m.purged, t.login.since, after)
	}
	t.resynced = reason
	t.forget(func(f *fact) bool { return f.commit < t.ready })
	return nil
}

// barrier waits until all that the server has sent has come.
func (t *tab) barrier() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return t.client.Barrier(ctx)
}
