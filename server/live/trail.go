package live

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/relevo/relevo/models"
)

// TrailKind is what happened to a socket.
type TrailKind string

// The kinds.
const (
	TrailConnected TrailKind = "connected" // it joined its rooms
	TrailConfirmed TrailKind = "confirmed" // its client has what is behind To
	TrailReplayed  TrailKind = "replayed"  // what it had missed was sent
	TrailResynced  TrailKind = "resynced"  // it was told to load its data again
	TrailLeft      TrailKind = "left"      // it ended
)

// TrailRecovered is the Reason of a socket that goes on with its session.
const TrailRecovered = "recovered"

// TrailEntry is one thing that happened to a socket of a signed-in user.
type TrailEntry struct {
	At             time.Time
	Kind           TrailKind
	UserID         int64
	SID, Transport string
	// Reason is the Socket.IO reason of leaving, that of ResyncRequired, or TrailRecovered.
	Reason string
	// From and To are places of the log. Connected: what the socket is owed follows
	// From, and what follows To it is sent as it happens. Confirmed: what is behind To and
	// was addressed to the socket, its client has; left: the same, as far as it is known.
	// Replayed: what was sent is between From and To. Resynced: what was not is between From,
	// when that is known, and To. Without a Replay they are zero.
	From, To models.EventCursor
	Events   int // replayed

	order uint64 // of the entries of one Trail
}

// Trail remembers the latest of what happened to the sockets of this process, for the
// question why somebody did not get an event. Confirmations, which under traffic are
// most, push out nothing but confirmations. It is safe for concurrent use; a nil Trail
// notes nothing and knows nothing.
type Trail struct {
	now func() time.Time

	mu        sync.Mutex
	noted     uint64
	lives     trailRing
	confirmed trailRing
}

// NewTrail returns a Trail of at most capacity entries, half of them confirmations; with
// less than two it is nil.
func NewTrail(capacity int, now func() time.Time) *Trail {
	if capacity < 2 {
		return nil
	}
	start := now()
	return &Trail{now: now, lives: newTrailRing(capacity/2, start), confirmed: newTrailRing(capacity/2, start)}
}

// note adds an entry, whose time it sets. The oldest gives way.
func (t *Trail) note(e TrailEntry) {
	if t == nil || e.UserID == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noted++
	e.At, e.order = t.now(), t.noted
	if e.Kind == TrailConfirmed {
		t.confirmed.add(e)
	} else {
		t.lives.add(e)
	}
}

// Of returns the entries of a user, oldest first.
func (t *Trail) Of(userID int64) []TrailEntry {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.confirmed.of(userID, t.lives.of(userID, nil))
	slices.SortFunc(out, func(a, b TrailEntry) int { return cmp.Compare(a.order, b.order) })
	return out
}

// Kept is when what is known begins, confirmations aside: of what happened before,
// nothing or not all is. A nil Trail knows of nothing, which is the zero time.
func (t *Trail) Kept() time.Time {
	if t == nil {
		return time.Time{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lives.since
}

// KeptConfirmed is Kept of confirmations. An older one shows in what its client
// confirmed later, and in To of its end.
func (t *Trail) KeptConfirmed() time.Time {
	if t == nil {
		return time.Time{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.confirmed.since
}

// trailRing keeps the latest entries. The Trail's mutex guards it.
type trailRing struct {
	entries []TrailEntry // begins at next when it is full
	next    int
	since   time.Time // nothing older is known
}

func newTrailRing(capacity int, now time.Time) trailRing {
	return trailRing{entries: make([]TrailEntry, 0, capacity), since: now}
}

func (r *trailRing) add(e TrailEntry) {
	if len(r.entries) < cap(r.entries) {
		r.entries = append(r.entries, e)
		return
	}
	r.since = r.entries[r.next].At
	r.entries[r.next] = e
	r.next = (r.next + 1) % len(r.entries)
}

// of appends the entries of a user, oldest first.
func (r *trailRing) of(userID int64, out []TrailEntry) []TrailEntry {
	for i := range r.entries {
		if e := &r.entries[(r.next+i)%len(r.entries)]; e.UserID == userID {
			out = append(out, *e)
		}
	}
	return out
}
