package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// pushVisitor opens a push socket as a browser without any cookie does: it keeps what
// the handshake gives it. The person can then sign in, in the same browser.
func (e *emergencyDesk) pushVisitor(name string) (*person, *pushSocket) {
	e.t.Helper()
	who := e.stranger()
	who.name = name
	s := who.push("?id_operador=1")
	who.keep(s.header)
	return who, s
}

// keep takes the cookies of a handshake's answer, as browsers do.
func (w *person) keep(header http.Header) {
	w.t.Helper()
	req, err := http.NewRequest("GET", w.p.url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.client.Jar.SetCookies(req.URL, (&http.Response{Header: header}).Cookies())
}

// enter signs the person's browser in where the operators' page does, or at the desk's own
// form.
func (w *person) enter(user, door string) {
	w.t.Helper()
	switch door {
	case "/auth/login":
		w.json("POST", door, map[string]any{"identificador": user, "contrasena": password}).want(200)
	default:
		w.csrf, _ = w.send("GET", "/api/session", nil).want(200).body["csrf_token"].(string)
		w.json("POST", "/login", map[string]any{"username": user, "password": password}).want(200)
	}
	w.csrf, _ = w.send("GET", "/api/session", nil).want(200).body["csrf_token"].(string)
}

// A socket that its page opened before anybody signed in stays open and mute; the sign-in
// of that browser, whichever door it takes, wakes it without a reconnect: it gets the open
// requests and what comes. It falls mute when the session ends, and wakes again
// (emergencies contract 1.2, 4.2, 4.3 rule 10).
func TestPushMuteAndAwake(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		e := openEmergencies(t, d, "RELEVO_SESSION_CHECK_INTERVAL=500ms")
		for _, door := range []string{"/auth/login", "/login"} {
			who, s := e.pushVisitor("a visitor at " + door)
			_, another := e.pushVisitor("another visitor")
			before := e.request()
			s.mute()

			who.enter("olga", door)
			s.hears(before)
			after := e.request()
			s.hears(after)
			if got := s.list(); got[len(got)-1] != after {
				t.Errorf("awake it got %v, want %d last", got, after)
			}
			another.mute()
			e.listening(1)

			who.send("GET", "/logout", nil).want(302)
			s.await("session_ended", 1)
			e.listening(0)
			n := len(s.all())
			e.request()
			e.delivered()
			s.barrier()
			if got := s.types()[n:]; !slices.Equal(got, []string{"pong"}) {
				t.Errorf("signed out it got %v", got)
			}

			who.enter("omar", door)
			last := e.request()
			s.hears(last)
			if !s.open() || !another.open() {
				t.Error("a mute socket was closed")
			}
			another.mute()
			another.clean()
			who.send("GET", "/logout", nil).want(302)
		}
	})
}

// A role that may not listen is mute, at the handshake and after a change; the other
// way round it wakes. Whatever ends the session, the socket stays open and hears nothing
// more (emergencies contract 4.2).
func TestPushFollowsTheSession(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	open := e.request()
	trader := e.tina.push("")
	trader.mute()
	e.listening(0)
	e.max.json("PUT", fmt.Sprintf("/users/api/update/%d", e.tina.id), map[string]any{"role": models.Operador}).want(200)
	trader.hears(open)
	next := e.request()
	trader.hears(next)
	e.max.json("PUT", fmt.Sprintf("/users/api/update/%d", e.tina.id), map[string]any{"role": models.Trader}).want(200)
	n := len(trader.requests())
	e.request()
	e.delivered()
	trader.barrier()
	if got := trader.requests(); len(got) != n {
		t.Errorf("a Trader again, it heard of %v", got[n:])
	}

	for i, end := range []struct {
		name string
		act  func(who *person)
	}{
		{"logout", func(who *person) { who.send("GET", "/logout", nil).want(302) }},
		{"deactivation", func(who *person) {
			e.max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", who.id), nil).want(200)
		}},
		{"new password", func(who *person) {
			e.max.json("POST", fmt.Sprintf("/reset_password/%d", who.id), map[string]any{"new_password": "otra-clave-7"}).want(200)
		}},
		{"session revoke", func(who *person) { e.command("", "session", "revoke", fmt.Sprint(who.session())) }},
	} {
		who := e.hire(fmt.Sprintf("oto%d", i), models.Operador)
		s := who.push("")
		s.hears(open)
		end.act(who)
		s.await("session_ended", 1)
		n := len(s.all())
		e.request()
		e.delivered()
		s.barrier()
		if got := s.types()[n:]; !slices.Equal(got, []string{"pong"}) {
			t.Errorf("after %s it got %v", end.name, got)
		}
	}
}

// Who is nobody to the policy gets no personal data, over no door: not by replay, not
// live, not by a sign-in of somebody else, not over a session that has ended. The open
// feed is open because the configuration says so, and the log warns (emergencies contract
// 4.2, 4.3 rule 10).
func TestPushAnonymous(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	first := e.request()
	control := e.olga.push("")
	var crowd []*pushSocket
	for _, who := range []impostor{
		{"no cookie", ""},
		{"token that was never given", "session=" + strings.Repeat("A", 43)},
		{"token of an operator with one character changed", forged(e.olga.cookie())},
		{"a Trader", e.tina.cookie()},
		{"signed out", e.gone("ana", func(who *person) { who.send("GET", "/logout", nil).want(302) })},
	} {
		header := http.Header{"X-Forwarded-For": {"127.0.0.1"}, "Authorization": {"Bearer " + e.admin.token}}
		if who.cookie != "" {
			header.Set("Cookie", who.cookie)
		}
		for _, query := range []string{"", "?id_operador=1", "?since=" + control.await("connection", 1).EventID, "?token=" + e.admin.token} {
			s, err := dialPush(t, who.name+query, e.url+pushPath+query, header)
			if err != nil {
				t.Fatal(err)
			}
			crowd = append(crowd, s)
		}
	}
	second := e.request()
	e.evaluate(e.caller("omar"), first)
	control.hears(second)
	control.await("emergencia_actualizada", 1)
	for _, s := range crowd {
		s.mute()
		s.clean()
	}
	e.listening(1)
	if info := string(e.info().raw); strings.Contains(info, "000111\",\"nombre2") && strings.Contains(info, "asma") {
		t.Errorf("the samples are of a patient: %s", info)
	}
	for _, path := range []string{"/solicitudes", "/emergencias", "/ambulancias", "/solicitantes"} {
		r := e.stranger().send("GET", path, nil)
		if r.status < 400 {
			t.Errorf("%s is answered with %d without a token", path, r.status)
		}
		for _, secret := range secrets {
			if strings.Contains(string(r.raw), secret) {
				t.Errorf("%s shows %q: %s", path, secret, r.raw)
			}
		}
	}
}

// The other two modes of the policy: networks that may listen, and everybody.
func TestPushModes(t *testing.T) {
	t.Parallel()
	t.Run("network", func(t *testing.T) {
		t.Parallel()
		e := openEmergencies(t, models.SQLite, "RELEVO_PUSH_ACCESS=network", "RELEVO_PUSH_NETWORKS=127.9.0.0/16")
		request := e.request()
		outside, err := dialPush(t, "outside", e.url+pushPath, http.Header{"X-Forwarded-For": {"127.9.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
		heard := e.pushFrom("127.9.0.1")
		if got, err := heard.readUntil("nueva_solicitud"); err != nil || !strings.Contains(got, fmt.Sprintf(`"id":%d`, request)) {
			t.Errorf("a socket of the network got %s, %v", got, err)
		}
		outside.mute()
		e.listening(1)
		outside.clean()
		e.olga.push("").hears(request)
	})
	t.Run("open", func(t *testing.T) {
		t.Parallel()
		e := openEmergencies(t, models.SQLite, "RELEVO_PUSH_ACCESS=open")
		request := e.request()
		_, s := e.pushVisitor("anybody")
		s.hears(request)
		s.hears(e.request())
		if !slices.ContainsFunc(e.log.entries(0), func(l entry) bool { return l.Level == "warn" && strings.Contains(l.raw, "push.access") }) {
			t.Error("the log does not warn of the open feed")
		}
		// A session that ends makes nobody deafer than anybody.
		olga := e.olga.push("")
		olga.hears(request)
		e.olga.send("GET", "/logout", nil).want(302)
		last := e.request()
		s.hears(last)
		olga.hears(last)
	})
}

// pushFrom opens a push socket from an address, without a cookie.
func (p *process) pushFrom(address string) *intruder {
	p.t.Helper()
	i, err := p.callFrom(address)
	if err == nil {
		err = i.upgrade(pushPath, "")
	}
	if err != nil {
		p.t.Fatalf("push from %s: %v", address, err)
	}
	return i
}

// readUntil reads messages until one of a type.
func (i *intruder) readUntil(kind string) (string, error) {
	for {
		payload, err := i.read()
		if err != nil {
			return "", err
		}
		var f pushFrame
		if json.Unmarshal([]byte(payload), &f) == nil && f.Type == kind {
			return payload, nil
		}
	}
}
