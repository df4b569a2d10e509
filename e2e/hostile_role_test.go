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
// user's sockets get no event but of the role that was held at its commit, which is its
// place in the log (case 18).
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
	turns, flips := heldAtCommit(rows, mona.id, models.Master)
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
		unsent, err := judgeTurns(turns, got)
		if err != nil {
			t.Errorf("%s: got %d of %d events: %v", transport, len(got), len(turns), err)
		}
		t.Logf("%s: %d events of the role held, %d unsent when it went", transport, len(got), unsent)
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

// turn is one event of the log that a user may get, seen from the role that the user
// held when it was committed.
type turn struct {
	content string
	flip    bool // the change of role itself
	byRole  bool // for nobody but this role
}

// heldAtCommit is what a user who begins with the role may get of the log, in order.
func heldAtCommit(rows []models.LoggedEvent, user int64, role string) (turns []turn, flips int) {
	for i := range rows {
		e := &rows[i]
		id, to, flip := events.RoleChange(e.EventRecord)
		if flip = flip && id == user; flip {
			role = to
			flips++
		}
		always := []string{events.RoomPublic, events.RoomAuthenticated, events.RoomUser(user)}
		if addressed(append(always, events.RoomRole(role)), e) && !slices.Contains(passing, e.Name) {
			turns = append(turns, turn{content(e.Name, e.Payload), flip, !addressed(always, e)})
		}
	}
	return turns, flips
}

// judgeTurns wants everything, once and in order, but for the last events of a role
// before the user lost it: what is not sent yet when the role goes stays unsent.
// It returns how many these are.
func judgeTurns(turns []turn, got []string) (unsent int, err error) {
	var gap *turn // the first event that this turn of the role did not send
	at := 0
	for i := range turns {
		t := &turns[i]
		if t.flip {
			gap = nil
		}
		switch sent := at < len(got) && got[at] == t.content; {
		case sent && gap != nil && t.byRole:
			return unsent, fmt.Errorf("%s came though %s before it did not", t.content, gap.content)
		case sent:
			at++
		case !t.byRole:
			return unsent, fmt.Errorf("%s did not come", t.content)
		default:
			if unsent++; gap == nil {
				gap = t
			}
		}
	}
	if gap != nil {
		return unsent, fmt.Errorf("%s did not come, and the role did not go", gap.content)
	}
	if at < len(got) {
		return unsent, fmt.Errorf("%s came out of turn, or is for another role", got[at])
	}
	return unsent, nil
}
