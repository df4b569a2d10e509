package live

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

// contract 5.9: a poll that waits, or the next one, gets the last words; every request
// after that, and every POST, meets an unknown session and does not wait.
func testRevokedPoll(t *testing.T, open opener) {
	var over sync.Map
	d := newDesk(t, open, bySession(&over))
	header := user(1, "Trader")
	header.Set("X-Session", "11")
	raw := d.rawPolling(header)
	raw.greeted()
	over.Store(int64(11), true)
	d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "before"})
	d.engine.EndRooms([]string{events.RoomSession(11)}, lastWords)
	if status, body := raw.request("POST", `42["dashboard_refresh"]`); status != http.StatusBadRequest || !strings.Contains(body, "Session ID unknown") {
		t.Errorf("POST: %d %s", status, body)
	}
	status, body := raw.request("GET", "")
	packets := strings.Split(body, "\x1e")
	if i := slices.Index(packets, `42["session_ended",{"reason":"logout"}]`); status != 200 && status != 400 || status == 200 && (i < 0 || !slices.Contains(packets[i:], "41")) {
		t.Errorf("first poll: %d %q", status, body)
	}
	eventually(t, "the id is free", func() bool {
		status, body := raw.request("GET", "")
		return status == http.StatusBadRequest && strings.Contains(body, "Session ID unknown")
	})
	eventually(t, "nobody left", func() bool { return len(d.engine.Stats()) == 0 })
	eventually(t, "end counted", func() bool { return d.counters.Totals().Disconnects["server namespace disconnect"] == 1 })
	d.loud()
}

// contract 5.9: a polling request is the one by which the end is heard of first; one of
// a stranger ends nothing.
func testForgottenEnd(t *testing.T, open opener) {
	var over sync.Map
	d := newDesk(t, open, bySession(&over))
	d.isOver = func(id middleware.Identity) bool { _, gone := over.Load(id.SessionID); return gone }
	header := user(1, "Trader")
	header.Set("X-Session", "11")
	raw := d.rawPolling(header)
	raw.greeted()
	stranger := *raw
	stranger.header = http.Header{}
	for _, method := range []string{"GET", "POST"} {
		if status, _ := stranger.request(method, "3"); status != http.StatusForbidden {
			t.Errorf("%s of a stranger: %d", method, status)
		}
	}
	d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "news"})
	if status, body := raw.request("GET", ""); status != 200 || !strings.Contains(body, "news") {
		t.Errorf("the session does not go on: %d %q", status, body)
	}
	over.Store(int64(11), true)
	d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "secret"})
	if status, body := raw.request("GET", ""); status != http.StatusBadRequest || strings.Contains(body, "secret") {
		t.Errorf("poll of a session that is over: %d %q", status, body)
	}
	if status, body := raw.request("POST", "3"); status != http.StatusBadRequest {
		t.Errorf("POST of a session that is over: %d %q", status, body)
	}
	eventually(t, "nobody left", func() bool { return len(d.engine.Stats()) == 0 })
	d.loud()
}

// rawPolling is a polling client by hand: it polls when it is told to.
type rawPolling struct {
	t      *testing.T
	url    string
	header http.Header
}

func (d *desk) rawPolling(header http.Header) *rawPolling {
	d.t.Helper()
	raw := &rawPolling{d.t, d.url + "/socket.io/?EIO=4&transport=polling", header}
	status, body := raw.request("GET", "")
	var open struct{ SID string }
	if status != http.StatusOK || json.Unmarshal([]byte(strings.TrimPrefix(body, "0")), &open) != nil {
		d.t.Fatalf("handshake: %d %q", status, body)
	}
	raw.url += "&sid=" + open.SID
	return raw
}

// greeted joins the namespace and polls until the welcome event has come.
func (r *rawPolling) greeted() {
	r.t.Helper()
	if status, body := r.request("POST", "40"); status != http.StatusOK {
		r.t.Fatalf("CONNECT: %d %q", status, body)
	}
	for range 5 {
		if _, body := r.request("GET", ""); strings.Contains(body, events.ConnectionEstablishedEvent.Name()) {
			return
		}
	}
	r.t.Fatal("not greeted")
}

func (r *rawPolling) request(method, body string) (status int, answer string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), livetest.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.url, nil)
	if err == nil && method == http.MethodPost {
		req, err = http.NewRequestWithContext(ctx, method, r.url, strings.NewReader(body))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = r.header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatalf("%s hangs: %v", method, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
