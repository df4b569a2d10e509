package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// connection is a way to connect that a page or app in use has (contract 1.7).
type connection struct {
	name     string
	options  map[string]any
	first    string // transport of the handshake
	upgrades bool
}

var connections = []connection{
	{"websocket first", pageOptions(), "websocket", false},
	{"defaults, polling then upgrade", map[string]any{}, "polling", true},
	{"polling only", overPolling, "polling", false},
}

// eachVersion runs f as a parallel subtest for every version of the client.
func eachVersion(t *testing.T, f func(t *testing.T, pkg string)) {
	needNode(t, npmClients...)
	for _, pkg := range npmClients {
		t.Run(pkg, func(t *testing.T) { t.Parallel(); f(t, pkg) })
	}
}

// eachClient runs f for every version of the client and every way to connect.
func eachClient(t *testing.T, f func(t *testing.T, p *process, pkg string, c connection)) {
	needNode(t, npmClients...)
	for _, pkg := range npmClients {
		for _, c := range connections {
			t.Run(pkg+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				f(t, start(t, models.SQLite), pkg, c)
			})
		}
	}
}

func (w *person) npm(pkg string, c connection) *driver {
	w.t.Helper()
	return drive(w.t, "client.mjs", map[string]any{"package": pkg, "url": w.p.url, "cookie": w.cookie(), "options": c.options})
}

// Unchanged clients are greeted, upgrade, and get every event of a burst once and in
// order (contract 1.4, 1.7, 2.2, 2.6).
func TestNpmClients(t *testing.T) {
	eachClient(t, func(t *testing.T, p *process, pkg string, c connection) {
		max := p.hire("max", models.Master)
		tina := p.hire("tina", models.Trader)
		olga := p.hire("olga", models.Operador)
		client := max.newClient("11112222")

		p.delivered()
		d := olga.npm(pkg, c)
		anonymous := p.stranger().npm(pkg, c)
		if got := d.awaitAt("open", 1); got.Transport != c.first {
			t.Errorf("opened over %s, want %s", got.Transport, c.first)
		}
		hello := d.awaitEvent("connection_established", 1)
		if err := samePayload(`{"message":"<text>","user":"olga","role":"Operador"}`, string(hello.Args[0])); err != nil {
			t.Errorf("connection_established: %v", err)
		}
		anonymous.awaitAt("connect", 1)
		if c.upgrades {
			if got := d.awaitAt("upgrade", 1); got.Transport != "websocket" {
				t.Errorf("upgraded to %s", got.Transport)
			}
		}

		const burst = 12
		var codes []string
		for range burst {
			_, code := tina.newOperationOf(client)
			codes = append(codes, code)
		}
		p.delivered()
		d.barrier()
		anonymous.barrier()
		if err := wholeBurst(d.events(), codes); err != nil {
			t.Error(err)
		}
		if e := anonymous.events(); len(e) != 0 {
			t.Errorf("the signed-out client got %+v", e)
		}
		for _, s := range d.all() {
			if strings.Contains(s.At, "error") || s.At == "disconnect" {
				t.Errorf("the client said %+v", s)
			}
		}
	})
}

// wholeBurst wants each operation once and in order, and reload requests after them:
// of requests that come close together one may stand for all (contract 5.8).
func wholeBurst(got []said, codes []string) error {
	var names, heard []string
	times := map[string]int{}
	for _, e := range got {
		names = append(names, e.Name)
		times[e.Name]++
		if e.Name == "nueva_operacion" {
			heard = append(heard, text(e.Args[0], "operation_id"))
		}
	}
	ok := slices.Equal(heard, codes) && len(times) == 3 && slices.Equal(names[len(names)-2:], []string{"dashboard_update", "position_update"})
	for _, n := range times {
		ok = ok && n <= len(codes)
	}
	if !ok {
		return fmt.Errorf("got %v of %v, want %v and reload requests after it", names, heard, codes)
	}
	return nil
}

// A client comes back by itself after a restart, with five attempts, and gets the next
// event (contract 5.7).
func TestNpmClientsComeBack(t *testing.T) {
	needNode(t, npmClients...)
	for _, how := range []string{"SIGTERM", "SIGKILL"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p := start(t, models.SQLite)
			max := p.hire("max", models.Master)
			client := max.newClient("11112222")
			p.delivered()
			var drivers []*driver
			for _, pkg := range npmClients {
				for _, c := range connections[:2] {
					c.options = map[string]any{"reconnectionAttempts": 5, "reconnectionDelay": 1000}
					if c.first == "websocket" {
						c.options["transports"] = []string{"websocket", "polling"}
					}
					d := max.npm(pkg, c)
					d.awaitEvent("connection_established", 1)
					if c.upgrades {
						d.awaitAt("upgrade", 1)
					}
					drivers = append(drivers, d)
				}
			}
			if how == "SIGTERM" {
				p.stop()
			} else {
				p.kill()
			}
			for _, d := range drivers {
				if reason := d.awaitAt("disconnect", 1).Reason; reason == "io server disconnect" {
					t.Errorf("the server sent DISCONNECT, after which clients stay away")
				}
			}
			p.restart()
			for _, d := range drivers {
				d.awaitAt("reconnect", 1)
				d.awaitEvent("connection_established", 2)
			}
			_, code := max.newOperationOf(client)
			p.delivered()
			for _, d := range drivers {
				if got := text(d.awaitEvent("nueva_operacion", 1).Args[0], "operation_id"); got != code {
					t.Errorf("got %s, want %s", got, code)
				}
				d.barrier()
				if n := len(d.events()); n != 3 {
					t.Errorf("%d events, want 3: %+v", n, d.events())
				}
			}
		})
	}
}

// text is one field of a payload.
func text(payload json.RawMessage, field string) string {
	var o map[string]any
	_ = json.Unmarshal(payload, &o)
	return fmt.Sprint(o[field])
}
