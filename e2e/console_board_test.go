package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

const (
	consolePath  = "/console/"
	consoleBuilt = "../server/console/dist/index.html"
)

// board is the admin console of somebody in Chromium. What is done on it is done as a
// person does: with clicks, keys and what can be read.
type board struct {
	t      *testing.T
	page   *chromium
	who    string
	clicks int
}

// consoleMissing is why the page is not built into the program that TestMain makes, nil
// when it is.
var _, consoleMissing = os.Stat(consoleBuilt)

// needConsole skips where the page is not built.
func needConsole(t *testing.T) {
	t.Helper()
	if consoleMissing != nil {
		t.Skip("the page of the console is not built: make web")
	}
}

// openBoard signs somebody in on the way to the console and waits until it is live. The
// settings are those of Playwright's newContext.
func openBoard(t *testing.T, c *chromium, who string, settings map[string]any) *board {
	t.Helper()
	b := &board{t: t, page: c, who: who}
	b.do("open", map[string]any{"settings": settings})
	b.do("goto", map[string]any{"path": consolePath})
	if at := b.do("url", nil); at != "/login?next=%2Fconsole%2F" && at != "/login?next=/console/" {
		t.Errorf("signed out, %s leads to %s", consolePath, at)
	}
	c.fillIn(who)
	b.live()
	if at := b.do("path", nil); at != consolePath {
		t.Errorf("after signing in %s is at %s, want %s", who, at, consolePath)
	}
	return b
}

func (b *board) do(verb string, args map[string]any) string {
	b.t.Helper()
	return b.page.do(b.who, verb, args)
}

// hook selects by the names that the page keeps for tests: an id, then attribute and
// value in turn.
func hook(id string, attributes ...string) string {
	var s strings.Builder
	fmt.Fprintf(&s, `[data-testid=%q]`, id)
	for i := 0; i+1 < len(attributes); i += 2 {
		fmt.Fprintf(&s, `[data-%s=%q]`, attributes[i], attributes[i+1])
	}
	return s.String()
}

// live waits for the page's connection.
func (b *board) live() {
	b.t.Helper()
	b.sees(hook("connection", "state", "on"))
}

// sees waits for an element that can be seen and returns its text.
func (b *board) sees(selector string) string {
	b.t.Helper()
	return b.do("wait", map[string]any{"selector": selector})
}

// misses waits until nothing is to be seen of an element.
func (b *board) misses(selector string) {
	b.t.Helper()
	b.do("wait", map[string]any{"selector": selector, "state": "hidden"})
}

func (b *board) count(selector string) int {
	b.t.Helper()
	n, err := strconv.Atoi(b.do("count", map[string]any{"selector": selector}))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// attr is an attribute, "" without it.
func (b *board) attr(selector, name string) string {
	b.t.Helper()
	var text *string
	if err := json.Unmarshal([]byte(b.do("attr", map[string]any{"selector": selector, "name": name})), &text); err != nil {
		b.t.Fatal(err)
	}
	if text == nil {
		return ""
	}
	return *text
}

func (b *board) click(selector string) {
	b.t.Helper()
	b.clicks++
	b.do("click", map[string]any{"selector": selector})
}

func (b *board) fill(selector, value string) {
	b.t.Helper()
	b.do("fill", map[string]any{"selector": selector, "value": value})
}

// nav goes to a section by the navigation.
func (b *board) nav(section string) {
	b.t.Helper()
	b.click(hook("nav-" + section))
}

// at goes to a route of the page, as a bookmark does.
func (b *board) at(route string) {
	b.t.Helper()
	b.do("goto", map[string]any{"path": consolePath + "#/" + route})
}

// number is the number that is shown at an id, -1 while it is not known.
func (b *board) number(id string) int {
	b.t.Helper()
	b.sees(hook(id))
	n, err := strconv.Atoi(b.attr(hook(id), "data-value"))
	if err != nil {
		return -1
	}
	return n
}

// shows waits until the number at an id is the one wanted.
func (b *board) shows(id string, want int) {
	b.t.Helper()
	if err := within(patience, func() error {
		if got := b.number(id); got != want {
			return fmt.Errorf("%d", got)
		}
		return nil
	}); err != nil {
		b.t.Errorf("%s shows %v, want %d", id, err, want)
	}
}

// clean fails the test for every fault of the page.
func (b *board) clean() {
	b.t.Helper()
	if faults := b.do("faults", nil); faults != "" {
		b.t.Errorf("faults of %s's page:\n%s", b.who, faults)
	}
}

// rest reads an answer with the board's own session, as the page does.
func (b *board) rest(path string, into any) {
	b.t.Helper()
	var text string
	got := b.do("eval", map[string]any{"value": fmt.Sprintf(`fetch(%q).then((r) => r.text())`, path)})
	err := json.Unmarshal([]byte(got), &text)
	if err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		b.t.Fatalf("%s: %v in %.300s", path, err, got)
	}
}
