package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// slowConsumer is the line of /metrics that counts the sockets that were cut because
// they did not read.
const slowConsumer = `relevo_socket_disconnects_total{reason="slow_consumer"}`

// The page Now in Chromium, over a crowd of real clients of three versions: it counts
// them, somebody appears when they come and goes when they leave, and a socket that
// does not read is cut and counted, while the crowd stays.
func TestConsoleNow(t *testing.T) {
	t.Parallel()
	needConsole(t)
	needNode(t, "socket.io-client-4.6", "socket.io-client-4.8", "socket.io-client-4.5.4")
	// Who does not read does not answer heartbeats either, which must not be what ends it.
	r := newReturner(t, models.SQLite, "RELEVO_EVENTS_EMIT_PER_SECOND=1000000", "RELEVO_SOCKET_PING_INTERVAL=25s", "RELEVO_SOCKET_PING_TIMEOUT=2m")
	omar, walter := r.hire("omar", models.Operador), r.hire("walter", models.Trader)
	var watchers []*watcher
	for i, pkg := range []string{"socket.io-client-4.5.4", "socket.io-client-4.6", "socket.io-client-4.8"} {
		for _, options := range []map[string]any{overWebSocket, overPolling, upgrading} {
			who := []*person{r.tina, omar, nil}[i]
			watchers = append(watchers, &watcher{name: fmt.Sprint(pkg, len(watchers)), who: who, pkg: pkg, options: options})
		}
	}
	gather(r.process, watchers...)

	b := openBoard(t, launch(t, r.url), "max", nil)
	b.nav("now")
	b.shows("now-sockets", len(watchers)+1)
	b.shows("now-users", 3)
	for user, tabs := range map[string]string{"max": "1", "tina": "3", "omar": "3"} {
		if row := b.sees(hook("person-row", "user", user)); !strings.Contains(row, tabs) {
			t.Errorf("%s has %s tabs, the page says %q", user, tabs, row)
		}
	}
	if n := b.count(hook("person-row")); n != 3 {
		t.Errorf("%d people on the page, want 3", n)
	}

	olga := r.npm(r.olga, "socket.io-client-4.8", connections[1])
	b.sees(hook("person-row", "user", "olga"))
	b.shows("now-users", 4)
	olga.tell("close")
	b.misses(hook("person-row", "user", "olga"))
	b.shows("now-users", 3)
	b.shows("now-sockets", len(watchers)+1)

	b.shows("now-slow-dropped", 0)
	service := r.newPublisher()
	deaf := r.intruder(walter.cookie())
	_ = deaf.conn.SetReadBuffer(4096)
	b.sees(hook("person-row", "user", "walter"))
	long := make([]publication, 100)
	for i := range long {
		long[i] = notice("deaf", strings.Repeat("x", 8000), events.RoomUser(walter.id))
	}
	r.eventually("who does not read is cut", func() error {
		if n := r.sum(slowConsumer); n != 1 {
			service.publish(long...)
			return fmt.Errorf("%d were", n)
		}
		return nil
	})
	b.shows("now-slow-dropped", 1)
	b.misses(hook("person-row", "user", "walter"))
	b.shows("now-sockets", len(watchers)+1)
	if at := b.do("url", nil); at != "/console/#/now" {
		t.Errorf("Now is at %s", at)
	}
	b.clean()
}
