package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// Now and the history count, and the health says what is wrong.
func TestConsoleNumbers(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana := d.join(models.Master), d.join(models.Trader)
		ana.tabAt(d.http.URL, "websocket")
		id := d.toast("x", events.RoomAuthenticated)
		master.story(id, ana, "confirmed")
		now := master.get("/console/api/now").want(t, 200).body
		for _, q := range []string{"write_ms", "confirmed_ms"} {
			if got := now[q].(map[string]any); got["samples"].(float64) < 1 || got["p50"] == nil || got["p99"] == nil {
				t.Errorf("%s %v", q, got)
			}
		}
		if now["people_version"] != 1.0 || now["watchers"] != 0.0 || now["at"] != "2026-01-15T17:00:00.123Z" {
			t.Errorf("%v", now)
		}
		history := master.get("/console/api/history").want(t, 200).body
		if n := len(history["series"].(map[string]any)["sockets"].([]any)); n < 1 || n > 360 || history["step_ms"] != 10_000.0 || history["to"] == nil {
			t.Errorf("%v", history)
		}
		health := master.get("/console/api/health").want(t, 200).body
		states := map[string]string{}
		for _, c := range health["checks"].([]any) {
			check := c.(map[string]any)
			states[check["name"].(string)] = check["state"].(string)
			if detail := check["detail"].(map[string]any); detail["es"] == "" || detail["en"] == "" {
				t.Errorf("%v", check)
			}
		}
		for name, want := range map[string]string{
			"database": "ok", "migrations": "ok", "writes": "ok", "outbox": "ok", "redis": "off", "limits": "ok", "secret_key": "ok",
			"transport_security": "off", "replay": "ok", "push": "ok", "disk": "ok",
		} {
			if states[name] != want && !(name == "disk" && states[name] != "") && !(name == "database" && states[name] == "warn") {
				t.Errorf("%s is %q, want %s", name, states[name], want)
			}
		}
		raw, _ := json.Marshal(health)
		if strings.Contains(string(raw), "a key for tests") || !strings.Contains(string(raw), `"secret_key"`) || !strings.Contains(string(raw), "console.readers") {
			t.Errorf("%s", raw)
		}
		if version := health["version"].(map[string]any); version["version"] == "" || version["started_at"] == nil || version["os"] == "" {
			t.Errorf("%v", version)
		}
	}, prompt)
}

// Requests for an ambulance wait with their age and nothing personal.
func TestConsoleEmergencies(t *testing.T) {
	d := newDesk(t, models.SQLite)
	master := d.join(models.Master)
	if got := master.get("/console/api/emergencies").want(t, 200).body; got["enabled"] != true || len(got["waiting"].([]any)) != 0 || got["oldest_ms"] != nil {
		t.Errorf("%v", got)
	}
	off := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Emergencies.Enabled = false })
	if got := off.join(models.Master).get("/console/api/emergencies").want(t, 200).body; got["enabled"] != false || len(got["waiting"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}
