package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// The page Feed in Chromium: an operation arrives, with what is private hidden; one
// click leads to who was addressed and has confirmed it. Filters narrow what stands there
// and what comes.
func TestConsoleFeed(t *testing.T) {
	t.Parallel()
	needConsole(t)
	needNode(t, "socket.io-client-4.8", "socket.io-client-4.5.4")
	r := newReturner(t, models.SQLite)
	r.npm(r.olga, "socket.io-client-4.8", connections[0])
	r.npm(r.tina, "socket.io-client-4.5.4", connections[1])
	b := openBoard(t, launch(t, r.url), "max", nil)
	b.nav("feed")
	before := b.count(hook("feed-row", "name", "nueva_operacion"))
	if before != 0 {
		t.Errorf("%d operations before the first", before)
	}

	code := r.operations(1)[0]
	row := hook("feed-row", "name", "nueva_operacion")
	b.sees(row)
	id := b.attr(row, "data-id")
	if id == "" {
		b.t.Fatal("the row has no id")
	}
	b.click(row)
	for _, user := range []string{"olga", "tina", "max"} {
		b.sees(hook("event-story", "user", user, "state", "confirmed"))
	}
	if at, want := b.do("url", nil), "/console/#/event/"+id; at != want {
		t.Errorf("the event is at %s, want %s", at, want)
	}
	page := b.sees("main")
	if !strings.Contains(page, code) {
		t.Errorf("the page of the event does not name %s:\n%s", code, page)
	}
	for _, private := range []string{"ROJAS", "PEÑA", "11112222"} {
		if strings.Contains(page, private) {
			t.Errorf("the page of the event tells %s", private)
		}
	}
	b.sees(hook("event-summary"))

	// The filter holds for what stands there and for what comes.
	service := r.newPublisher()
	b.nav("feed")
	b.sees(row)
	b.filter("name", "notification")
	b.misses(row)
	service.publish(notice("uno", "para todos", events.RoomAuthenticated), notice("dos", "para olga", events.RoomUser(r.olga.id)))
	r.operations(1)
	r.eventually("the two notices", func() error {
		if n := b.count(hook("feed-row", "name", "notification")); n != 2 {
			return fmt.Errorf("%d rows", n)
		}
		return nil
	})
	b.filter("room", events.RoomUser(r.olga.id))
	r.eventually("the one to the room of olga", func() error {
		if n := b.count(hook("feed-row")); n != 1 {
			return fmt.Errorf("%d rows", n)
		}
		return nil
	})
	b.filter("room", "")
	b.filter("name", "")
	r.eventually("everything again", func() error {
		if n := b.count(row); n != 2 {
			return fmt.Errorf("%d operations", n)
		}
		return nil
	})

	// Nothing moves while the page is paused.
	b.click(hook("feed-pause"))
	held := r.operations(1)[0]
	r.delivered()
	r.operations(1)
	r.delivered()
	if n := b.count(row); n != 2 {
		t.Errorf("%d operations while paused after %s, want 2", n, held)
	}
	b.click(hook("feed-pause"))
	r.eventually("what came meanwhile", func() error {
		if n := b.count(row); n != 4 {
			return fmt.Errorf("%d operations", n)
		}
		return nil
	})
	b.clean()
}

// filter sets one of the feed's filters, whether one writes it or chooses it.
func (b *board) filter(name, value string) {
	b.t.Helper()
	box := hook("feed-filter-" + name)
	kind := b.do("eval", map[string]any{"value": fmt.Sprintf(`document.querySelector(%q).tagName`, box)})
	if strings.Contains(kind, "SELECT") {
		b.do("select", map[string]any{"selector": box, "value": value})
		return
	}
	b.fill(box, value)
	b.do("press", map[string]any{"selector": box, "value": "Enter"})
}
