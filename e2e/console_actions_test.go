package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// Everything that can be done on the page is done there, and its effect is seen by the real
// clients that it is done to: they are signed out, disconnected, told something, sent an
// event again, and come back after the node was drained. Each asks for a reason, which is
// in the audit log; without one, or with Escape, nothing happens.
func TestConsoleActions(t *testing.T) {
	t.Parallel()
	needConsole(t)
	needNode(t, "socket.io-client-4.8", "socket.io-client-4.5.4")
	r := newReturner(t, models.SQLite)
	tab := r.npm(r.tina, "socket.io-client-4.8", connections[0])
	desk := []*driver{r.npm(r.olga, "socket.io-client-4.8", connections[0]), r.npm(r.olga, "socket.io-client-4.5.4", connections[1])}
	b := openBoard(t, launch(t, r.url), "max", map[string]any{"viewport": map[string]int{"width": 1440, "height": 900}})

	t.Log("sign out")
	b.nav("now")
	b.click(hook("person-row", "user", "tina") + " a")
	b.click(hook("action-sign_out"))
	b.sees(hook("confirm"))
	b.do("press", map[string]any{"value": "Escape"})
	b.misses(hook("confirm"))
	if s := r.tina.send("GET", "/api/session", nil); s.body["authenticated"] != true {
		t.Error("tina was signed out without a reason")
	}
	b.confirm("action-sign_out", "dejó la mesa abierta")
	tab.awaitEvent("session_ended", 1)
	if reason := tab.awaitAt("disconnect", 1).Reason; reason != "io server disconnect" {
		t.Errorf("tina's socket ended with %q", reason)
	}
	if s := r.tina.send("GET", "/api/session", nil); s.body["authenticated"] == true {
		t.Error("tina is signed in")
	}
	b.audited(r.max, "tina", "dejó la mesa abierta")

	t.Log("disconnect")
	b.nav("now")
	b.misses(hook("person-row", "user", "tina"))
	b.click(hook("person-row", "user", "olga") + " a")
	b.confirm("action-disconnect", "pestaña vieja")
	r.eventually("one of the two sockets ends", func() error {
		n := 0
		for _, d := range desk {
			for _, s := range d.all() {
				if s.At == "disconnect" {
					n++
				}
			}
		}
		if n != 1 {
			return fmt.Errorf("%d ended", n)
		}
		return nil
	})
	b.audited(r.max, "", "pestaña vieja")
	left := desk[0]
	if strings.Contains(fmt.Sprint(left.all()), "disconnect") {
		left = desk[1]
	}

	t.Log("notify")
	b.nav("actions")
	b.do("select", map[string]any{"selector": hook("field-notify-to"), "value": "role"})
	b.do("select", map[string]any{"selector": hook("field-notify-role"), "value": models.Operador})
	b.fill(hook("field-notify-title"), "Cierre")
	b.fill(hook("field-notify-message"), "El cierre es a las 18:00")
	b.confirm("action-notify", "aviso de la tarde")
	if e := left.awaitEvent("notification", 1); text(e.Args[0], "message") != "El cierre es a las 18:00" {
		t.Errorf("olga heard %s", e.Args)
	}
	b.audited(r.max, models.Operador, "aviso de la tarde")
	b.sees(hook("audit-row"))

	t.Log("resend")
	_, code := r.max.newOperationOf(r.client)
	first := left.awaitEvent("nueva_operacion", 1)
	b.nav("feed")
	row := hook("feed-row", "name", "nueva_operacion")
	b.sees(row)
	id := b.attr(row, "data-id")
	b.click(row)
	b.confirm("action-resend", "no lo vio nadie")
	second := left.awaitEvent("nueva_operacion", 2)
	if text(second.Args[0], "operation_id") != code || text(second.Args[0], "_event_id") != id || text(first.Args[0], "_event_id") != "<nil>" {
		t.Errorf("olga heard %s, then %s", first.Args, second.Args)
	}
	b.audited(r.max, id, "no lo vio nadie")
	b.clean()

	t.Log("drain")
	b.nav("actions")
	b.confirm("action-drain", "cambio de versión")
	if code := r.await(); code != 0 {
		t.Errorf("the drained node ended with status %d", code)
	}
	b.sees(hook("banner-reconnect"))
	b.sees(hook("connection") + ":not([data-state=on])")
	r.restart()
	b.live()
	b.misses(hook("banner-reconnect"))
	left.awaitAt("reconnect", 1)
	b.audited(r.max, "", "cambio de versión")
	b.do("forgive", nil) // what the browser says of a server that is gone
	b.nav("now")
	b.sees(hook("person-row", "user", "olga"))
	b.clean()
}

// confirm presses an action, gives the reason and says yes; the dialog goes away and a
// toast comes.
func (b *board) confirm(action, reason string) {
	b.t.Helper()
	b.click(hook(action))
	b.yes(reason)
}

// yes answers the dialog that is open.
func (b *board) yes(reason string) {
	b.t.Helper()
	b.sees(hook("confirm"))
	b.fill(hook("confirm-reason"), reason)
	b.click(hook("confirm-yes"))
	b.misses(hook("confirm"))
	b.sees(hook("toast"))
}

// audited wants a line of the audit log with the reason and what it was about.
func (b *board) audited(by *person, about, reason string) {
	b.t.Helper()
	lines := by.send("GET", "/api/audit?limit=20", nil).want(200)
	for line := range strings.SplitSeq(string(lines.raw), "},{") {
		if strings.Contains(line, reason) && strings.Contains(line, about) {
			return
		}
	}
	b.t.Errorf("no audit line about %q with %q: %.900s", about, reason, lines.raw)
}
