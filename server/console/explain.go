package console

import (
	"slices"
	"strings"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// The states of a story, from the one that asks most for attention to the one that asks
// least.
const (
	stateExpired      = "expired"       // its page was told to load its data again
	stateUnknown      = "unknown"       // nobody here knows
	stateWaiting      = "waiting"       // sent to an open page, not confirmed yet
	stateAway         = "away"          // gone, and owed the event
	stateAbsent       = "absent"        // no page was open, and nothing is owed
	stateConfirmed    = "confirmed"     // the client has it
	stateNotAddressed = "not_addressed" // it was not for this user
)

// storyStates is their order.
var storyStates = []string{stateExpired, stateUnknown, stateWaiting, stateAway, stateAbsent, stateConfirmed, stateNotAddressed}

// How a client came to have an event.
const (
	viaLive   = "live"
	viaReplay = "replay"
)

// Why an event was not for a user, and why nobody knows; the other reasons of stories are
// those of Socket.IO for leaving and those of events.ResyncRequired.
const (
	whyRole     = "role"
	whyUser     = "user"
	whyRoom     = "client_room"
	whySession  = "session"
	whyExcepted = "excepted"
	whyInactive = "inactive"
	whyEngine   = "engine"  // the engine is not told what clients confirm
	whyRestart  = "restart" // it was before what this process remembers
	whyNode     = "node"    // the user was at another node
	whyTaken    = "taken"   // another connection took the place of the one that was away
	whyPush     = "push"    // the user listens on a push socket, which confirms nothing
)

// facts is all that is known of one user and one event. It is plain data.
type facts struct {
	event     models.LoggedEvent
	expires   time.Time // the event is not kept longer
	delivered bool      // this process has handed it to its sockets
	user      models.User
	roleThen  string // at the commit; empty when that is not known
	roleMoved bool   // another one since
	confirms  bool   // this process is told what clients confirm

	trail []live.TrailEntry // of the user, oldest first
	kept  time.Time         // since when the trail is whole; zero: it is of no use
	exact time.Time         // since when it has all confirmations
	open  []openSocket      // of the user on this node
	slots []slotFact        // of the user on all nodes
	other string            // another node where the user was at that time; empty for none
	push  bool              // the user has a push socket that gets the event
	now   time.Time
	node  string
}

// openSocket is a socket that is open now.
type openSocket struct {
	sid, transport string
	since          time.Time
	confirmed      models.EventCursor // what its client has confirmed; zero when not known
	settled        bool               // nothing is on its way to it
}

// slotFact is a delivery slot (package live). Zero instants have not come.
type slotFact struct {
	node                 string
	alive                bool // its node is
	position             models.EventCursor
	rooms                []string
	opened, ended, taken time.Time
	owed                 time.Time // until then its client may come back for what it lacks
	told                 string    // why its client was told to load again, and may not know
}

// story is what became of one event for one user. Zero fields are not known.
type story struct {
	state, via     string
	at             time.Time // of the confirmation, of leaving or of the request to load again
	sid, transport string
	reason, node   string
	until          time.Time // away: owed so long
	then           bool      // the socket was open at the commit
	pages          int       // that were open at the commit, or came back for it
	confirmed      int       // of them
}

// explain answers why a user did or did not get an event. It is a function of its
// argument alone.
func explain(f *facts) story {
	reason, byRole := addressed(f)
	if reason != "" {
		return story{state: stateNotAddressed, reason: reason}
	}
	told := judge(f)
	switch told.state {
	case stateConfirmed, stateExpired:
		return told
	}
	if f.user.Status != models.Active {
		return story{state: stateNotAddressed, reason: whyInactive, pages: told.pages}
	}
	if byRole && f.roleMoved && (told.state == stateAway || told.state == stateAbsent) {
		// What was said to a role is not sent late to who has another by now.
		return story{state: stateNotAddressed, reason: whyRole, at: told.at, pages: told.pages}
	}
	return told
}

// addressed says why the event was not for the user, or "" when it was; byRole means that
// it was for the user's role alone.
func addressed(f *facts) (reason string, byRole bool) {
	own := []string{events.RoomPublic, events.RoomAuthenticated, events.RoomUser(f.user.ID)}
	mine := append(slices.Clone(own), events.RoomRole(f.roleThen))
	if slices.ContainsFunc(f.event.Except, func(room string) bool { return slices.Contains(mine, room) }) {
		return whyExcepted, false
	}
	reason = ""
	for _, room := range f.event.Rooms {
		switch {
		case slices.Contains(own, room), f.joined(room):
			return "", false
		case strings.HasPrefix(room, events.RoomRole("")):
			byRole = byRole || f.roleThen != "" && room == events.RoomRole(f.roleThen)
			reason = whyRole
		case reason == "" && strings.HasPrefix(room, events.RoomClient("")):
			reason = whyRoom
		case reason == "" && (strings.HasPrefix(room, "session_") || strings.HasPrefix(room, "remembered_")):
			reason = whySession
		case reason == "":
			reason = whyUser
		}
	}
	if byRole {
		return "", true
	}
	return reason, false
}

// joined reports whether a socket of the user is known to be in the room of a client.
func (f *facts) joined(room string) bool {
	return strings.HasPrefix(room, events.RoomClient("")) &&
		slices.ContainsFunc(f.slots, func(s slotFact) bool { return slices.Contains(s.rooms, room) })
}

// judge weighs what each socket tells; the worst of them is the story.
func judge(f *facts) story {
	verdicts := append(f.trailVerdicts(), f.slotVerdicts()...)
	var best story
	rank := []string{stateExpired, stateWaiting, stateAway, stateConfirmed, stateUnknown, stateAbsent}
	then, since, confirmed := 0, 0, 0
	for _, v := range verdicts {
		if v.then {
			then++
		}
		if v.state != stateAbsent && v.reason != whyTaken {
			since++
		}
		if v.state == stateConfirmed {
			confirmed++
		}
		switch was, is := slices.Index(rank, best.state), slices.Index(rank, v.state); {
		case best.state == "", is < was:
			best = v
		case is == was && f.better(v, best):
			best = v
		}
	}
	if best.state == "" || best.state == stateAbsent {
		best = f.nobody(best)
	}
	// A page that was cut and came back is two sockets, and one page.
	best.pages, best.confirmed = max(then, since), confirmed
	return best
}

// better chooses between two of one state: the first confirmation, else the latest news.
func (f *facts) better(a, b story) bool {
	if a.state == stateConfirmed {
		return !a.at.IsZero() && (b.at.IsZero() || a.at.Before(b.at))
	}
	return a.at.After(b.at)
}

// nobody is the story when no socket has the event, waits for it or is owed it. left is
// about the one that ended without it, if there was any.
func (f *facts) nobody(left story) story {
	switch {
	case left.state == stateAbsent:
		return left
	case f.push:
		return story{state: stateUnknown, reason: whyPush}
	case f.user.CreatedAt.Time().After(f.event.At):
		return story{state: stateAbsent}
	case f.kept.IsZero() || f.kept.After(f.event.At):
		return story{state: stateUnknown, reason: whyRestart}
	case f.other != "":
		return story{state: stateUnknown, reason: whyNode, node: f.other}
	}
	return story{state: stateAbsent}
}
