package e2e

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// Who may see the console and who may act on it: Master both, a role that may look sees
// no action and its request is refused, others get a page that says so.
func TestConsoleAccess(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite, "RELEVO_CONSOLE_READERS="+models.Trader)
	p.hire("max", models.Master)
	tina, olga := p.hire("tina", models.Trader), p.hire("olga", models.Operador)
	p.stranger().send("GET", "/console", nil).want(308)
	for who, want := range map[*person]int{tina: 403, olga: 403, p.stranger(): 401} {
		for _, action := range []string{"sign_out", "disconnect", "notify", "resend", "drain"} {
			if r := who.json("POST", "/console/api/actions/"+action, map[string]any{"reason": "porque sí", "user_id": olga.id}); r.status != want {
				t.Errorf("%s of %q: %d, want %d: %.200s", action, who.name, r.status, want, r.raw)
			}
		}
	}
	for path, want := range map[string]int{"me": 403, "now": 403, "people": 403, "events": 403, "health": 403} {
		olga.send("GET", "/console/api/"+path, nil).want(want)
		tina.send("GET", "/console/api/"+path, nil).want(200)
	}

	c := launch(t, p.url)
	b := openBoard(t, c, "tina", nil)
	for _, section := range []string{"now", "feed", "business", "actions", "health"} {
		b.nav(section)
		b.sees("main h1, main h2")
		for _, action := range []string{"sign_out", "disconnect", "notify", "resend", "drain"} {
			if n := b.count(hook("action-" + action)); n != 0 {
				t.Errorf("a reader is offered %s on %s", action, section)
			}
		}
	}
	b.at(fmt.Sprintf("person/%d", olga.id))
	b.sees("main h1, main h2")
	if n := b.count(hook("action-sign_out")); n != 0 {
		t.Error("a reader is offered to sign somebody out")
	}
	b.clean()

	c.do("olga", "goto", map[string]any{"path": consolePath})
	c.fillIn("olga")
	if at := c.do("olga", "path", nil); at != consolePath {
		t.Errorf("olga is at %s", at)
	}
	if body := c.do("olga", "eval", map[string]any{"value": "document.body.innerText"}); !strings.Contains(body, "Master") && !strings.Contains(body, "consola") {
		t.Errorf("the page of refusal says %s", body)
	}
	if n := c.do("olga", "count", map[string]any{"selector": hook("nav-now")}); n != "0" {
		t.Error("olga has the console")
	}
	olga.send("GET", consolePath, nil).want(403)
}

var (
	inlineScript = regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*[^<\s]`)
	inlineStyle  = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=`)
)

// What is served: a page without inline script or style under a policy that would refuse
// it, assets for good and the page itself not, and all of it below 200 KB as it goes over
// the wire.
func TestConsolePageAndItsWeight(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite)
	max := p.hire("max", models.Master)
	page := max.fetch(consolePath)
	policy := page.header.Get("Content-Security-Policy")
	for _, want := range []string{"script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("policy %q, cache %q", policy, page.header.Get("Cache-Control"))
	}
	html := page.text
	if inlineScript.MatchString(html) || inlineStyle.MatchString(html) {
		t.Errorf("inline script or style:\n%s", html)
	}

	dist := filepath.Dir(consoleBuilt)
	sum, files := 0, 0
	err := filepath.WalkDir(dist, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".gz") || d.Name() == "README" {
			return err
		}
		at := consolePath
		if rel, _ := filepath.Rel(dist, path); rel != "index.html" {
			at += filepath.ToSlash(rel)
		}
		got := max.fetch(at)
		whole, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if got.text != string(whole) {
			t.Errorf("%s is not what was built", at)
		}
		if strings.HasPrefix(at, consolePath+"assets/") && !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s is not kept: %q", at, got.header.Get("Cache-Control"))
		}
		sum, files = sum+got.wire, files+1
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d bytes over the wire", files, sum)
	if files < 3 || sum >= 200_000 {
		t.Errorf("%d files of %d bytes, want less than 200,000", files, sum)
	}
	if r := max.send("GET", consolePath+"assets/../../../etc/passwd", nil); r.status == 200 {
		t.Error("a path leads out of the folder")
	}
	max.send("GET", consolePath+"assets/absent.js", nil).want(404)
}

// fetched is an answer as a browser gets it that takes gzip.
type fetched struct {
	header http.Header
	text   string
	wire   int // bytes of the body, compressed as they came
}

func (w *person) fetch(path string) fetched {
	w.t.Helper()
	req, err := http.NewRequest("GET", w.p.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip") // net/http undoes only what it asked for itself
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	got := fetched{header: resp.Header, text: string(body), wire: len(body)}
	if err == nil && resp.Header.Get("Content-Encoding") == "gzip" {
		var plain *gzip.Reader
		if plain, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(plain)
			got.text = string(body)
		}
	}
	if err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	return got
}
