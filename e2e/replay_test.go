package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relevo/relevo/models"
)

// A client of 4.6 or newer that is cut off goes on with its session: the same id, recovered, and
// what it missed in order, also when it had no event before the cut.
func TestReplayRecovers(t *testing.T) {
	recovering := []string{"socket.io-client-4.6", "socket.io-client-4.8"}
	needNode(t, recovering...)
	for _, pkg := range recovering {
		for _, c := range connections {
			t.Run(pkg+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				testReplayRecovers(t, pkg, c)
			})
		}
	}
}

func testReplayRecovers(t *testing.T, pkg string, c connection) {
	r := newReturner(t, models.SQLite)
	d := r.npm(r.olga, pkg, c)
	first := d.awaitAt("connect", 1)
	r.cut(d)
	missed := r.operations(3)
	r.net.heal()
	back := d.awaitAt("connect", 2)
	got, repeated := awaitOperations(d, 3)
	if !back.Recovered || back.ID != first.ID || !slices.Equal(got, missed) || slices.Contains(repeated, false) {
		t.Errorf("recovered %v, id %s then %s, got %v %v, want %v", back.Recovered, first.ID, back.ID, got, repeated, missed)
	}
	// Once more, with an offset of a replayed and then of a live event.
	live := r.operations(1)
	d.awaitEvent("nueva_operacion", 4)
	r.cut(d)
	more := r.operations(2)
	r.net.heal()
	got, repeated = awaitOperations(d, 6)
	if want := slices.Concat(missed, live, more); !slices.Equal(got, want) ||
		!slices.Equal(repeated, []bool{true, true, true, false, true, true}) {
		t.Errorf("got %v %v, want %v", got, repeated, want)
	}
}

// The server is killed and started again while nobody is connected (contract 5.7).
func TestReplaySurvivesRestart(t *testing.T) {
	needNode(t, npmClients...)
	eachDialect(t, func(t *testing.T, dialect models.Dialect) {
		eachVersion(t, func(t *testing.T, pkg string) {
			r := newReturner(t, dialect)
			d := r.npm(r.olga, pkg, connections[0])
			first := d.awaitAt("connect", 1)
			r.cut(d)
			missed := r.operations(2)
			r.kill()
			r.restart()
			missed = append(missed, r.operations(1)...)
			r.net.heal()
			back := d.awaitAt("connect", 2)
			got, repeated := awaitOperations(d, 3)
			if !slices.Equal(got, missed) || slices.Contains(repeated, false) {
				t.Errorf("got %v %v, want %v", got, repeated, missed)
			}
			if is48 := pkg == "socket.io-client-4.8"; back.Recovered != is48 || is48 != (back.ID == first.ID) {
				t.Errorf("recovered %v, id %s then %s", back.Recovered, first.ID, back.ID)
			}
		})
	})
}

// A client of 4.5.4 knows nothing of offsets and gets what it has not confirmed.
func TestReplayFromSlot(t *testing.T) {
	needNode(t, npmClients...)
	for _, c := range connections {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newReturner(t, models.SQLite)
			d := r.npm(r.olga, "socket.io-client-4.5.4", c)
			had := r.operations(1)
			d.awaitEvent("nueva_operacion", 1)
			r.confirmed(1)
			r.cut(d)
			missed := r.operations(3)
			r.net.heal()
			got, repeated := awaitOperations(d, 4)
			if want := slices.Concat(had, missed); !slices.Equal(got, want) || !slices.Equal(repeated, []bool{false, true, true, true}) {
				t.Errorf("got %v %v, want %v", got, repeated, want)
			}
			// Silence instead of a reset: the server believes the old one alive.
			r.confirmed(2)
			r.net.hold(toClient, toServer)
			lost := r.operations(2)
			d.awaitAt("disconnect", 2)
			r.net.heal()
			want := slices.Concat(had, missed, lost)
			d.awaitAt("connect", 3)
			d.await("what was lost", 1, func(said) bool {
				codes, _ := operationsOf(d)
				return slices.Contains(codes, lost[0]) && slices.Contains(codes, lost[1])
			})
			got, _ = operationsOf(d)
			if once := firsts(got); !slices.Equal(once, want) {
				t.Errorf("got %v, want %v in this order", got, want)
			}
		})
	}
}

// Who is back before its old connection is known to be dead gets what that one did not
// confirm first, and what is new after it.
func TestReplayBeforeTheOldIsDead(t *testing.T) {
	needNode(t, npmClients...)
	for _, c := range connections {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newReturner(t, models.SQLite, "RELEVO_SOCKET_PING_TIMEOUT=20s")
			old := r.npm(r.olga, "socket.io-client-4.5.4", c)
			r.operations(1)
			old.awaitEvent("nueva_operacion", 1)
			r.confirmed(1)
			r.net.hold(toClient, toServer)
			lost := r.operations(2)
			back := r.npmAt(r.url, r.olga, "socket.io-client-4.5.4", c)
			want := slices.Concat(lost, r.operations(1))
			if got, repeated := awaitOperations(back, 3); !slices.Equal(got, want) || !slices.Equal(repeated, []bool{true, true, false}) {
				t.Errorf("got %v %v, want %v", got, repeated, want)
			}
			r.confirmed(2)
			r.net.refuse()
			r.net.reset()
			r.noSocketsBut(1)
			if got, _ := awaitOperations(back, 3); !slices.Equal(got, want) {
				t.Errorf("after the end of the old one: got %v, want %v", got, want)
			}
		})
	}
}

// firsts leaves the first of those that are equal.
func firsts[T comparable](codes []T) (once []T) {
	for _, code := range codes {
		if !slices.Contains(once, code) {
			once = append(once, code)
		}
	}
	return once
}

// Who leaves on purpose, or whose page goes away, is not sent what it left.
func TestReplayNotAfterLeaving(t *testing.T) {
	needNode(t, npmClients...)
	r := newReturner(t, models.SQLite)
	d := r.npm(r.olga, "socket.io-client-4.5.4", connections[0])
	d.tell("leave x")
	d.awaitAt("disconnect", 1)
	r.operations(2)
	d.tell("return x")
	d.awaitAt("connect", 2)
	d.barrier()
	if got, _ := operationsOf(d); len(got) != 0 {
		t.Errorf("after leaving it got %v", got)
	}
}

// Two tabs of one session both get what they missed.
func TestReplayTwoTabs(t *testing.T) {
	needNode(t, npmClients...)
	r := newReturner(t, models.SQLite)
	one, two := r.npm(r.olga, "socket.io-client-4.5.4", connections[0]), r.npm(r.olga, "socket.io-client-4.5.4", connections[2])
	r.operations(1)
	one.awaitEvent("nueva_operacion", 1)
	two.awaitEvent("nueva_operacion", 1)
	r.confirmed(2)
	r.net.refuse()
	r.net.reset()
	one.awaitAt("disconnect", 1)
	two.awaitAt("disconnect", 1)
	missed := r.operations(2)
	r.net.heal()
	for i, d := range []*driver{one, two} {
		got, _ := awaitOperations(d, 3)
		if len(got) < 3 || !slices.Equal(got[len(got)-2:], missed) {
			t.Errorf("tab %d got %v, missed %v", i, got, missed)
		}
	}
}

// Too much was missed: the client is told to load again, and pages of old are made to.
func TestReplayTooMuch(t *testing.T) {
	eachVersion(t, func(t *testing.T, pkg string) {
		r := newReturner(t, models.SQLite, "RELEVO_EVENTS_REPLAY_MAX=2")
		d := r.npm(r.olga, pkg, connections[0])
		r.cut(d)
		r.operations(3)
		r.net.heal()
		e := d.awaitEvent("resync_required", 1)
		if got := text(e.Args[0], "reason"); got != "too_many" {
			t.Errorf("reason %q", got)
		}
		d.awaitEvent("dashboard_update", 1)
		if back := d.awaitAt("connect", 2); back.Recovered {
			t.Error("recovered")
		}
		d.barrier()
		if got, _ := operationsOf(d); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		live := r.operations(1)
		if got, _ := awaitOperations(d, 1); !slices.Equal(got, live) {
			t.Errorf("got %v, want %v", got, live)
		}
	})
}

// The role was changed while the client was away: of its former role's events it gets
// none, of the new one's those after the change.
func TestReplayAfterRoleChange(t *testing.T) {
	eachVersion(t, func(t *testing.T, pkg string) {
		r := newReturner(t, models.SQLite)
		d := r.npm(r.olga, pkg, connections[0])
		r.cut(d)
		change := func(who *person, to map[string]any) {
			t.Helper()
			r.max.json("PUT", fmt.Sprintf("/users/api/update/%d", who.id), to).want(200)
		}
		change(r.tina, map[string]any{"email": "tina1@desk.example"})
		change(r.olga, map[string]any{"role": models.Master})
		change(r.tina, map[string]any{"email": "tina2@desk.example"})
		r.net.heal()
		d.awaitEvent("session_updated", 1)
		d.awaitEvent("user_updated", 1)
		d.barrier()
		var names []string
		for _, e := range d.events() {
			if e.Name == "user_updated" {
				names = append(names, text(e.Args[0], "username"))
			}
		}
		if !slices.Equal(names, []string{"olga", "tina"}) {
			t.Errorf("got user_updated of %v", names)
		}
	})
}

// A user who was deactivated while away comes back as nobody and gets nothing.
func TestReplayAfterDeactivation(t *testing.T) {
	eachVersion(t, func(t *testing.T, pkg string) {
		r := newReturner(t, models.SQLite)
		d := r.npm(r.olga, pkg, connections[0])
		r.cut(d)
		r.operations(1)
		r.max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", r.olga.id), nil).want(200)
		r.operations(1)
		r.net.heal()
		back := d.awaitAt("connect", 2)
		d.barrier()
		if got := d.events(); len(got) != 0 || back.Recovered {
			t.Errorf("recovered %v, got %+v", back.Recovered, got)
		}
	})
}
