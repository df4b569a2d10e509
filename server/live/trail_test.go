package live

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// stamps are the kinds and reasons of entries, in short.
func stamps(entries []TrailEntry) (out []string) {
	for _, e := range entries {
		text := string(e.Kind)
		if e.Reason != "" {
			text += " " + e.Reason
		}
		if e.Events > 0 {
			text += fmt.Sprintf(" %d", e.Events)
		}
		out = append(out, text)
	}
	return out
}

// seqAfter commits an event and returns where it stands in the log.
func (n *node) seqAfter(number int, rooms ...string) int64 {
	n.t.Helper()
	n.record(number, rooms...)
	_, at := n.tail.Position()
	return at.Last()
}

// The trail tells of a user's socket that it came, what it has confirmed, that it was
// cut off, came back, and got what it had missed.
func TestTrailOfReplay(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		for _, transport := range transportsUnderTest {
			n := startNode(t, s, "one "+transport, 100)
			await := func(what string, want ...string) []TrailEntry {
				t.Helper()
				eventually(t, what, func() bool { return len(n.trail.Of(7)) >= len(want) })
				all := n.trail.Of(7)
				if got := stamps(all); !slices.Equal(got, want) {
					t.Fatalf("%s, %s: %q, want %q", transport, what, got, want)
				}
				return all
			}
			early := n.seqAfter(1, staffRoom)
			c := n.client(transport, olga, "")
			came := await("connected", "connected")[0]
			if came.SID != c.SID || came.Transport != transport || !came.From.Covers(early) || !came.To.Covers(early) {
				t.Errorf("%s: came %+v", transport, came)
			}
			n.record(2, events.RoomUser(8))
			heard := n.seqAfter(3, staffRoom)
			has := await("confirmed", "connected", "confirmed")[1]
			if !has.To.Covers(heard) || has.SID != c.SID {
				t.Errorf("%s: confirmed %+v, want %d", transport, has, heard)
			}
			var state SocketState
			n.engine.EachSocket(func(s SocketState) { state = s })
			if d, known := n.tail.At(state.Confirmed); !known || d.Seq != heard || !state.Settled || !state.Reached.Covers(heard) {
				t.Errorf("%s: %+v", transport, state)
			}
			cut := "transport error"
			if transport == "websocket" {
				c.Reset()
			} else {
				cut = "parse error"
				c.Send(t.Context(), "xx") // ends the session as a broken one
			}
			n.gone()
			left := await("cut off", "connected", "confirmed", "left "+cut)[2]
			missed := n.seqAfter(4, staffRoom)
			if !left.To.Covers(heard) || left.To.Covers(missed) || left.At.Before(has.At) {
				t.Errorf("%s: left %+v", transport, left)
			}
			back := n.client(transport, olga, authOf(c.PID, offsetOf(c, "")))
			awaitTicks(t, back, -4)
			whole := await("back", "connected", "confirmed", "left "+cut, "connected recovered", "replayed 1", "confirmed")
			for _, e := range whole[3:5] {
				if e.From.Covers(missed) || !e.From.Covers(heard) || !e.To.Covers(missed) || e.SID != c.SID {
					t.Errorf("%s: back %+v", transport, e)
				}
			}
			if !whole[5].To.Covers(missed) {
				t.Errorf("%s: the replay was confirmed: %+v", transport, whole[5])
			}
			if err := back.Send(t.Context(), "41"); err != nil {
				t.Fatal(err)
			}
			n.gone()
			await("went away", append(stamps(whole), "left client namespace disconnect")...)
			if len(n.trail.Of(8)) != 0 || !n.trail.Kept().Before(came.At) {
				t.Errorf("%s: of others %v, kept since %v", transport, n.trail.Of(8), n.trail.Kept())
			}
			back.Close()
			n.end()
		}
	})
}

// A socket that cannot be told what it missed is in the trail as one that was told to load
// its data again.
func TestTrailOfResync(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 2)
	for session, withPID := range map[string]bool{"1 7 Operador": true, "2 8 Operador": false} {
		user := int64(7)
		if !withPID {
			user = 8
		}
		had := n.seqAfter(0, staffRoom)
		c := n.client("websocket", session, "")
		c.Reset()
		n.gone()
		first := n.seqAfter(1, staffRoom)
		n.record(2, staffRoom)
		last := n.seqAfter(3, staffRoom)
		auth := ""
		if withPID {
			auth = authOf(c.PID, "")
		}
		back := n.client("websocket", session, auth)
		all := n.trail.Of(user)[:4]
		if got := stamps(all); !slices.Equal(got, []string{"connected", "left transport error", "connected", "resynced " + events.ResyncTooMany}) {
			t.Fatalf("%q", got)
		}
		if told := all[3]; !told.From.Covers(had) || told.From.Covers(first) || !told.To.Covers(last) || !all[2].From.Covers(last) {
			t.Errorf("told %+v", all[2:])
		}
		back.Reset()
		n.gone()
	}
}

// Whoever knows no pid and comes in beside a slot that was left gets what that missed.
func TestTrailOfSlots(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	c := n.client("websocket", olga, "")
	c.Reset()
	n.gone()
	missed := n.seqAfter(1, staffRoom)
	back := n.client("websocket", olga, "")
	awaitTicks(t, back, -1)
	eventually(t, "confirmed", func() bool { return len(n.trail.Of(7)) == 5 })
	all := n.trail.Of(7)
	if got := stamps(all); !slices.Equal(got, []string{"connected", "left transport error", "connected", "replayed 1", "confirmed"}) {
		t.Fatalf("%q", got)
	}
	if all[2].SID != back.SID || all[2].From.Covers(missed) || !all[4].To.Covers(missed) {
		t.Errorf("%+v", all[2:])
	}
}

// The ring keeps the latest, says since when, and under many confirmations still knows who
// came and went.
func TestTrailIsBounded(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	trail := NewTrail(8, func() time.Time { at = at.Add(time.Second); return at })
	start := trail.Kept()
	trail.note(TrailEntry{Kind: TrailConnected, UserID: 1, SID: "first"})
	trail.note(TrailEntry{Kind: TrailConnected, SID: "nobody's"})
	for i := range 100 {
		trail.note(TrailEntry{Kind: TrailConfirmed, UserID: int64(1 + i%2)})
	}
	if got := stamps(trail.Of(1)); !slices.Equal(got, []string{"connected", "confirmed", "confirmed"}) {
		t.Errorf("%q", got)
	}
	if !trail.Kept().Equal(start) || !trail.KeptConfirmed().Equal(start.Add(97*time.Second)) {
		t.Errorf("kept since %v and %v, began %v", trail.Kept(), trail.KeptConfirmed(), start)
	}
	for i := range 6 {
		trail.note(TrailEntry{Kind: TrailLeft, UserID: 1, Reason: fmt.Sprint(i)})
	}
	if got := stamps(trail.Of(1)); !slices.Equal(got, []string{"confirmed", "confirmed", "left 2", "left 3", "left 4", "left 5"}) {
		t.Errorf("%q", got)
	}
	if kept, oldest := trail.Kept(), trail.Of(1)[2].At; !kept.Before(oldest) || kept.Equal(start) {
		t.Errorf("kept since %v, the oldest is of %v", kept, oldest)
	}
	if len(trail.Of(0)) != 0 || len(trail.Of(3)) != 0 {
		t.Error("entries of nobody")
	}
}

// No trail is no fault.
func TestNoTrail(t *testing.T) {
	for _, trail := range []*Trail{nil, NewTrail(0, time.Now), NewTrail(1, time.Now), NewTrail(-1, time.Now)} {
		trail.note(TrailEntry{Kind: TrailLeft, UserID: 1})
		if trail.Of(1) != nil || !trail.Kept().IsZero() || !trail.KeptConfirmed().IsZero() {
			t.Error("it knows something")
		}
	}
}

// It is written and read by all sockets at once.
func TestTrailAtOnce(t *testing.T) {
	trail := NewTrail(64, time.Now)
	var all sync.WaitGroup
	for user := int64(1); user <= 8; user++ {
		all.Go(func() {
			for range 500 {
				trail.note(TrailEntry{Kind: TrailConfirmed, UserID: user})
				trail.note(TrailEntry{Kind: TrailLeft, UserID: user})
				for _, e := range trail.Of(user) {
					if e.UserID != user {
						t.Errorf("%d got an entry of %d", user, e.UserID)
					}
				}
				if trail.Kept().IsZero() || trail.KeptConfirmed().IsZero() {
					t.Error("it knows nothing")
				}
			}
		})
	}
	all.Wait()
	n := 0
	for user := int64(1); user <= 8; user++ {
		n += len(trail.Of(user))
	}
	if n != 64 {
		t.Errorf("%d entries", n)
	}
}
