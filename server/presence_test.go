package server_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// socket opens a socket in the person's browser.
func (p *person) socket() *livetest.Client {
	p.d.t.Helper()
	home, err := http.NewRequest("GET", p.d.http.URL, nil)
	if err != nil {
		p.d.t.Fatal(err)
	}
	for _, c := range p.client.Jar.Cookies(home.URL) {
		home.AddCookie(c)
	}
	c, err := livetest.Connect(p.d.t.Context(), livetest.Dial{URL: p.d.http.URL, Header: home.Header})
	if err != nil {
		p.d.t.Fatal(err)
	}
	p.d.t.Cleanup(c.Close)
	return c
}

// operators are the names of get_active_operators.
func (w *trading) operators() []string {
	w.t.Helper()
	var names []string
	list, _ := w.master.get("/operations/api/get_active_operators").want(w.t, 200).body["operators"].([]any)
	for _, o := range list {
		name, _ := o.(map[string]any)["username"].(string)
		names = append(names, name)
	}
	return names
}

func (w *trading) awaitOperators(when string, want ...*person) {
	w.t.Helper()
	var names, got []string
	for _, p := range want {
		names = append(names, p.user.Username)
	}
	slices.Sort(names)
	for deadline := time.Now().Add(livetest.Patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if got = w.operators(); slices.Equal(got, names) {
			return
		}
	}
	w.t.Fatalf("%s: online %v, want %v", when, got, names)
}

// contract 3.5, 4.7, 5.28: who left is not offered, not handed an operation and not
// assigned one, until a sign-in or a socket; signing out counts at once, whatever
// the sockets say.
func TestOperatorsOnlineBySocket(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		away := w.online(models.Operador)
		w.awaitOperators("nobody has a socket", w.operator, away)
		tab := w.other.socket()
		w.awaitOperators("a socket counts without the rule of sign-in", w.operator, away, w.other)
		tab.Close()
		gone := away.socket()
		if err := gone.Barrier(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone.Close()
		// Until the leaving is written, and in the grace, nothing changes.
		deadline := time.Now().Add(livetest.Patience)
		for d.app.PresenceOpen() > 0 && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		w.awaitOperators("in the grace", w.operator, away, w.other)
		d.advance(11 * time.Second)
		w.awaitOperators("after it", w.operator)
		op := w.row(models.EnProceso, nil)
		r := w.master.json("POST", opPath("reassign_operator/%d", op), object{"new_operator_id": away.user.ID}).want(t, 400)
		if r.message() != "El operador seleccionado no está conectado" {
			t.Errorf("message %q", r.message())
		}
		waiting := w.row(models.Pendiente, nil)
		w.trader.send("POST", opPath("send_to_process/%d", waiting), nil).want(t, 200)
		if got := w.stored(waiting.ID); !got.AssignedTo(w.operator.user.ID) {
			t.Errorf("assigned to %v", got.AssignedOperatorID)
		}
		w.tx(func(tx *models.Tx) error { return tx.SetLastLogin(away.user.ID) })
		w.awaitOperators("signed in again", w.operator, away)
		w.operator.socket()
		w.operator.get("/logout").want(t, 302)
		if got := w.operators(); !slices.Equal(got, []string{away.user.Username}) {
			t.Errorf("right after a sign-out: online %v", got)
		}
	})
}
