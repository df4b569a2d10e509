package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/server/live/livetest"
)

// The console ends the process as SIGTERM does: sockets lose their transports without a
// DISCONNECT, so that clients come back by themselves, and Run returns without a fault.
func TestConsoleDrainEndsTheProcess(t *testing.T) {
	r := startRun(t, testConfig(t))
	_, printed, _ := strings.Cut(r.out.String(), "with the password ")
	password, _, _ := strings.Cut(printed, " ")
	jar, _ := cookiejar.New(nil)
	r.client.Jar = jar
	token := ""
	post := func(path string, body map[string]any) (int, string) {
		text, _ := json.Marshal(body)
		req, err := http.NewRequest("POST", r.public+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-CSRFToken", token)
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(resp.Body)
		return resp.StatusCode, b.String()
	}
	fresh := func() {
		var session struct {
			Token string `json:"csrf_token"`
		}
		if _, body := r.get(r.public + "/api/session"); json.Unmarshal([]byte(body), &session) != nil {
			t.Fatal(body)
		}
		token = session.Token
	}
	fresh()
	if status, body := post("/login", map[string]any{"username": "admin", "password": password}); status != 200 {
		t.Fatal(status, body)
	}
	fresh()
	page, err := livetest.Connect(t.Context(), livetest.Dial{URL: r.public, Jar: jar})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.Close)
	if status, body := post("/console/api/actions/drain", map[string]any{"reason": "nueva versión"}); status != http.StatusAccepted {
		t.Fatal(status, body)
	}
	if err := page.WaitClosed(t.Context()); err != nil || page.Disconnected() {
		t.Errorf("told to stay away: %v, %v", page.Disconnected(), err)
	}
	select {
	case err := <-r.result:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Run did not end")
	}
	if log := r.log.String(); !strings.Contains(log, "ended in order") || strings.Contains(log, "nueva versión") {
		t.Errorf("%s", log)
	}
}
