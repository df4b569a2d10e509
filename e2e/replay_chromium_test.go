package e2e

import (
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// The page in use, client 4.5.4 in Chromium, over WebSocket and, with a second socket,
// over polling and the upgrade: what was missed while the network was away is shown
// after the reconnect, and leaving the page leaves nothing to repeat.
func TestReplayChromium(t *testing.T) {
	t.Parallel()
	r := newReturner(t, models.SQLite, servesPages(t))
	c := launch(t, r.net.url())
	c.signIn("olga", "/dashboard/")
	// What was confirmed is not repeated on the next page.
	first := r.operations(1)
	c.do("olga", "toast", map[string]any{"value": first[0]})
	r.confirmed(1)
	c.do("olga", "goto", map[string]any{"path": "/operations/"})
	c.do("olga", "wait", map[string]any{"selector": "#connection[data-state=on]"})
	second := r.operations(1)
	c.do("olga", "toast", map[string]any{"value": second[0]})
	if frames := c.do("olga", "frames", nil); strings.Contains(frames, `"_event_id"`) {
		t.Errorf("repeated after the page was left:\n%s", frames)
	}
	r.confirmed(2) // a second socket could be the page's own that is back, and would get it again
	c.do("olga", "eval", map[string]any{"value": `new Promise((done) => {
		window.heard = [];
		const s = window.second = io();
		s.on('nueva_operacion', (e) => heard.push(e));
		const upgraded = () => s.connected && s.io.engine.transport.name === 'websocket' ? done(s.id) : setTimeout(upgraded, 20);
		upgraded();
		s.on('disconnect', () => { window.wasCut = true; });
	})`})
	live := r.operations(1)
	c.do("olga", "toast", map[string]any{"value": live[0]})
	// Whatever is confirmed by now: at most what is not comes again, first.
	r.net.refuse()
	r.net.reset()
	c.do("olga", "wait", map[string]any{"selector": "#connection:not([data-state=on])"})
	c.do("olga", "eval", map[string]any{"value": `new Promise((done) => { const look = () => window.wasCut ? done() : setTimeout(look, 20); look(); })`})
	missed := r.operations(2)
	r.net.heal()
	for _, code := range missed {
		c.do("olga", "toast", map[string]any{"value": code})
	}
	heard := c.do("olga", "eval", map[string]any{"value": `new Promise((done) => {
		const look = () => heard.some((e) => e.operation_id === '` + missed[1] + `') ? done(heard.map((e) => e.operation_id + (e._event_id ? ' again' : '')).join()) : setTimeout(look, 20);
		look();
	})`})
	if want := missed[0] + " again," + missed[1] + ` again"`; !strings.HasPrefix(heard, `"`+live[0]) || !strings.HasSuffix(heard, want) {
		t.Errorf("the second socket heard %s, want %s at the end", heard, want)
	}
	frames := c.do("olga", "frames", nil)
	for _, code := range missed {
		if !strings.Contains(frames, code) || !strings.Contains(frames, `"_event_id"`) {
			t.Errorf("frames of the page lack %s or an id:\n%s", code, frames)
		}
	}
}
