package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

const listedOrigin = "https://panel.example"

// pageOrigins are the kinds of Origin that a request may have; all of a kind must be
// treated alike.
func pageOrigins(own string) []struct {
	kind    string
	origins []string
} {
	host := strings.TrimPrefix(own, "http://")
	name, _, _ := strings.Cut(host, ":")
	return []struct {
		kind    string
		origins []string
	}{
		{"none", []string{""}},
		{"`null`", []string{"null"}},
		{"foreign", []string{"https://evil.example", "http://192.0.2.7", "file://", "chrome-extension://abcdefghijklmnop"}},
		{"look-alike", []string{
			own + ".evil.example", "http://" + name + ".evil.example", "https://" + host, "http://" + name, "http://" + name + ":1", own + "/", own + "@evil.example",
			listedOrigin + ".evil.example", "https://evil-panel.example", "https://evilpanel.example", "https://sub.panel.example", "http://panel.example",
			listedOrigin + ":444", listedOrigin + "@evil.example", "https://evil.example#" + listedOrigin, "https://evil.example/?" + listedOrigin,
			"https://panel.examplе", "https://panel-example", "https://panel.example.", listedOrigin + " https://evil.example", listedOrigin + ", " + own, "*",
		}},
		{"own or listed", []string{own, listedOrigin, listedOrigin + ":443"}},
	}
}

// What a door may answer.
const (
	asUser       = "as the user"
	asUserUnread = "as the user, but the page cannot read it"
	asNobody     = "as nobody"
	granted      = "granted"
	refused      = "refused"
	signedOut    = "401"
	mute         = "as nobody: open and mute"
)

// originDoors are the ways in, with what each kind of Origin gets: with the session's
// cookie, and without. GET is answered to foreign pages too, as every site's is, but
// browsers do not let them read it, and no GET of the desk changes anything but
// /logout (contract 5.18).
var originDoors = []struct {
	name string
	try  func(o originTrial) string
	want map[string][2]string
}{
	{"REST, GET", originTrial.read, map[string][2]string{
		"none": {asUser, signedOut}, "`null`": {asUserUnread, signedOut}, "foreign": {asUserUnread, signedOut}, "look-alike": {asUserUnread, signedOut}, "own or listed": {asUser, signedOut},
	}},
	{"REST, POST with the right CSRF token", originTrial.write, map[string][2]string{
		"none": {asUser, signedOut}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {asUser, signedOut},
	}},
	{"REST, POST without a token", originTrial.blindWrite, map[string][2]string{
		"none": {refused, signedOut}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {refused, signedOut},
	}},
	{"REST, sign-in without a token", originTrial.signIn, map[string][2]string{
		"none": {refused, refused}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {refused, refused},
	}},
	{"REST, preflight", originTrial.preflight, map[string][2]string{
		"none": {refused, refused}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {granted, granted},
	}},
	{"Socket.IO, polling", originTrial.polling, map[string][2]string{
		"none": {asUser, asNobody}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {asUser, asNobody},
	}},
	{"Socket.IO, polling with the sid of the user's socket", originTrial.joinPolling, map[string][2]string{
		"none": {asUser, refused}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {asUser, refused},
	}},
	{"Socket.IO, WebSocket", originTrial.webSocket, map[string][2]string{
		"none": {asUser, asNobody}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {asUser, asNobody},
	}},
	{"Push WebSocket", originTrial.push, map[string][2]string{
		"none": {asUser, mute}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {asUser, mute},
	}},
	{"Emergencies, sign-in for a token", originTrial.tokenSignIn, map[string][2]string{
		"none": {granted, granted}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {granted, granted},
	}},
	{"Emergencies, REST without a token", originTrial.tokenless, map[string][2]string{
		"none": {refused, refused}, "`null`": {refused, refused}, "foreign": {refused, refused}, "look-alike": {refused, refused}, "own or listed": {refused, refused},
	}},
}

// anyGoal changes nothing: the trader does not exist (contract 3.6).
const anyGoal = `{"goals":[{"trader_id":999999,"month":1,"year":2026,"goal_amount_pen":1}]}`

// originTrial is one request of a browser at a door.
type originTrial struct {
	t      *testing.T
	p      *process
	max    *person // whose cookie and token it is
	origin string
	cookie bool
}

// TestSecurityOrigins is the matrix of cross-site requests and WebSocket hijacking:
// door × Origin × cookie, for both engines (contract 1.1, 3.1, 5.18; emergencies
// contract 1.2, 2).
func TestSecurityOrigins(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			p := start(t, models.SQLite, "RELEVO_CORS_ORIGINS="+listedOrigin, "RELEVO_SOCKET_ENGINE="+engine)
			max := p.hire("max", models.Master)
			p.hire("omar", models.Operador)
			desk := &emergencyDesk{process: p, admin: p.caller("max")}
			desk.patient = desk.newPatient("000111")
			desk.request()
			measured := newTable("Door", "Origin", "With the session's cookie", "Without")
			for _, door := range originDoors {
				for _, kind := range pageOrigins(p.url) {
					want := door.want[kind.kind]
					for i, cookie := range []bool{true, false} {
						for _, origin := range kind.origins {
							if got := door.try(originTrial{t, p, max, origin, cookie}); got != want[i] {
								t.Errorf("%s, Origin %q, cookie %v: %s, want %s", door.name, origin, cookie, got, want[i])
							}
						}
					}
					measured.add(door.name, kind.kind, want[0], want[1])
				}
			}
			if held := p.metric("relevo_handshake_failures_total{reason=\"origin\"}"); held == "0" {
				t.Error("refused handshakes are not counted")
			}
			measured.documented(t, "origins")
		})
	}
}

// send makes the request without redirects and the Go client's own cookies.
func (o originTrial) send(method, path, body string, headers ...string) *http.Response {
	o.t.Helper()
	req, err := http.NewRequestWithContext(soon(o.t), method, o.p.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	for name, values := range o.header() {
		req.Header[name] = values
	}
	resp, err := (&http.Client{Transport: o.max.client.Transport, CheckRedirect: o.max.client.CheckRedirect}).Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	_ = resp.Body.Close()
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if v := resp.Header.Values(name); len(v) > 1 || slices.Contains(v, "*") {
			o.t.Errorf("%s %s, Origin %q: %s %q", method, path, o.origin, name, v)
		}
	}
	if !strings.Contains(strings.Join(resp.Header.Values("Vary"), ","), "Origin") && resp.Header.Get("Cache-Control") != "no-store" {
		o.t.Errorf("%s %s: Vary %q lacks Origin", method, path, resp.Header.Values("Vary"))
	}
	return resp
}

func (o originTrial) header() http.Header {
	h := http.Header{}
	if o.origin != "" {
		h["Origin"] = []string{o.origin}
	}
	if o.cookie {
		h.Set("Cookie", o.max.cookie())
	}
	return h
}

// outcome names an answer of REST.
func (o originTrial) outcome(resp *http.Response) string {
	readable := o.origin == "" || resp.Header.Get("Access-Control-Allow-Origin") == o.origin && resp.Header.Get("Access-Control-Allow-Credentials") == "true"
	switch {
	case resp.StatusCode == 200 && readable:
		return asUser
	case resp.StatusCode == 200:
		return asUserUnread
	case resp.StatusCode == 401:
		return signedOut
	case resp.StatusCode == 400, resp.StatusCode == 403:
		return refused
	}
	return resp.Status
}

func (o originTrial) read() string { return o.outcome(o.send("GET", "/users/api/list", "")) }

func (o originTrial) write() string {
	return o.outcome(o.send("POST", "/dashboard/api/goals/save", anyGoal, "Content-Type", "application/json", "X-CSRFToken", o.max.csrf))
}

func (o originTrial) blindWrite() string {
	return o.outcome(o.send("POST", "/dashboard/api/goals/save", anyGoal, "Content-Type", "application/json"))
}

// signIn is login CSRF: the attacker's own account, put into the victim's browser.
func (o originTrial) signIn() string {
	resp := o.send("POST", "/login", url.Values{"username": {"max"}, "password": {password}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if resp.Header.Get("Set-Cookie") != "" {
		return "a cookie"
	}
	return o.outcome(resp)
}

func (o originTrial) preflight() string {
	resp := o.send("OPTIONS", "/users/api/list", "", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "x-csrftoken")
	if resp.StatusCode == 204 && resp.Header.Get("Access-Control-Allow-Origin") == o.origin {
		return granted
	}
	if resp.Header.Get("Access-Control-Allow-Methods") == "" {
		return refused
	}
	return resp.Status
}

// tokenSignIn is login CSRF at the door that has no CSRF token.
func (o originTrial) tokenSignIn() string {
	resp := o.send("POST", "/auth/login", `{"identificador":"omar","contrasena":"`+password+`"}`, "Content-Type", "application/json")
	if resp.StatusCode == 200 && resp.Header.Get("Set-Cookie") != "" {
		return granted
	}
	if resp.Header.Get("Set-Cookie") != "" {
		return "a cookie with " + resp.Status
	}
	return o.outcome(resp)
}

// tokenless asks with the cookie alone, which counts for nothing here.
func (o originTrial) tokenless() string { return o.outcome(o.send("GET", "/solicitudes", "")) }
