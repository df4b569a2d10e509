package server_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// What a socket receives was allowed to its session and role at the commit; what
// was allowed and is not older than the window reaches everybody who stays or comes
// back, in the order of commits per entity and of the log per connection; it comes
// twice only in replays, with its id; nobody gets anything but what is public; and
// who lost something is told so. RELEVO_RAPID_CHECKS sets the number of sequences.
func TestDeliveryModel(t *testing.T) {
	for _, c := range []struct {
		dialect models.Dialect
		checks  string
	}{{models.SQLite, "40"}, {models.Postgres, "12"}} {
		t.Run(string(c.dialect), func(t *testing.T) {
			if asked := os.Getenv("RELEVO_RAPID_CHECKS"); asked != "" {
				c.checks = asked
			}
			for name, value := range map[string]string{"rapid.checks": c.checks, "rapid.steps": "25", "rapid.nofailfile": "true", "rapid.shrinktime": "20s"} {
				was := flag.Lookup(name).Value.String()
				if err := flag.Set(name, value); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = flag.Set(name, was) })
			}
			w := newWorld(t, c.dialect)
			rapid.Check(t, func(t *rapid.T) { newMachine(t, w).run(t) })
		})
	}
}

// machine is one sequence: a fresh cast on the database of the world.
type machine struct {
	*world
	members []*member
	tabs    []*tab
	late    []*lateWrite
	ctx     context.Context
}

func newMachine(t *rapid.T, w *world) *machine {
	end, err := w.d.store.EventLogEnd(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.m = newModel(end)
	x := &machine{world: w, ctx: context.Background()}
	t.Cleanup(x.leave)
	for _, role := range models.Roles {
		who, first := w.hire(role)
		x.members = append(x.members, who)
		w.m.members = append(w.m.members, who)
		w.m.logins = append(w.m.logins, first)
	}
	return x
}

// leave ends what the sequence has open.
func (x *machine) leave() {
	for _, l := range x.late {
		_ = l.end(x.world, false)
	}
	for _, t := range x.tabs {
		if t.live {
			t.client.Reset()
		}
	}
}

func (x *machine) run(t *rapid.T) {
	actions := map[string]func(*rapid.T){
		"connect": x.connect, "watch": x.watch, "write": x.write, "write more": x.write, "cut": x.cut, "cut again": x.cut,
		"close": x.closeInWords, "return": x.comeBack, "return again": x.comeBack, "return while written": x.comeBackWhileWritten, "role": x.changeRole,
		"revoke": x.revoke, "restart": x.restart, "purge": x.purge, "settle": func(t *rapid.T) { x.settle(t) },
		"": x.look,
	}
	if x.url != "" {
		actions["begin late"], actions["end late"] = x.beginLate, x.endLate
	}
	t.Repeat(actions)
	for len(x.late) > 0 {
		x.endLate(t)
	}
	for _, tab := range x.tabs {
		if !tab.live {
			x.open(t, tab)
		}
	}
	x.settle(t)
}

// look takes in what has come and fails on what must not have.
func (x *machine) look(t *rapid.T) {
	for _, tab := range x.tabs {
		if err := tab.look(); err != nil {
			t.Fatal(err)
		}
	}
}

// settle waits until every connected tab has what it is owed, and then for what it
// must not get.
func (x *machine) settle(t *rapid.T) {
	if err := x.delivered(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		x.look(t)
		lacking := ""
		for _, tab := range x.live() {
			if missing := x.m.missing(tab); len(missing) > 0 {
				lacking = fmt.Sprintf("%s (opened %d, pid %v) has not got %d events, the first is %s; it got%s", tab.name, tab.opened, tab.recovers, len(missing), missing[0], tab.history.String())
			}
		}
		if lacking == "" {
			break
		}
		if time.Now().After(until) {
			t.Fatal(lacking)
		}
	}
	for _, tab := range x.live() {
		if err := tab.barrier(); err != nil && !x.lost(tab) {
			t.Fatalf("%s: %v", tab.name, err)
		}
	}
	x.look(t)
}

// live lists the connected tabs; one whose server let it go for slowness is away.
func (x *machine) live() []*tab {
	var out []*tab
	for _, tab := range x.tabs {
		if tab.live && !x.lost(tab) {
			out = append(out, tab)
		}
	}
	return out
}

// lost notes a tab whose transport ended without anybody's doing.
func (x *machine) lost(tab *tab) bool {
	if tab.live && tab.client.Closed() {
		tab.gone(true)
		tab.hasty = true
	}
	return !tab.live
}

// some draws one of the tabs that fit.
func (x *machine) some(t *rapid.T, fits func(*tab) bool) *tab {
	var from []*tab
	for _, tab := range x.tabs {
		if fits(tab) {
			from = append(from, tab)
		}
	}
	if len(from) == 0 {
		t.Skip("no such tab")
	}
	return pick(t, from, "tab")
}

// pick draws one of several, by its place.
func pick[T any](t *rapid.T, from []T, label string) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

func isLive(t *tab) bool { return t.live }
func isAway(t *tab) bool { return !t.live }

// connect opens a new tab: of a login, of a new login, or of nobody.
func (x *machine) connect(t *rapid.T) {
	if len(x.tabs) >= 7 {
		t.Skip("enough tabs")
	}
	var from []*login
	for _, l := range x.m.logins {
		if l.member != nil {
			from = append(from, l)
		}
	}
	var who *login
	switch kind := rapid.IntRange(0, 9).Draw(t, "who"); {
	case kind < 2 || len(from) == 0:
		who = &login{watched: map[string]bool{}}
	case kind < 4:
		member := pick(t, x.members, "member")
		if !member.active {
			t.Skip("may not sign in")
		}
		who = x.signIn(member)
	default:
		who = pick(t, from, "login")
	}
	x.m.mu.Lock()
	if !slices.Contains(x.m.logins, who) {
		x.m.logins = append(x.m.logins, who)
	}
	x.m.mu.Unlock()
	transport := pick(t, []string{"websocket", "websocket", "websocket", "polling"}, "transport")
	x.open(t, x.add(who, rapid.Bool().Draw(t, "recovers"), transport))
}

// add makes a tab that is not connected.
func (x *machine) add(who *login, recovers bool, transport string) *tab {
	tab := &tab{
		m: x.m, login: who, recovers: recovers, transport: transport,
		watched: map[string]bool{}, owed: map[int]*fact{}, got: map[int]int{}, lastRun: map[string]int{},
	}
	of := "nobody"
	if who.member != nil {
		of = who.member.user.Username
	}
	tab.name = fmt.Sprintf("tab %d of %s", len(x.tabs)+1, of)
	x.tabs = append(x.tabs, tab)
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	x.m.tabs = append(x.m.tabs, tab)
	return tab
}

// open connects a tab; a server that is being asked for too much may send it away.
func (x *machine) open(t *rapid.T, tab *tab) {
	if err := tab.look(); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 5 {
		if err = tab.connect(x.ctx, x.world); err == nil {
			return
		}
	}
	t.Fatalf("%s: connect: %v", tab.name, err)
}

// audience draws to whom an event goes.
func (x *machine) audience(t *rapid.T) (name string, rooms, except []string) {
	someone := events.RoomUser(pick(t, x.members, "user").user.ID)
	role := events.RoomRole(pick(t, models.Roles, "role"))
	client := events.RoomClient(pick(t, clients, "client"))
	switch rapid.IntRange(0, 8).Draw(t, "audience") {
	case 0, 1:
		return "nueva_operacion", []string{events.RoomAuthenticated}, nil
	case 2:
		return "operacion_asignada", []string{someone}, nil
	case 3, 4:
		return "user_updated", []string{role}, nil
	case 5:
		return "notification", []string{role, someone}, nil
	case 6:
		return "operacion_actualizada", []string{client}, nil
	case 7:
		return "operacion_completada", []string{client}, []string{events.RoomAuthenticated}
	default:
		return "tipos_cambio_actualizados", []string{events.RoomPublic}, nil
	}
}

var clients = []string{"10000001", "10000002"}
