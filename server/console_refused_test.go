package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// readable lets Traders look at the console.
func readable(cfg *server.Config) { cfg.Console.Readers = []string{models.Trader} }

const actions = "/console/api/actions/"

// line is the last audit line of an action.
func (d *desk) line(action string) models.AuditLog {
	d.t.Helper()
	lines, err := d.store.AuditTrail(d.t.Context(), action)
	if err != nil || len(lines) == 0 {
		d.t.Fatalf("%d lines of %s, %v", len(lines), action, err)
	}
	return lines[len(lines)-1]
}

// lines is how many audit lines the console's actions have written.
func (d *desk) lines() int {
	n := 0
	for _, action := range []string{"REVOKE_SESSIONS", "DISCONNECT_SOCKET", "SEND_NOTIFICATION", "RESEND_EVENT", "DRAIN_NODE"} {
		n += d.trail(action)
	}
	return n
}

// Who may act, with what, and what is refused: nothing is done then and nothing written.
func TestConsoleActionsRefuse(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, reader, other := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		page := other.tabAt(d.http.URL, "websocket")
		event := d.toast("x", events.RoomAuthenticated)
		bodies := map[string]object{
			"sign_out":   {"user_id": other.user.ID, "reason": "porque sí"},
			"disconnect": {"sid": page.SID, "stay_away": true, "reason": "porque sí"},
			"notify":     {"everyone": true, "title": "t", "message": "m", "type": "info", "reason": "porque sí"},
			"resend":     {"event_id": event, "reason": "porque sí"},
			"drain":      {"reason": "porque sí"},
		}
		with := func(action string, key string, v any) object {
			out := object{}
			for k, old := range bodies[action] {
				out[k] = old
			}
			if out[key] = v; v == nil {
				delete(out, key)
			}
			return out
		}
		for action, body := range bodies {
			wantRefusal(t, d.stranger().json("POST", actions+action, body), 401)
			wantRefusal(t, reader.json("POST", actions+action, body), 403)
			wantRefusal(t, other.json("POST", actions+action, body), 403)
			raw, _ := json.Marshal(body)
			wantRefusal(t, master.send("POST", actions+action, raw, "Content-Type", "application/json", "X-CSRFToken", ""), 400)
			wantRefusal(t, master.send("POST", actions+action, raw, "Content-Type", "application/json", "X-CSRFToken", other.csrf), 400)
			wantRefusal(t, master.send("POST", actions+action, raw, "Content-Type", "application/json", "Origin", "https://evil.example"), 400)
			wantRefusal(t, master.send("POST", actions+action, raw, "Content-Type", "text/plain"), 415)
			wantRefusal(t, master.send("POST", actions+action, []byte("{"), "Content-Type", "application/json"), 400)
			wantRefusal(t, master.send("POST", actions+action, []byte("null"), "Content-Type", "application/json"), 400)
			wantRefusal(t, master.send("POST", actions+action, []byte(`{"reason":"`+strings.Repeat("a", 70_000)+`"}`), "Content-Type", "application/json"), 413)
			for _, reason := range []any{nil, "", "  a ", "no", strings.Repeat("ñ", 201), 7} {
				if r := master.json("POST", actions+action, with(action, "reason", reason)); r.status != 400 || !strings.Contains(r.message(), "reason") {
					t.Errorf("%s with reason %v: %d %s", action, reason, r.status, r.raw)
				}
			}
		}
		for _, c := range []struct {
			action string
			body   object
			status int
			part   string
		}{
			{"sign_out", with("sign_out", "user_id", 999999), 404, ""}, {"sign_out", with("sign_out", "user_id", 0), 400, "user_id"},
			{"sign_out", with("sign_out", "user_id", "x"), 400, "user_id"}, {"sign_out", with("sign_out", "user_id", nil), 400, "user_id"},
			{"disconnect", with("disconnect", "sid", "nobody"), 404, ""}, {"disconnect", with("disconnect", "sid", ""), 404, ""},
			{"notify", with("notify", "role", "Master"), 400, "destinatario"}, {"notify", with("notify", "everyone", false), 400, "destinatario"},
			{"notify", with("notify", "title", " "), 400, "title"}, {"notify", with("notify", "message", strings.Repeat("a", 501)), 400, "message"},
			{"notify", with("notify", "type", "loud"), 400, "type"},
			{"notify", object{"role": "Boss", "title": "t", "message": "m", "type": "info", "reason": "porque sí"}, 400, "role"},
			{"notify", object{"user_id": 999999, "title": "t", "message": "m", "type": "info", "reason": "porque sí"}, 404, ""},
			{"resend", with("resend", "event_id", "018f0000-0000-7000-8000-000000000000"), 404, ""}, {"resend", with("resend", "event_id", "x"), 404, ""},
			{"resend", with("resend", "user_id", 999999), 404, ""},
		} {
			if r := master.json("POST", actions+c.action, c.body); r.status != c.status || !strings.Contains(r.message(), c.part) {
				t.Errorf("%s %v: %d %s", c.action, c.body, r.status, r.raw)
			}
		}
		if n := d.lines(); n != 0 {
			t.Errorf("%d audit lines of refused actions", n)
		}
		d.settled()
		if err := page.Barrier(t.Context()); err != nil || !other.signedIn() || page.Closed() {
			t.Errorf("a refused action was done: %v", err)
		}
		if got := countNames(page, "notification"); got != 1 {
			t.Errorf("%d notifications", got)
		}
	}, readable, func(cfg *server.Config) { cfg.Console.ActionsPerMinute = 10_000 })
}

// One user has so many actions a minute; another is not held up.
func TestConsoleActionsAreLimited(t *testing.T) {
	d := newDesk(t, models.SQLite, func(cfg *server.Config) { cfg.Console.ActionsPerMinute = 2 })
	master, other := d.join(models.Master), d.join(models.Master)
	body := object{"role": models.Trader, "title": "t", "message": "m", "type": "info", "reason": "porque sí"}
	for range 2 {
		master.json("POST", actions+"notify", body).want(t, 200)
	}
	r := master.json("POST", actions+"notify", body).want(t, 429)
	if r.header.Get("Retry-After") != "30" {
		t.Errorf("%v", r.header)
	}
	other.json("POST", actions+"notify", body).want(t, 200)
	master.get("/console/api/now").want(t, 200)
	hits := map[string]float64{}
	for _, l := range master.get("/console/api/health").want(t, 200).body["limits"].([]any) {
		limit := l.(map[string]any)
		hits[limit["limit"].(string)] = limit["hits"].(float64)
	}
	if hits["console.actions_per_minute"] != 1 || len(hits) < 10 {
		t.Errorf("%v", hits)
	}
	d.advance(30 * time.Second)
	master.json("POST", actions+"notify", body).want(t, 200)
}
