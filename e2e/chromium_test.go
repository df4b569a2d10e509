package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// chromium is a headless browser with one context per person.
type chromium struct {
	*driver
	sent int
}

// servesPages is the setting with which the process has the client that pages load.
func servesPages(t *testing.T) string {
	t.Helper()
	needNode(t, "socket.io-client-4.5.4", "playwright-core")
	dist, err := filepath.Abs("node_modules/socket.io-client-4.5.4/dist")
	if err != nil {
		t.Fatal(err)
	}
	return "RELEVO_SOCKET_CLIENT_DIR=" + dist
}

// launch starts Chromium on the pages at url.
func launch(t *testing.T, url string) *chromium {
	t.Helper()
	needNode(t, "playwright-core")
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no chromium on this machine")
	}
	c := &chromium{driver: drive(t, "browser.mjs", map[string]any{"executable": path, "url": url})}
	t.Logf("Chromium %s", c.awaitAt("ready", 1).Text)
	return c
}

// try acts in a person's context; the reason is empty when it worked.
func (c *chromium) try(who, verb string, args map[string]any) (text, reason string) {
	c.t.Helper()
	c.sent++
	id := fmt.Sprint(c.sent)
	command := map[string]any{"id": id, "who": who, "do": verb}
	for k, v := range args {
		command[k] = v
	}
	line, err := json.Marshal(command)
	if err != nil {
		c.t.Fatal(err)
	}
	c.tell(string(line))
	done := c.await(verb+" of "+who, 1, func(s said) bool { return s.At == "done" && s.ID == id })
	return done.Text, done.Reason
}

// do acts and fails the test, with a picture, when it does not work.
func (c *chromium) do(who, verb string, args map[string]any) string {
	c.t.Helper()
	text, reason := c.try(who, verb, args)
	if reason != "" {
		shot := artifact(c.t, who+"-failed.png")
		c.try(who, "shot", map[string]any{"path": shot})
		faults, _ := c.try(who, "faults", nil)
		c.t.Fatalf("%s: %s %v: %s\nfaults of the page: %s\npicture: %s", who, verb, args, reason, faults, shot)
	}
	return text
}

// signIn goes through the login form and waits for the live connection.
func (c *chromium) signIn(who, page string) {
	c.t.Helper()
	c.do(who, "goto", map[string]any{"path": page})
	if at := c.do(who, "path", nil); at != "/login" {
		c.t.Errorf("signed out, %s leads to %s, want /login (contract 3.1)", page, at)
	}
	c.fillIn(who)
	if at := c.do(who, "path", nil); at != page {
		c.t.Errorf("after signing in %s is at %s, want %s", who, at, page)
	}
	c.do(who, "wait", map[string]any{"selector": "#connection[data-state=on]"})
}

// fillIn sends the login form that the person has before them.
func (c *chromium) fillIn(who string) {
	c.t.Helper()
	c.do(who, "fill", map[string]any{"selector": "input[name=username]", "value": who})
	c.do(who, "fill", map[string]any{"selector": "input[name=password]", "value": password})
	c.do(who, "submit", map[string]any{"selector": "form button[type=submit]"})
}

// artifact is a file that is kept after the test, outside the repository.
func artifact(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs("../artifacts")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name)
}

// A page in Chromium loads client 4.5.4 from the server, signs in through the real form
// and shows a toast when another user creates an operation. A second context does so
// for another role; one that is signed out gets nothing (contract 1.7, 2.5, 3.1, 5.1).
func TestChromium(t *testing.T) {
	t.Parallel()
	p := start(t, models.SQLite, servesPages(t))
	max := p.hire("max", models.Master)
	p.hire("olga", models.Operador)
	tina := p.hire("tina", models.Trader)
	p.hire("tomas", models.Trader)
	client := max.newClient("11112222")
	p.delivered()
	c := launch(t, p.url)
	c.signIn("max", "/operations/")
	c.signIn("olga", "/dashboard/")
	c.signIn("tomas", "/operations/")
	c.do("nobody", "goto", map[string]any{"path": "/operations/"})
	// A signed-out page that opens a socket all the same, with the same client.
	c.do("nobody", "eval", map[string]any{"value": `new Promise((done, fail) => {
		const s = document.createElement('script');
		s.src = '/socket.io/socket.io.js';
		s.onerror = fail;
		s.onload = () => {
			window.heard = [];
			window.socket = io({ transports: ['websocket', 'polling'] });
			socket.onAny((name) => heard.push(name));
			socket.on('connect', () => done(socket.id));
		};
		document.head.append(s);
	})`})

	_, code := tina.newOperationOf(client)
	p.delivered()
	for _, who := range []string{"max", "olga"} {
		toast := c.do(who, "toast", map[string]any{"value": code})
		if !strings.Contains(toast, "ROJAS PEÑA ANA") {
			t.Errorf("toast of %s: %q", who, toast)
		}
	}
	c.do("max", "wait", map[string]any{"selector": fmt.Sprintf("tr[data-operation-id=%q]", code)})
	// A Trader's table reloads, without a toast (contract 2.5).
	c.do("tomas", "wait", map[string]any{"selector": fmt.Sprintf("tr[data-operation-id=%q]", code)})
	for who, want := range map[string]string{"max": "1", "olga": "1", "tomas": "0", "nobody": "0"} {
		if n := c.do(who, "toasts", nil); n != want {
			t.Errorf("%s saw %s toasts, want %s", who, n, want)
		}
	}
	for _, who := range []string{"max", "olga", "nobody"} {
		shot := artifact(t, who+".png")
		c.do(who, "shot", map[string]any{"path": shot})
		t.Logf("picture: %s", shot)
	}
	if at := c.do("nobody", "path", nil); at != "/login" {
		t.Errorf("the signed-out page is at %s", at)
	}
	heard := c.do("nobody", "eval", map[string]any{"value": `new Promise((done) => socket.emit('operation_created', {}, () => done(heard)))`})
	if heard != "[]" {
		t.Errorf("the signed-out socket heard %s", heard)
	}
	if frames := c.do("max", "frames", nil); strings.Count(frames, `"nueva_operacion"`) != 1 || !strings.Contains(frames, code) {
		t.Errorf("frames of the master's page:\n%s", frames)
	}
	for _, who := range []string{"max", "olga", "tomas"} {
		if faults := c.do(who, "faults", nil); faults != "" {
			t.Errorf("faults of %s's page: %s", who, faults)
		}
	}
	if v := c.do("max", "eval", map[string]any{"value": `fetch('/socket.io/socket.io.js').then((r) => r.text()).then((t) => t.slice(0, 60))`}); !strings.Contains(v, "v4.5.4") {
		t.Errorf("the client served begins with %s", v)
	}
}
