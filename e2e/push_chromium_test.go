package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

const (
	operatorPage = "/operador.html"
	examplePage  = "/example.html"
)

var exampleBlock = regexp.MustCompile("(?s)```html\n(.*?)```")

// front is where the operators' page is served: at a server of its own, which hands
// everything else on to the desk, as a proxy does that makes one origin of both.
func front(t *testing.T, to string) string {
	t.Helper()
	page, err := os.ReadFile("node/operator.html")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/push.md")
	if err != nil {
		t.Fatal(err)
	}
	example := exampleBlock.FindSubmatch(doc)
	if example == nil {
		t.Fatal("docs/push.md has no example in HTML")
	}
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true} // a cut is not noticed by a connection that waits
	desk := &httputil.ReverseProxy{Transport: transport, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	mux := http.NewServeMux()
	html := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc(operatorPage, html(page))
	mux.HandleFunc(examplePage, html(append([]byte("<!doctype html><meta charset=utf-8>"), example[1]...)))
	mux.Handle("/", desk)
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// deskState is what the page counts.
type deskState struct {
	Requests                         []struct{ ID int64 }
	Heard                            []int64
	Faults                           []string
	Infos, Attempts, Connects, Opens int
	Closes                           []int
	GaveUp                           bool
}

// desk reads the counters of a person's page.
func (c *chromium) desk(who string) (s deskState) {
	c.t.Helper()
	text := c.do(who, "eval", map[string]any{"value": "window.desk"})
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		c.t.Fatalf("%s: %v in %s", who, err, text)
	}
	return s
}

// lists waits until the page shows the requests, and fails the test when it shows more.
func (c *chromium) lists(who string, ids ...int64) {
	c.t.Helper()
	for _, id := range ids {
		c.do(who, "wait", map[string]any{"selector": fmt.Sprintf(`#requests li[data-id="%d"]`, id)})
	}
	if got := c.desk(who).Requests; len(got) != len(ids) {
		c.t.Errorf("%s's page shows %v, want %v", who, got, ids)
	}
}

func (c *chromium) logIn(who, user string) {
	c.t.Helper()
	c.do(who, "eval", map[string]any{"value": fmt.Sprintf("login(%q, %q)", user, password)})
}

// The page in use, in Chromium, on the desk's own origin and behind a proxy that cuts
// what is silent: its socket opens on the login page, is silent for what is five minutes,
// hears requests from the sign-in on, and is never opened again. After a reload and after a
// cut both requests are there, once each (emergencies contract 1.2, 1.4, 1.6, 4.4).
func TestPushChromium(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, quickPings...)
	net := newIdleProxy(t, e.url, silence)
	c := launch(t, front(t, net.url()))
	const path = operatorPage + "?delay=300"
	for _, who := range []string{"olga", "nobody"} {
		c.do(who, "goto", map[string]any{"path": path})
		c.do(who, "wait", map[string]any{"selector": "#state", "value": "open"})
	}
	before := e.request()
	c.logIn("olga", "olga")
	c.lists("olga", before)
	control := silentConnection(t, net)
	control()
	time.Sleep(15 * time.Second) // no wait: what is five minutes of silence
	after := e.request()
	c.lists("olga", before, after)
	for _, who := range []string{"olga", "nobody"} {
		if got := c.desk(who); got.Connects != 1 || got.Opens != 1 || got.Infos != 1 || len(got.Closes) != 0 || len(got.Faults) != 0 {
			t.Errorf("%s's page after the silence: %+v, want one connect", who, got)
		}
	}
	if got := c.desk("nobody"); len(got.Heard) != 0 {
		t.Errorf("a page without a sign-in heard %v", got.Heard)
	}

	c.do("olga", "goto", map[string]any{"path": path})
	c.lists("olga", before, after)
	net.reset()
	e.eventually("the page is back", func() error {
		if got := c.desk("olga"); got.Opens != 2 || len(got.Heard) < 4 {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
	c.lists("olga", before, after)
	if got := c.desk("olga"); got.Infos != 1 || len(got.Closes) != 1 || len(got.Faults) != 0 {
		t.Errorf("after a cut: %+v", got)
	}
	// Another tab of the same operator ends nobody; neither do two sockets of one page.
	c.do("tab", "goto", map[string]any{"path": path + "&strict"})
	c.do("tab", "wait", map[string]any{"selector": "#state", "value": "open"})
	c.logIn("tab", "olga")
	c.lists("tab", before, after)
	last := e.request()
	c.lists("tab", before, after, last)
	c.lists("olga", before, after, last)
	if got := c.desk("olga"); got.Opens != 2 {
		t.Errorf("another tab made it connect again: %+v", got)
	}
}

// A page on another origin, in the network mode: its reconnects bridge a restart of what
// is 20 s, three missed pings and all, and everything is there, also what was committed
// right before the process was killed. A page whose origin is not allowed gives up after ten
// attempts, and does not go on for ever (emergencies contract 1.6, 4.3 rules 5, 9 and 10, 4.4).
func TestPushChromiumRestart(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		allowed, foreign := front(t, "http://127.0.0.1:1"), front(t, "http://127.0.0.1:1")
		e := openEmergencies(t, d, "RELEVO_CORS_ORIGINS="+allowed, "RELEVO_PUSH_ACCESS=network", "RELEVO_PUSH_NETWORKS=127.0.0.0/8")
		path := operatorPage + "?delay=300&api=" + url.QueryEscape(e.url)
		c := launch(t, allowed)
		whole := []string{"olga", "omar", "oto"}
		ids := []int64{e.request(), e.request()}
		for _, who := range whole {
			c.do(who, "goto", map[string]any{"path": path})
			c.lists(who, ids...)
		}
		signedIn := e.olga.push("")
		ids = append(ids, e.request())
		e.kill()
		signedIn.end()
		time.Sleep(2 * time.Second) // no wait: what is 20 s with the pages' 3 s between attempts
		e.restart()
		ids = append(ids, e.request())
		for _, who := range whole {
			c.lists(who, ids...)
			if got := c.desk(who); got.GaveUp || got.Opens != 2 || got.Infos != 1 || len(got.Faults) != 0 {
				t.Errorf("%s's page after the restart: %+v", who, got)
			}
		}
		e.olga.push("").hears(ids...)

		c.do("eve", "goto", map[string]any{"path": path})
		c.do("eve", "eval", map[string]any{"value": fmt.Sprintf(`void setTimeout(() => { location = %q; }, 0)`, foreign+operatorPage+"?delay=20")})
		c.do("eve", "wait", map[string]any{"selector": "#state", "value": "failed"}) // nobody there tells it the URL
		c.do("eve", "eval", map[string]any{"value": fmt.Sprintf(`cached = %q; void mount()`, strings.Replace(e.url, "http", "ws", 1)+pushPath)})
		c.do("eve", "wait", map[string]any{"selector": "#state", "value": "gave up"})
		if got := c.desk("eve"); got.Opens != 0 || got.Connects != 12 {
			t.Errorf("a page of another origin: %+v, want no open, and 11 attempts after the one without a URL", got)
		}
	})
}

// The example of docs/push.md does what that page says: it wakes with the sign-in, and
// comes back with since, so that nothing is sent twice.
func TestPushExample(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	net := newCutProxy(t, e.url)
	c := launch(t, front(t, net.url()))
	e.request()
	c.do("olga", "goto", map[string]any{"path": examplePage})
	e.eventually("the page is greeted", func() error {
		if frames := c.do("olga", "frames", nil); !strings.Contains(frames, `"connection"`) {
			return fmt.Errorf("frames %q", frames)
		}
		return nil
	})
	c.do("olga", "eval", map[string]any{"value": fmt.Sprintf(`fetch('/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ identificador: 'olga', contrasena: %q }) }).then((r) => r.status)`, password)})
	c.do("olga", "wait", map[string]any{"selector": "#list li:nth-child(1)"})
	e.request()
	c.do("olga", "wait", map[string]any{"selector": "#list li:nth-child(2)"})
	net.refuse()
	net.reset()
	e.counts(0)
	e.request()
	net.heal()
	c.do("olga", "wait", map[string]any{"selector": "#list li:nth-child(3)"})
	frames := c.do("olga", "frames", nil)
	if n := strings.Count(frames, `"nueva_solicitud"`); n != 3 {
		t.Errorf("%d requests were sent, want each once:\n%s", n, frames)
	}
}
