package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// roleFlips is how often the role changes.
const roleFlips = 100

// A user's role changes over and over while events for both roles are committed: the
// user's sockets get every event of the role that was held at its commit, which is its
// place in the log, and no other (case 18).
func TestHostileRoleFlip(t *testing.T) {
	besides(t)
	f := newField(t)
	mona := f.hire("mona", models.Master)
	store := f.open()
	baseline := logEnd(t, store)
	sockets := map[string]*livetest.Client{"websocket": mona.listen("websocket"), "polling": mona.listen("polling")}
	if t.Failed() {
		t.FailNow()
	}
	f.noSocketsBut(f.residents() + len(sockets))

	ctx, stop := context.WithCancel(t.Context())
	published := make(chan int)
	go func() { published <- f.publishToRoles(ctx) }()
	roles := []string{models.Trader, models.Master}
	began := time.Now()
	for i := range roleFlips {
		f.max.json("PUT", fmt.Sprintf("/users/api/update/%d", mona.id), map[string]any{"role": roles[i%2]}).want(200)
	}
	took := time.Since(began)
	stop()
	n := <-published
	f.delivered()

	rows := logAfter(t, store, baseline)
	allowed, flips := heldAtCommit(rows, mona.id, models.Master)
	if flips != roleFlips {
		t.Errorf("%d changes of role in the log, want %d", flips, roleFlips)
	}
	for transport, socket := range sockets {
		if err := socket.Barrier(soon(t)); err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		var got []string
		for _, e := range socket.Events() {
			if !slices.Contains(passing, e.Name) {
				got = append(got, content(e.Name, json.RawMessage(e.Arg())))
			}
		}
		if fault := firstDifference(allowed, got); fault != "" {
			t.Errorf("%s: got %d of %d events: %s", transport, len(got), len(allowed), fault)
		}
		t.Logf("%s: %d events of the role held", transport, len(got))
	}
	t.Logf("%d flips during %d events in %v: %.0f events a second", flips, n, took.Round(time.Millisecond), float64(n)/took.Seconds())
}

// publishToRoles writes events for both roles until ctx ends and returns how many.
func (f *field) publishToRoles(ctx context.Context) (n int) {
	size := many(10, 100)
	for ctx.Err() == nil {
		var batch []string
		for range size {
			n++
			batch = append(batch, fmt.Sprintf(`{"event":"notification","rooms":["role_%s"],"payload":{"title":"role","message":"%d","type":"info"}}`,
				[]string{models.Master, models.Trader}[n%2], n))
		}
		r, err := f.stream.publisher.try("POST", "/api/emit/batch", []byte(`{"events":[`+strings.Join(batch, ",")+`]}`),
			"Content-Type", "application/json", "Authorization", "Bearer "+f.key)
		if err != nil || r.status != 202 {
			f.t.Errorf("publish: %d %.300s %v", r.status, r.raw, err)
			return n
		}
	}
	return n
}

// heldAtCommit is what a user who begins with the role has to get of the log, in order.
func heldAtCommit(rows []models.LoggedEvent, user int64, role string) (allowed []string, flips int) {
	for i := range rows {
		e := &rows[i]
		if id, to, flip := events.RoleChange(e.EventRecord); flip && id == user {
			role = to
			flips++
		}
		rooms := []string{events.RoomPublic, events.RoomAuthenticated, events.RoomUser(user), events.RoomRole(role)}
		if addressed(rooms, e) && !slices.Contains(passing, e.Name) {
			allowed = append(allowed, content(e.Name, e.Payload))
		}
	}
	return allowed, flips
}

// firstDifference says where a socket got something else than it was allowed, "" if nowhere.
func firstDifference(allowed, got []string) string {
	for i := range max(len(allowed), len(got)) {
		switch {
		case i >= len(got):
			return allowed[i] + " did not come"
		case i >= len(allowed):
			return got[i] + " is one too many"
		case allowed[i] != got[i]:
			return fmt.Sprintf("%s in the place of %s", got[i], allowed[i])
		}
	}
	return ""
}
