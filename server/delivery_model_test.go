package server_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// fact is an event that committed, and who was allowed to have it then.
type fact struct {
	n      int // told in its payload
	id     string
	name   string
	rooms  []string
	except []string
	entity string
	change int // of its entity, counted from 1

	seq     int64
	commit  int // its place among all commits; 0 before
	begun   int // the clock when it took its seq
	allowed map[*login]reach
	members map[*member]reach // of a login of the member that watches no client; nil is nobody
}

// reach is by what a login was allowed a fact.
type reach int

const (
	byRole reach = iota + 1 // by its role at commit and nothing else
	byRoom
)

// member is a user as the model sees him.
type member struct {
	user      models.User
	role      string
	roleSince int // the clock when he got it
	active    bool
}

// login is a session of a browser; without a member it is one tab of nobody.
type login struct {
	member  *member
	browser *person
	since   int                // the clock when its first tab began to connect; 0 before
	began   models.EventCursor // what the server had delivered then
	watched map[string]bool    // client rooms that one of its tabs asked for

	// joined is what the server had delivered before the first of them asked for the room.
	joined map[string]models.EventCursor
}

// model is what must be true. Its clock counts commits and connections. It is safe
// for concurrent use; the fields of tabs other than owed belong to the machine.
type model struct {
	mu      sync.Mutex
	clock   int
	members []*member
	facts   map[int]*fact
	byID    map[string]*fact
	change  map[string]int
	tabs    []*tab
	logins  []*login
	read    models.EventCursor // of the log
	purged  int                // the clock of the last purge; 0 for none
	commit  int
}

func newModel(at models.EventCursor) *model {
	return &model{facts: map[int]*fact{}, byID: map[string]*fact{}, change: map[string]int{}, read: at}
}

// tick moves the clock.
func (m *model) tick() int {
	m.clock++
	return m.clock
}

// announce makes a fact that is about to be written; n is told in its payload.
func (m *model) announce(name, entity string, rooms, except []string) *fact {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change[entity]++
	f := &fact{
		n: len(m.facts) + 1, id: uuid.Must(uuid.NewV7()).String(), name: name, rooms: rooms, except: except,
		entity: entity, change: m.change[entity], begun: m.tick(),
	}
	m.facts[f.n], m.byID[f.id] = f, f
	return f
}

// record is the fact as a transaction records it.
func (f *fact) record() models.EventRecord {
	payload := fmt.Appendf(nil, `{"n":%d,"who":"Ñandú"}`, f.n)
	return models.EventRecord{ID: f.id, Name: f.name, Payload: payload, Rooms: f.rooms, Except: f.except, Entity: f.entity}
}

// committed takes over what has become visible in the log: it is owed from now on.
func (m *model) committed(rows []models.LoggedEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range rows {
		m.read.Add(row.Seq)
		f := m.byID[row.ID]
		if f == nil {
			continue
		}
		m.commit++
		f.seq, f.commit, f.allowed = row.Seq, m.tick(), map[*login]reach{}
		f.members = map[*member]reach{nil: (&login{}).reach(f)}
		for _, who := range m.members {
			f.members[who] = (&login{member: who}).reach(f)
		}
		for _, l := range m.logins {
			f.allowed[l] = l.reach(f)
		}
		for _, t := range m.tabs {
			if t.isOwed(f) {
				t.owed[f.n] = f
			}
		}
	}
}

// reach is by what the login may have the fact now; 0 for not at all.
func (l *login) reach(f *fact) reach {
	var mine []string
	role := ""
	if l.member == nil {
		mine = []string{events.RoomPublic}
	} else {
		role = events.RoomRole(l.member.role)
		mine = []string{events.RoomPublic, events.RoomAuthenticated, events.RoomUser(l.member.user.ID), role}
		for dni := range l.watched {
			mine = append(mine, events.RoomClient(dni))
		}
	}
	best := reach(0)
	for _, room := range mine {
		switch {
		case slices.Contains(f.except, room):
			return 0
		case !slices.Contains(f.rooms, room):
		case room == role:
			best = max(best, byRole)
		default:
			best = byRoom
		}
	}
	return best
}

// isOwed reports whether the tab has to get the fact that commits now. What only
// another tab of the login watches it may get and need not.
func (t *tab) isOwed(f *fact) bool {
	l := t.login
	if l.reach(f) == 0 || !t.live && !t.waits {
		return false
	}
	own := &login{member: l.member, watched: t.watched}
	r := own.reach(f)
	if r == byRole && f.begun < l.member.roleSince {
		// It took its place in the log before the change of role: replays leave it out.
		return false
	}
	return r != 0
}

// roleChanged notes that a member has another role: what only the old one allowed
// is not owed any more.
func (m *model) roleChanged(who *member, role string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if who.role == role {
		return
	}
	who.role, who.roleSince = role, m.tick()
	for _, t := range m.tabs {
		if t.login.member == who {
			t.forget(func(f *fact) bool {
				return f.allowed[t.login] == byRole || (&login{member: who, watched: t.watched}).onlyByRole(f)
			})
		}
	}
}

// mayHave is by what the login was allowed the fact at its commit; 0 for not at
// all. What was on its way when the login began to connect it may get, as its user
// was allowed it; what had been delivered then can not be replayed to it.
func (f *fact) mayHave(l *login, replayed bool) reach {
	r, known := f.allowed[l]
	switch {
	case replayed && l.began.Covers(f.seq):
		return 0
	case !known:
		return f.members[l.member]
	case r == 0 && replayed && l.reach(f) == byRoom && slices.ContainsFunc(f.rooms, isClientRoom):
		// A client room that was joined later: its user was allowed to watch it then, too.
		return byRoom
	case r == 0 && l.joinedBefore(f):
		return byRoom
	}
	return r
}

// joinedBefore reports whether the login asked for a client room of the fact after its
// commit and before it was said there. The last that is delivered may still be said.
func (l *login) joinedBefore(f *fact) bool {
	return l.reach(f) == byRoom && slices.ContainsFunc(f.rooms, func(room string) bool {
		dni, isClient := strings.CutPrefix(room, events.RoomClient(""))
		at, asked := l.joined[dni]
		return isClient && asked && (!at.Covers(f.seq) || at.Last() == f.seq)
	})
}

func isClientRoom(room string) bool { return strings.HasPrefix(room, events.RoomClient("")) }

// onlyByRole reports whether the rooms other than roles' do not reach the login.
func (l *login) onlyByRole(f *fact) bool {
	without := *f
	without.rooms = slices.DeleteFunc(slices.Clone(f.rooms), func(room string) bool { return strings.HasPrefix(room, events.RoomRole("")) })
	return l.reach(&without) == 0
}

// forget takes facts from what is owed.
func (t *tab) forget(which func(*fact) bool) {
	for n, f := range t.owed {
		if which(f) {
			delete(t.owed, n)
		}
	}
}

// missing lists what the tab is owed and has not got, in the order of commits.
func (m *model) missing(t *tab) []*fact {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*fact
	for n, f := range t.owed {
		if t.got[n] == 0 {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *fact) int { return a.commit - b.commit })
	return out
}

// since counts the facts after an instant of the clock.
func (m *model) since(clock int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, f := range m.facts {
		if f.commit > clock {
			n++
		}
	}
	return n
}

func (f *fact) String() string {
	return "fact " + strconv.Itoa(f.n) + fmt.Sprintf(" (%s to %v, seq %d, commit %d, %s change %d)", f.name, f.rooms, f.seq, f.commit, f.entity, f.change)
}
