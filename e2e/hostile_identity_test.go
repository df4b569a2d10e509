package e2e

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// forgedCookies: whatever is made up is nobody's, for REST and for sockets, and nobody
// is told anything (case 17 besides).
func (f *field) forgedCookies(t *testing.T) {
	own := f.max.cookie()
	name, token, found := strings.Cut(strings.Split(own, "; ")[0], "=")
	if !found {
		t.Fatalf("cookie %q", own)
	}
	flip := []byte(token)
	flip[len(flip)/2] ^= 1
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 50<<20))
	_ = z.Close()
	foreign := start(t, models.SQLite).hire("max", models.Master).cookie()
	cookies := map[string]string{
		"tampered":         name + "=" + string(flip),
		"truncated":        name + "=" + token[:len(token)-1],
		"longer":           name + "=" + token + "A",
		"upper case":       name + "=" + strings.ToUpper(token),
		"first half":       name + "=" + token[:len(token)/2],
		"of another desk":  foreign,
		"hash of itself":   name + "=" + strings.Repeat("0", 64),
		"Flask":            name + "=eyJfdXNlcl9pZCI6IjEifQ.Z0000A.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"Flask, inflating": name + "=." + base64.RawURLEncoding.EncodeToString(bomb.Bytes()[:min(bomb.Len(), 100<<10)]) + ".Z0000A.AAAA",
		"JWT without alg":  name + "=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
		"remembered":       "remember_token=1|" + strings.Repeat("a", 128),
		"user id":          name + "=1; user_id=1; _user_id=1",
		"SQL":              name + "=' OR '1'='1",
		"empty":            name + "=",
		"no name":          "=" + token,
		"two":              name + "=x; " + name + "=y",
	}
	before := f.memory()
	for what, cookie := range cookies {
		client := f.clientFrom(elsewhere())
		header := http.Header{"Cookie": {cookie}}
		if status := f.status(client, "GET", "/operations/api/list", header, ""); status != 401 {
			t.Errorf("%s: the list answers %d", what, status)
		}
		client.CloseIdleConnections()
		for _, transport := range []string{"websocket", "polling"} {
			c, err := livetest.Connect(soon(t), livetest.Dial{URL: f.url, Transport: transport, Header: header})
			if err != nil {
				t.Errorf("%s %s: %v", what, transport, err)
				continue
			}
			f.stream.await(1)
			err = errors.Join(c.Barrier(soon(t)), joinedAsNobody(c))
			if err != nil {
				t.Errorf("%s %s: %v", what, transport, err)
			}
			c.Close()
		}
	}
	f.hangsUpOn(http.Header{"Cookie": {name + "=" + strings.Repeat("a", 2<<20)}})
	if after := f.memory(); after > before+64<<20 {
		t.Errorf("RSS grew from %d to %d MB", before>>20, after>>20)
	}
	f.fixation(t, name)
}

// fixation: a token that somebody else chose is not the session of who signs in with
// it, and each sign-in has another one.
func (f *field) fixation(t *testing.T, name string) {
	t.Helper()
	first, second := f.signIn("olga", password), f.signIn("olga", password)
	if first.cookie() == second.cookie() {
		t.Error("two sign-ins have one token")
	}
	for _, who := range []*person{first, second} {
		if !strings.Contains(who.cookie(), name+"=") {
			t.Errorf("cookies %q", who.cookie())
		}
		who.client.CloseIdleConnections()
	}
}

// stolenIDs: a session id does not speak for its owner: neither nobody nor somebody
// else who knows it can read, write or take over, and the owner does not notice.
func (f *field) stolenIDs(t *testing.T) {
	victim := f.max.listen("polling")
	if victim == nil {
		return
	}
	if _, err := victim.WaitEvent(soon(t), "connection_established"); err != nil {
		t.Fatal(err)
	}
	path := "/socket.io/?EIO=4&transport=polling&sid=" + victim.Open.SID
	client := f.clientFrom(elsewhere())
	defer client.CloseIdleConnections()
	for thief, cookie := range map[string]string{"tina": f.tina.cookie(), "nobody": ""} {
		header := http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}
		if cookie != "" {
			header.Set("Cookie", cookie)
		}
		for method, body := range map[string]string{"GET": "", "POST": `41`} {
			if status := f.status(client, method, path, header, body); status != 403 {
				t.Errorf("%s by %s: status %d, want 403", method, thief, status)
			}
		}
		i, err := f.call()
		if err != nil {
			t.Fatal(err)
		}
		if err := i.upgrade(openWebSocket+"&sid="+victim.Open.SID, cookie); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("upgrade by %s: %v", thief, err)
		}
		i.close()
	}
	for _, sid := range []string{"__proto__", victim.Open.SID[:len(victim.Open.SID)-1], victim.SID, strings.Repeat("A", 5000), "%00"} {
		header := http.Header{"Cookie": {f.max.cookie()}}
		if status := f.status(client, "GET", "/socket.io/?EIO=4&transport=polling&sid="+sid, header, ""); status != 400 {
			t.Errorf("sid %.30s: status %d, want 400", sid, status)
		}
	}
	if err := victim.Barrier(soon(t)); err != nil {
		t.Errorf("the owner: %v", err)
	}
	victim.Close()
}
