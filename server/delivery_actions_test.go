package server_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/relevo/relevo/models"
)

// write commits one to four events in one transaction.
func (x *machine) write(t *rapid.T) {
	x.commit(x.facts(t, "e", rapid.IntRange(1, 4).Draw(t, "events"))...)
}

// facts announces events of entities whose names begin so.
func (x *machine) facts(t *rapid.T, entity string, n int) []*fact {
	var out []*fact
	for range n {
		name, rooms, except := x.audience(t)
		of := fmt.Sprintf("%s/%d", entity, rapid.IntRange(1, 3).Draw(t, "entity"))
		out = append(out, x.m.announce(name, of, rooms, except))
	}
	return out
}

// watch puts a tab into the room of a client.
func (x *machine) watch(t *rapid.T) {
	tab := x.some(t, isLive)
	if tab.login.member == nil {
		t.Skip("nobody watches nobody")
	}
	dni := pick(t, clients, "dni")
	if err := tab.watch(x.ctx, x.world, dni); err != nil && !x.lost(tab) {
		t.Fatalf("%s: watch: %v", tab.name, err)
	}
}

// cut makes a transport end without a word, perhaps while something is on its way.
func (x *machine) cut(t *rapid.T) {
	tab := x.some(t, isLive)
	if rapid.Bool().Draw(t, "in flight") {
		x.write(t)
	}
	tab.client.Reset()
	tab.gone(true)
	tab.hasty = true
	if tab.transport == "websocket" && rapid.Bool().Draw(t, "noticed") {
		x.awaitSockets(t, tab)
	}
}

// awaitSockets waits until the server knows who is gone; it learns that of a
// poller by its silence.
func (x *machine) awaitSockets(t *rapid.T, tab *tab) {
	if err := x.noticed(len(x.live())); err != nil {
		t.Fatal(err)
	}
	tab.hasty = false
}

// closeInWords makes a client go as a page does that is closed, or as a script
// that calls disconnect().
func (x *machine) closeInWords(t *rapid.T) {
	tab := x.some(t, isLive)
	disconnect, noticed := rapid.Bool().Draw(t, "disconnect"), rapid.Bool().Draw(t, "noticed")
	if disconnect {
		_ = tab.client.Send(x.ctx, "41")
	}
	tab.client.Close()
	// Without a pid nobody knows it again before its end is known.
	tab.gone(!disconnect && (noticed || tab.recovers))
	tab.hasty, tab.polite = true, true
	if noticed {
		x.awaitSockets(t, tab)
	}
}

// comeBack connects a tab again.
func (x *machine) comeBack(t *rapid.T) { x.open(t, x.some(t, isAway)) }

// comeBackWhileWritten connects a tab again while transactions commit.
func (x *machine) comeBackWhileWritten(t *rapid.T) {
	tab := x.some(t, isAway)
	var batches [][]*fact
	for range 4 {
		batches = append(batches, x.facts(t, "meanwhile", rapid.IntRange(1, 3).Draw(t, "events")))
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		for _, facts := range batches {
			x.commit(facts...)
		}
	})
	defer writing.Wait()
	x.open(t, tab)
}

// changeRole gives a member another role through the pages of the Master.
func (x *machine) changeRole(t *rapid.T) {
	who := pick(t, x.members, "member")
	role := pick(t, models.Roles, "role")
	x.update(t, who, map[string]string{"role": role})
	x.m.roleChanged(who, role)
}

func (x *machine) update(t *rapid.T, who *member, change map[string]string) {
	r := x.admin.json(http.MethodPut, fmt.Sprintf("/users/api/update/%d", who.user.ID), change)
	if r.status != http.StatusOK {
		t.Fatalf("update user: %d %.200s", r.status, r.raw)
	}
}

// revoke signs a browser out, or deactivates a member, or lets one in again. The
// sockets of the logins that end are sent away; the others stay.
func (x *machine) revoke(t *rapid.T) {
	who := pick(t, x.members, "member")
	if !who.active {
		x.update(t, who, map[string]string{"status": models.Active})
		who.active = true
		return
	}
	var of []*login
	for _, l := range x.m.logins {
		if l.member == who {
			of = append(of, l)
		}
	}
	ended := of
	if len(of) > 0 && rapid.Bool().Draw(t, "sign out") {
		ended = []*login{pick(t, of, "login")}
		if r := ended[0].browser.get("/logout"); r.status != http.StatusFound {
			t.Fatalf("sign out: %d %.200s", r.status, r.raw)
		}
	} else {
		x.update(t, who, map[string]string{"status": models.Inactive})
		who.active = false
	}
	for _, tab := range x.tabs {
		if !slices.Contains(ended, tab.login) || !tab.live {
			continue
		}
		ctx, cancel := context.WithTimeout(x.ctx, 10*time.Second)
		if err := tab.client.WaitClosed(ctx); err != nil {
			t.Errorf("%s outlives its login: %v", tab.name, err)
		} else if err := tab.look(); err != nil {
			t.Fatal(err)
		} else if tab.greeted && !tab.client.Disconnected() {
			// One that was still connecting is closed, comes back and is nobody's.
			t.Errorf("%s was not sent away", tab.name)
		}
		cancel()
		tab.client.Close()
		tab.gone(true)
	}
	x.look(t)
	for _, l := range ended {
		x.forget(l)
	}
}

// forget makes the tabs of a login that ended tabs of nobody, with the cookie and
// the pid that they have.
func (x *machine) forget(ended *login) {
	x.m.mu.Lock()
	keep := x.m.logins[:0:0]
	for _, l := range x.m.logins {
		if l != ended {
			keep = append(keep, l)
		}
	}
	x.m.logins = keep
	tabs := x.tabs
	x.m.mu.Unlock()
	for _, old := range tabs {
		if old.login != ended {
			continue
		}
		old.gone(false)
		nobody := &login{browser: ended.browser, watched: map[string]bool{}}
		x.m.mu.Lock()
		x.m.logins = append(x.m.logins, nobody)
		x.m.mu.Unlock()
		successor := x.add(nobody, old.recovers, old.transport)
		successor.pid, successor.offset = old.pid, old.offset
		x.drop(old)
	}
}

// drop takes a tab out of the world.
func (x *machine) drop(gone *tab) {
	without := func(tabs []*tab) []*tab {
		keep := tabs[:0:0]
		for _, tab := range tabs {
			if tab != gone {
				keep = append(keep, tab)
			}
		}
		return keep
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	x.tabs, x.m.tabs = without(x.tabs), without(x.m.tabs)
}

// restart puts another process in the place of the present one, in order or not;
// something may commit in between.
func (x *machine) restart(t *rapid.T) {
	orderly := rapid.Bool().Draw(t, "orderly")
	open := x.live()
	if rapid.Bool().Draw(t, "in flight") {
		x.write(t)
	}
	if !orderly {
		x.stop()
		if rapid.Bool().Draw(t, "undelivered") {
			x.write(t)
		}
		for _, tab := range open {
			tab.client.Reset()
		}
	}
	x.halt(orderly)
	// However this goes on, the next sequence needs a process.
	defer x.start()
	defer x.skew.Add(int64(time.Second))
	for _, tab := range open {
		tab.client.Reset()
		tab.gone(true)
		tab.hasty = false
	}
	x.look(t)
	if rapid.Bool().Draw(t, "meanwhile") {
		x.write(t)
	}
}

// purge removes the older events, as after a long time: who was away learns that.
func (x *machine) purge(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
		t.Skip("seldom")
	}
	keep := rapid.IntRange(0, 6).Draw(t, "kept")
	if err := x.delivered(); err != nil {
		t.Fatal(err)
	}
	x.m.mu.Lock()
	x.m.purged = x.m.tick()
	x.m.mu.Unlock()
	if _, err := x.d.store.PurgeEvents(x.ctx, time.Time{}, keep); err != nil {
		t.Fatal(err)
	}
	if x.closedGaps(time.Second) == nil {
		return
	}
	// A transaction that is open may have begun after what the purge went by.
	for _, l := range x.late {
		if err := l.end(x.world, true); err != nil {
			t.Fatal(err)
		}
	}
	x.late = nil
	if err := x.closedGaps(20 * time.Second); err != nil {
		t.Fatal(err)
	}
}

// beginLate opens a transaction that takes its place in the log now.
func (x *machine) beginLate(t *rapid.T) {
	if len(x.late) >= 3 {
		t.Skip("enough open")
	}
	name, rooms, except := x.audience(t)
	l, err := x.world.beginLate(x.m.announce(name, fmt.Sprintf("late/%d", x.m.clock), rooms, except))
	if err != nil {
		t.Fatal(err)
	}
	x.late = append(x.late, l)
}

// endLate ends one of them, mostly well.
func (x *machine) endLate(t *rapid.T) {
	if len(x.late) == 0 {
		t.Skip("none open")
	}
	i := rapid.IntRange(0, len(x.late)-1).Draw(t, "late")
	l := x.late[i]
	x.late = append(x.late[:i:i], x.late[i+1:]...)
	if err := l.end(x.world, rapid.IntRange(0, 3).Draw(t, "end") > 0); err != nil {
		t.Fatal(err)
	}
}
