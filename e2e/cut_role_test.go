package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// away puts a network of its own before each watcher.
func away(k *desk, watchers []*watcher) []*cutProxy {
	networks := make([]*cutProxy, len(watchers))
	for i, w := range watchers {
		delete(w.options, "reconnectionAttempts")
		networks[i] = newCutProxy(k.t, k.url)
		w.url = networks[i].url()
	}
	return networks
}

// tabs are clients of one user: both versions, over both transports.
func tabs(who *person) []*watcher {
	var out []*watcher
	for _, pkg := range npmClients {
		for transport, options := range map[string]map[string]any{"websocket": overWebSocket, "polling": overPolling} {
			out = append(out, &watcher{name: who.name + " " + pkg + " " + transport, who: who, pkg: pkg, options: quickOptions(options)})
		}
	}
	return out
}

// visits is how often each client joined, to wait for one more.
func (c *crowd) visits() map[*watcher]int {
	out := map[*watcher]int{}
	_ = c.all(func(w *watcher) bool { out[w] = w.connects; return true })
	return out
}

// everybodyBack waits until each client has joined again.
func (c *crowd) everybodyBack(p *process, before map[*watcher]int) {
	p.t.Helper()
	p.eventually("all clients are back", func() error { return c.all(func(w *watcher) bool { return w.connects > before[w] }) })
}

// appointed makes a user, of which masters hear.
func (k *desk) appointed(name string) {
	k.t.Helper()
	k.max.json("POST", "/users/api/create", map[string]any{
		"username": name, "email": name + "@desk.example", "password": password, "dni": fmt.Sprintf("6%07d", tokens.Add(1)), "role": models.Trader,
	}).want(201)
}

// A user whose role changes while its clients are away gets, when they are back,
// nothing of the role that it has no longer, nothing of the new role from before the
// change, and everything else (contract 5.9).
func TestRoleChangesWhileAway(t *testing.T) {
	needNode(t, npmClients...)
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		k := openDesk(t, d)
		rita, tom := k.hire("rita", models.Master), k.hire("tom", models.Trader)
		watchers := append(tabs(rita), tabs(tom)...)
		networks := away(k, watchers)
		crowd := gather(k.process, watchers...)
		baseline := k.logEnd()

		k.appointed("before")
		left := k.logEnd()
		k.eventually("the masters have heard", func() error {
			return crowd.all(func(w *watcher) bool { return w.who != rita || heard(w, "nuevo_usuario") })
		})
		before := crowd.visits()
		for _, n := range networks {
			n.refuse()
			n.reset()
		}
		k.appointed("away")
		k.tina.newOperationOf(k.client)
		for who, role := range map[*person]string{rita: models.Trader, tom: models.Master} {
			k.max.json("PUT", fmt.Sprintf("/users/api/update/%d", who.id), map[string]any{"role": role}).want(200)
		}
		k.appointed("changed")
		k.tina.newOperationOf(k.client)
		for _, n := range networks {
			n.heal()
		}
		crowd.everybodyBack(k.process, before)
		k.appointed("after")
		k.tina.newOperationOf(k.client)

		j := newJudge(t, k.store, baseline)
		var promoted int64
		for _, e := range j.rows {
			if id, _, ok := events.RoleChange(e.EventRecord); ok && id == tom.id {
				promoted = e.Seq
			}
		}
		if promoted == 0 {
			t.Fatal("the log does not know of the change of role")
		}
		j.allowed = func(w *watcher, e *models.LoggedEvent) bool {
			if slices.Equal(e.Rooms, []string{events.RoomRole(models.Master)}) {
				return w.who == rita && e.Seq <= left || w.who == tom && e.Seq > promoted
			}
			return addressed(w.rooms(), e)
		}
		t.Logf("%s: %s", d, j.settle(k.process, crowd))
	})
}

func heard(w *watcher, name string) bool {
	return slices.ContainsFunc(w.receipts, func(r receipt) bool { return r.name == name })
}

// A client that comes back when what it missed is not kept any more, or is too much,
// is told to load its data again, with the event that makes pages do so, and goes on
// with what comes.
func TestWindowExceeded(t *testing.T) {
	needNode(t, npmClients...)
	for _, way := range []struct {
		name, reason string
		settings     []string
		lose         func(k *desk) error
	}{
		{"purged", events.ResyncWindow, nil, func(k *desk) error {
			_, err := k.store.PurgeEvents(soon(k.t), k.store.Instant(), 0)
			return err
		}},
		{"too many", events.ResyncTooMany, []string{"RELEVO_EVENTS_REPLAY_MAX=3"}, func(*desk) error { return nil }},
	} {
		t.Run(way.name, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, d models.Dialect) {
				k := openDesk(t, d, way.settings...)
				watchers := tabs(k.tina)
				networks := away(k, watchers)
				crowd := gather(k.process, watchers...)
				_, first := k.max.newOperationOf(k.client)
				crowd.awaitOperation(k.process, first)
				before := crowd.visits()
				for _, n := range networks {
					n.refuse()
					n.reset()
				}
				for range 5 {
					k.max.newOperationOf(k.client)
				}
				if err := way.lose(k); err != nil {
					t.Fatal(err)
				}
				for _, n := range networks {
					n.heal()
				}
				crowd.everybodyBack(k.process, before)
				// dashboard_update comes after creations too: none may be made before it has come.
				k.soonOr("each is told to load its data", func() error {
					return crowd.all(func(w *watcher) bool { return told(w, before[w], way.reason) })
				})
				_, last := k.max.newOperationOf(k.client)
				crowd.awaitOperation(k.process, last)
				crowd.barrier(k.process)
				for _, w := range watchers {
					var codes []string
					for _, r := range crowd.got(w, 0) {
						if r.name == "nueva_operacion" {
							codes = append(codes, text(r.args[0], "operation_id"))
						}
					}
					if !slices.Equal(codes, []string{first, last}) {
						t.Errorf("%s got %v, want %s and %s", w.name, codes, first, last)
					}
				}
			})
		})
	}
}

// told tells whether the watcher got both events after a visit.
func told(w *watcher, visit int, reason string) bool {
	resync := -1
	for i, r := range w.receipts {
		switch {
		case r.visit <= visit:
		case r.name == "resync_required" && text(r.args[0], "reason") == reason:
			resync = i
		case r.name == "dashboard_update" && resync >= 0:
			return true
		}
	}
	return false
}

// awaitOperation waits until every client has heard of an operation.
func (c *crowd) awaitOperation(p *process, code string) {
	p.t.Helper()
	p.eventually("all clients hear of "+code, func() error {
		return c.all(func(w *watcher) bool {
			return slices.ContainsFunc(w.receipts, func(r receipt) bool {
				return r.name == "nueva_operacion" && text(r.args[0], "operation_id") == code
			})
		})
	})
}
