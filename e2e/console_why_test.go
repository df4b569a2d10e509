package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// missing is somebody whose way to the desk can be cut.
type missing struct {
	who *person
	net *cutProxy
	tab *driver
}

// "Why did this user not get that event?", asked of the page from the feed on, with
// clicks and one name that is written. A socket was cut and nobody came back; it came back
// and got it then; it came back too late; nobody had a page open; it was not for them.
func TestConsoleWhy(t *testing.T) {
	t.Parallel()
	needConsole(t)
	needNode(t, "socket.io-client-4.8")
	r := newReturner(t, models.SQLite, "RELEVO_EVENTS_REPLAY_MAX=3")
	r.hire("ana", models.Operador) // signed in and without a page
	people := map[string]*missing{}
	for _, name := range []string{"away", "back", "late"} {
		m := &missing{who: r.hire(name, models.Operador), net: newCutProxy(t, r.url)}
		m.tab = r.npmAt(m.net.url(), m.who, "socket.io-client-4.8", connections[0])
		people[name] = m
	}
	r.npm(r.olga, "socket.io-client-4.8", connections[0])
	// Who was just connected has something to come back to.
	r.operations(1)
	r.confirmed(4)
	for _, m := range people {
		m.net.refuse()
		m.net.reset()
		m.tab.awaitAt("disconnect", 1)
	}

	b := openBoard(t, launch(t, r.url), "max", nil)
	b.nav("feed")
	newest := hook("feed-row", "name", "nueva_operacion")
	before := b.attr(newest, "data-id")
	r.operations(1)
	r.eventually("the operation in the feed", func() error {
		if b.attr(newest, "data-id") == before {
			return errors.New("not yet")
		}
		return nil
	})
	id := b.attr(newest, "data-id")
	people["back"].net.heal()
	people["back"].tab.awaitAt("connect", 2)
	r.operations(4)
	people["late"].net.heal()
	people["late"].tab.awaitEvent("resync_required", 1)
	r.delivered()

	// One click on the event: everybody's story.
	b.clicks = 0
	b.click(hook("feed-row", "id", id))
	stories := map[string]string{"olga": "confirmed", "back": "confirmed", "away": "away", "late": "expired", "ana": "absent"}
	for user, state := range stories {
		why := b.sees(hook("event-story", "user", user, "state", state))
		if len(strings.Fields(why)) < 4 {
			t.Errorf("%s: no sentence in %q", user, why)
		}
	}
	if b.clicks != 1 {
		t.Errorf("%d clicks from the feed to the stories", b.clicks)
	}

	// And of one user by name, also who was not addressed.
	service := r.newPublisher()
	b.nav("feed")
	own := service.publish(notice("aviso", "solo para tina", events.RoomUser(r.tina.id)))[0]
	b.clicks = 0
	b.click(hook("feed-row", "id", own))
	b.ask("olga")
	b.sees(hook("event-story", "user", "olga", "state", "not_addressed"))
	if b.clicks > 3 {
		t.Errorf("%d clicks from the feed to the answer", b.clicks)
	}
	b.do("shot", map[string]any{"path": artifact(t, "story.png")})
	b.clean()
}

// ask writes a name into the box of the question and takes what it offers.
func (b *board) ask(user string) {
	b.t.Helper()
	b.fill(hook("event-why"), user)
	b.do("press", map[string]any{"selector": hook("event-why"), "value": "Enter"})
}
