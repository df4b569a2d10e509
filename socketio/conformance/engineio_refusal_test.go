package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// Engine.IO: Protocol, Upgrade: what does not follow the steps is turned away,
// and the session stays where it is.
func TestUpgradeRefused(t *testing.T) {
	for name, step := range map[string]func(t *testing.T, h *host, p *poller){
		"no probe": func(t *testing.T, _ *host, p *poller) {
			w := dial(t, p.websocketURL())
			w.send("5")
			w.gone()
		},
		"message instead of probe": func(t *testing.T, _ *host, p *poller) {
			w := dial(t, p.websocketURL())
			w.send("4hello")
			w.gone()
		},
		"binary instead of probe": func(t *testing.T, _ *host, p *poller) {
			w := dial(t, p.websocketURL())
			w.write(binary('2', 'p', 'r', 'o', 'b', 'e'))
			w.gone()
		},
		"silence": func(t *testing.T, _ *host, p *poller) {
			dial(t, p.websocketURL()).gone()
		},
		"probe, then silence": func(t *testing.T, _ *host, p *poller) {
			w := dial(t, p.websocketURL())
			w.send("2probe")
			w.expectText("3probe")
			w.gone()
		},
		"probe, then a cut": func(t *testing.T, _ *host, p *poller) {
			w := dial(t, p.websocketURL())
			w.send("2probe")
			w.expectText("3probe")
			w.reset()
		},
		"other revision": func(t *testing.T, _ *host, p *poller) {
			for _, eio := range []string{"EIO=3", "EIO=5", "EIO=", "x=1"} {
				_, resp, err := dialRaw(t, strings.Replace(p.websocketURL(), "EIO=4", eio, 1), nil)
				if err == nil || resp == nil || resp.StatusCode != http.StatusBadRequest {
					t.Fatalf("upgrade with %s: %v %v", eio, resp, err)
				}
				if body, _ := io.ReadAll(resp.Body); eio != "EIO=5" && !strings.Contains(string(body), `"code":`) {
					t.Errorf("answer %s", body)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := engine(t, engineio.Options{UpgradeTimeout: 200 * time.Millisecond})
			p := poll(t, h.polling())
			step(t, h, p)
			p.send("4by polling")
			for got := ""; got != "4by polling"; {
				if got = p.next(); got != "6" && got != "4by polling" {
					t.Fatalf("poll brought %q", got)
				}
			}
			if len(h.ends()) != 0 || h.conn(0).Transport() != "polling" {
				t.Errorf("ends %v, transport %s", h.ends(), h.conn(0).Transport())
			}
			// And it can still upgrade.
			w := dial(t, p.websocketURL())
			w.send("2probe")
			w.expectText("3probe")
			w.send("5", "4x")
			w.expectText("4x")
		})
	}
}

// Engine.IO: Protocol, Upgrade: a second WebSocket for a session that has one is
// closed; the first lives.
func TestSecondWebSocket(t *testing.T) {
	h := engine(t, engineio.Options{})
	upgraded := func() (*wire, string) {
		p := poll(t, h.polling())
		w := dial(t, p.websocketURL())
		w.send("2probe")
		w.expectText("3probe")
		w.send("5", "4x")
		w.expectText("4x")
		return w, p.websocketURL()
	}
	direct := dial(t, h.websocket())
	moved, movedURL := upgraded()
	for w, url := range map[*wire]string{direct: h.websocket() + "&sid=" + direct.open.SID, moved: movedURL} {
		if second, _, err := dialRaw(t, url, nil); err == nil {
			second.send("2probe")
			second.gone()
			if left := second.left(); len(left) != 0 {
				t.Errorf("second connection got %v", left)
			}
		}
		w.send("4first lives")
		w.expectText("4first lives")
	}
	// Two at the same time: one of them wins, nothing breaks.
	p := poll(t, h.polling())
	a := dial(t, p.websocketURL())
	a.send("2probe")
	a.expectText("3probe")
	if b, _, err := dialRaw(t, p.websocketURL(), nil); err == nil {
		b.send("2probe")
		b.gone()
	}
	a.send("5", "4x")
	a.expectText("4x")
}
