package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/relevo/relevo/models"
)

// returner is a client behind a network that can be cut, and who makes events.
type returner struct {
	*process
	net    *cutProxy
	tina   *person
	max    *person
	olga   *person
	client int64
}

// settings of the tests: dead connections are found soon.
var hasty = []string{"RELEVO_SOCKET_PING_INTERVAL=1s", "RELEVO_SOCKET_PING_TIMEOUT=2s", "RELEVO_SOCKET_CONFIRM_AFTER=150ms"}

func newReturner(t *testing.T, d models.Dialect, settings ...string) *returner {
	t.Helper()
	p := start(t, d, append(slices.Clone(hasty), settings...)...)
	r := &returner{process: p, max: p.hire("max", models.Master), tina: p.hire("tina", models.Trader), olga: p.hire("olga", models.Operador)}
	r.client = r.max.newClient("11112222")
	r.net = newCutProxy(t, p.url)
	return r
}

// npm connects a client of the person through the network.
func (r *returner) npm(w *person, pkg string, c connection) *driver {
	r.t.Helper()
	return r.npmAt(r.net.url(), w, pkg, c)
}

func (r *returner) npmAt(url string, w *person, pkg string, c connection) *driver {
	r.t.Helper()
	options := maps.Clone(c.options)
	maps.Copy(options, map[string]any{"reconnectionDelay": 50, "reconnectionDelayMax": 100, "randomizationFactor": 0})
	delete(options, "reconnectionAttempts")
	d := drive(r.t, "client.mjs", map[string]any{"package": pkg, "url": url, "cookie": w.cookie(), "options": options})
	d.awaitEvent("connection_established", 1)
	if c.upgrades {
		d.awaitAt("upgrade", 1)
	}
	return d
}

// operations makes events and returns their codes.
func (r *returner) operations(n int) (codes []string) {
	r.t.Helper()
	for range n {
		_, code := r.tina.newOperationOf(r.client)
		codes = append(codes, code)
	}
	return codes
}

// cut takes the network away with a reset, and waits until the client has noticed.
func (r *returner) cut(d *driver) {
	r.t.Helper()
	n := 1
	for _, s := range d.all() {
		if s.At == "disconnect" {
			n++
		}
	}
	r.net.refuse()
	r.net.reset()
	d.awaitAt("disconnect", n)
}

// operationsOf are the operations that the client has got, and which of them with an id.
func operationsOf(d *driver) (codes []string, repeated []bool) {
	for _, e := range d.events() {
		if e.Name == "nueva_operacion" {
			codes = append(codes, text(e.Args[0], "operation_id"))
			var body map[string]json.RawMessage
			_ = json.Unmarshal(e.Args[0], &body)
			repeated = append(repeated, body["_event_id"] != nil)
		}
	}
	return codes, repeated
}

// awaitOperations waits for so many operations and a round trip after them.
func awaitOperations(d *driver, n int) ([]string, []bool) {
	d.t.Helper()
	d.awaitEvent("nueva_operacion", n)
	d.barrier()
	return operationsOf(d)
}

// confirmed waits until clients have confirmed events so many times.
func (r *returner) confirmed(times int) {
	r.t.Helper()
	r.eventually("confirmations", func() error {
		n, err := strconv.Atoi(r.metric("relevo_event_commit_to_confirmed_seconds_count"))
		if err == nil && n < times {
			err = fmt.Errorf("%d of %d", n, times)
		}
		return err
	})
}
