package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// routes are all pages of the console; event and person are filled in.
func (b *board) routes(event string, person int64) []string {
	return []string{"now", "feed", "event/" + event, fmt.Sprintf("person/%d", person), "business", "actions", "health"}
}

// tooWide names what stands out of the window on the right, empty when nothing does.
const tooWide = `(() => {
	const width = document.body.clientWidth;
	if (document.documentElement.scrollWidth <= width) return '';
	return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > width + 0.5).slice(-3)
		.map((e) => e.tagName + '.' + e.className + ' to ' + e.getBoundingClientRect().right + ' of ' + width).join(', ') || 'somewhere';
})()`

// settled waits until the route at hand has loaded.
func (b *board) settled() {
	b.t.Helper()
	b.sees("main h1, main h2")
	b.do("wait", map[string]any{"selector": "[aria-busy=true]", "state": "hidden"})
}

// Every route in both languages and themes, on a phone, a desk and a wall: axe finds
// nothing that keeps people out, nothing is wider than the window, nothing jumps,
// no fault is said; the pictures are kept.
func TestConsoleFaces(t *testing.T) {
	t.Parallel()
	needConsole(t)
	needNode(t, "axe-core", "socket.io-client-4.8")
	e := busyDesk(t)
	c := launch(t, e.url)
	for _, face := range []struct{ who, locale, scheme string }{{"max", "es-PE", "light"}, {"mona", "en-GB", "dark"}} {
		b := openBoard(t, c, face.who, map[string]any{"locale": face.locale, "colorScheme": face.scheme, "timezoneId": "America/Lima"})
		if lang, want := b.attr("html", "lang"), face.locale[:2]; lang != want {
			t.Errorf("language %q in a browser of %s", lang, face.locale)
		}
		var events struct{ Events []struct{ ID string } }
		b.rest("/console/api/events?name=nueva_operacion&limit=1", &events)
		if len(events.Events) != 1 {
			t.Fatal("no event to look at")
		}
		for _, route := range b.routes(events.Events[0].ID, e.olga.id) {
			b.at(route)
			b.settled()
			name := strings.Split(route, "/")[0]
			for _, width := range []int{1440, 390, 360, 3840} {
				b.do("viewport", map[string]any{"width": width, "height": 900})
				b.settled()
				if wide := b.do("eval", map[string]any{"value": tooWide}); wide != `""` {
					t.Errorf("%s %s at %d is wider than the window: %s", name, face.scheme, width, wide)
				}
				if width == 1440 || width == 390 {
					b.do("shot", map[string]any{"path": artifact(t, fmt.Sprintf("%s-%s-%d.png", name, face.scheme, width)), "full": true})
					if found := b.do("axe", nil); found != "" {
						t.Errorf("%s %s at %d: axe:\n%s", name, face.scheme, width, found)
					}
				}
			}
			b.do("viewport", map[string]any{"width": 1440, "height": 900})
		}
		felt := b.felt()
		t.Logf("%s: first paint %d ms, %d long tasks, jumped by %.3f, heap %.1f MB", face.who, felt.Paint, len(felt.Tasks), felt.Jumps, felt.Heap/(1<<20))
		b.clean()
	}
}

// feelings are what a person feels of a page; see browser.mjs.
type feelings struct {
	Tasks []struct{ At, MS int }
	Paint int
	Jumps float64
	Heap  float64
	Nodes float64
}

func (b *board) felt() (f feelings) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.do("felt", nil)), &f); err != nil {
		b.t.Fatal(err)
	}
	return f
}

// What the page lets one choose stays chosen: language and theme, over a reload.
func TestConsoleChoices(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite)
	p.hire("max", models.Master)
	b := openBoard(t, launch(t, p.url), "max", map[string]any{"locale": "es-PE"})
	spanish := b.sees(hook("nav-now"))
	b.click(hook("lang"))
	b.do("wait", map[string]any{"selector": "html[lang=en]", "state": "attached"})
	if english := b.sees(hook("nav-now")); english == spanish {
		t.Errorf("%q in both languages", english)
	}
	b.do("reload", nil)
	b.live()
	if lang := b.attr("html", "lang"); lang != "en" {
		t.Errorf("after a reload the language is %q", lang)
	}
	seen := map[string]bool{}
	for range 3 {
		b.click(hook("theme"))
		seen[b.do("eval", map[string]any{"value": `getComputedStyle(document.body).backgroundColor`})] = true
	}
	if len(seen) != 2 {
		t.Errorf("three presses of the theme show %d grounds, want 2: %v", len(seen), seen)
	}
	b.clean()
}

// All of it is within reach of the keyboard, and what has the focus can be seen: the first
// stop skips the navigation, which the next ones are, and a dialog gives the focus back.
func TestConsoleKeyboard(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite)
	max := p.hire("max", models.Master)
	b := openBoard(t, launch(t, p.url), "max", nil)
	b.at("now")
	b.sees(hook("person-row"))
	b.do("reload", nil)
	b.live()
	b.sees(hook("person-row"))
	const stop = `(() => {
		const e = document.activeElement, s = getComputedStyle(e);
		const seen = e.checkVisibility() && e.getBoundingClientRect().width > 0 && (s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || s.boxShadow !== 'none');
		return [e.dataset.testid || e.className || e.tagName, seen ? 'seen' : 'unseen'].join(' ');
	})()`
	var stops []string
	for range 40 {
		b.do("press", map[string]any{"value": "Tab"})
		at := b.do("eval", map[string]any{"value": stop})
		if strings.Contains(at, "BODY") {
			break // the browser's own buttons come next
		}
		stops = append(stops, at)
		if strings.Contains(at, "unseen") {
			t.Errorf("the focus is not to be seen at %s", at)
		}
	}
	for _, want := range []string{"skip", "lang", "theme", "nav-now", "nav-feed", "nav-business", "nav-actions", "nav-health"} {
		if !strings.Contains(strings.Join(stops, "\n"), want) {
			t.Errorf("Tab never comes to %s: %q", want, stops)
		}
	}
	b.at(fmt.Sprintf("person/%d", max.id))
	b.sees(hook("action-sign_out"))
	b.do("press", map[string]any{"selector": hook("action-sign_out"), "value": "Enter"})
	b.sees(hook("confirm"))
	if found := b.do("axe", nil); found != "" {
		t.Errorf("axe of the dialog:\n%s", found)
	}
	for range 8 {
		b.do("press", map[string]any{"value": "Tab"})
		if in := b.do("eval", map[string]any{"value": `document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)`}); in != "true" {
			t.Error("the focus leaves the dialog")
		}
	}
	b.do("press", map[string]any{"value": "Escape"})
	b.misses(hook("confirm"))
	if at := b.do("eval", map[string]any{"value": stop}); !strings.Contains(at, "action-sign_out") {
		t.Errorf("after the dialog the focus is at %s", at)
	}
	b.clean()
}
