package conformance

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// Engine.IO: Protocol, Upgrade
func TestUpgrade(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	w := dial(t, p.websocketURL())
	w.send("2probe")
	w.expectText("3probe")
	// The open or the next poll ends with a noop, so that the client can pause.
	if a := p.get(); a.status != http.StatusOK || a.body != "6" {
		t.Fatalf("poll during the probe: %+v", a)
	}
	w.send("5", "4hello")
	w.expectText("4hello")
	if got := h.conn(0).Transport(); got != "websocket" {
		t.Errorf("transport %q", got)
	}
	// The old transport is over.
	for _, a := range []answer{p.get(), p.post("4x")} {
		if a.status != http.StatusBadRequest {
			t.Errorf("polling after the upgrade: %+v", a)
		}
	}
	w.send("4still here")
	w.expectText("4still here")
	if len(h.conns) != 1 || len(h.ends()) != 0 {
		t.Errorf("%d connections, ends %v", len(h.conns), h.ends())
	}
}

// Engine.IO: Protocol, Upgrade: a poll that is open when the probe comes.
func TestUpgradeWithOpenPoll(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	pending := p.pending()
	w := dial(t, p.websocketURL())
	w.send("2probe")
	w.expectText("3probe")
	if a := <-pending; a.status != http.StatusOK || a.body != "6" {
		t.Errorf("open poll answered %+v", a)
	}
	w.send("5", "4x")
	w.expectText("4x")
}

// A client that does not wait for its poll to return before it says "5".
func TestUpgradeReleasesPoll(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	w := dial(t, p.websocketURL())
	w.send("2probe")
	w.expectText("3probe")
	pending := p.pending()
	w.send("5", "4x")
	w.expectText("4x")
	// Before the "5" a noop, after it 400: never left open.
	if a := <-pending; a.status == http.StatusOK && a.body != "6" {
		t.Errorf("poll answered %+v", a)
	}
}

// Engine.IO: Protocol, Upgrade: messages may be sent on the old transport until
// the upgrade packet.
func TestTrafficDuringProbe(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	w := dial(t, p.websocketURL())
	w.send("2probe")
	w.expectText("3probe")
	p.send("4over polling")
	p.queue = nil
	for got := ""; got != "4over polling"; {
		if got = p.next(); got != "6" && got != "4over polling" {
			t.Fatalf("poll brought %q", got)
		}
	}
	w.send("5")
	w.send("4over websocket")
	w.expectText("4over websocket")
}

// Engine.IO: Protocol, Upgrade: what the server sends while a session moves is
// neither lost nor doubled nor reordered, in either direction.
func TestUpgradeUnderTraffic(t *testing.T) {
	const sessions, n = 10, 300
	h := engine(t, engineio.Options{})
	h.deaf = true
	var all sync.WaitGroup
	for i := range sessions {
		p := poll(t, h.polling())
		c := h.conn(i)
		all.Go(func() {
			for k := range n {
				if !c.Send(engineio.SendOptions{}, engineio.Text([]byte(strconv.Itoa(k)))) {
					t.Errorf("session %d took no message %d", i, k)
					return
				}
				if k%10 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
		all.Go(func() {
			if err := upgradeWhileReading(t, p, n); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
		})
	}
	all.Wait()
	eventually(t, "the server heard all", func() bool { return t.Failed() || len(h.messages()) == sessions*40 })
	perConn := map[*engineio.Conn]int{}
	for _, m := range h.messages() {
		if m.data != strconv.Itoa(perConn[m.conn]) {
			t.Fatalf("server heard %q where %d was due", m.data, perConn[m.conn])
		}
		perConn[m.conn]++
	}
	for _, c := range h.conns {
		if perConn[c] != 40 {
			t.Errorf("server heard %d of 40", perConn[c])
		}
	}
}

// upgradeWhileReading polls, sends, upgrades and wants the numbers 0 to n-1.
func upgradeWhileReading(t *testing.T, p *poller, n int) error {
	var got []string
	keep := func(packets ...string) {
		for _, s := range packets {
			if s != "6" {
				got = append(got, s)
			}
		}
	}
	read := func() error {
		a := request(t, p.client, http.MethodGet, p.url, nil, nil)
		if a.status != http.StatusOK {
			return fmt.Errorf("poll answered %+v", a)
		}
		keep(strings.Split(a.body, separator)...)
		return nil
	}
	sent := 0
	post := func() error {
		for range 20 {
			if a := request(t, p.client, http.MethodPost, p.url, strings.NewReader("4"+strconv.Itoa(sent)), nil); a.body != "ok" {
				return fmt.Errorf("post answered %+v", a)
			}
			sent++
		}
		return nil
	}
	for range 3 {
		if err := read(); err != nil {
			return err
		}
	}
	w, _, err := dialRaw(t, p.websocketURL(), nil)
	if err != nil {
		return err
	}
	if err := post(); err != nil {
		return err
	}
	w.send("2probe")
	if err := w.wait("probe", func() bool { return len(w.in) > 0 && w.in[0] == text("3probe") }); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	w.send("5")
	for range 20 {
		w.send("4" + strconv.Itoa(sent))
		sent++
	}
	if err := w.wait("all messages", func() bool { return len(got)+len(w.in)-1 >= n }); err != nil {
		return fmt.Errorf("%w: %d by polling, then %d", err, len(got), len(w.left()))
	}
	for _, f := range w.left()[1:] {
		keep(f.data)
	}
	for i, s := range got {
		if s != "4"+strconv.Itoa(i) {
			return fmt.Errorf("got %q where %d was due, of %d", s, i, len(got))
		}
	}
	if len(got) != n {
		return fmt.Errorf("%d of %d", len(got), n)
	}
	return nil
}
