package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// emergencies contract 2.1 and 4.3, rule 7: always 200, for everybody, readable from
// allowed origins, kept by no cache, and without the database. The one cookie names the
// browser to its push sockets.
func TestEmergencySocketInfo(t *testing.T) {
	const path = "/atender-emergencias/websocket-info"
	eachDesk(t, func(t *testing.T, d *desk) {
		check := func(when string) {
			r := d.stranger().send("GET", path, nil, "Origin", "http://desk.example:3000", "Cookie", "session=anything; remember_token=a.b").want(t, 200)
			if r.body["websocket_url"] != "/ws/emergencias" || r.body["conexiones_activas"] != 0.0 || r.body["success"] != nil {
				t.Errorf("%s: %s", when, r.raw)
			}
			h := r.header
			if h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "http://desk.example:3000" || !strings.HasPrefix(h.Get("Set-Cookie"), "push_visitor=") || len(h.Values("Set-Cookie")) != 1 || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
				t.Errorf("%s: %v", when, h)
			}
			for key, kind := range map[string]string{
				"mensaje_bienvenida": "connection", "mensaje_emergencia": "nueva_solicitud", "mensaje_sala_atendida": "sala_atendida", "mensaje_info_ambulancias": "info_ambulancias",
			} {
				if sample, _ := r.body[key].(map[string]any); sample["type"] != kind {
					t.Errorf("%s: %s is %v", when, key, r.body[key])
				}
			}
		}
		check("in order")
		// F1 sends the token with everything but this; it does no harm.
		d.stranger().send("GET", path, nil, "Authorization", "Bearer nonsense").want(t, 200)
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		check("without the database")
		s := d.stranger()
		wantDetail(t, s.send("GET", "/emergencias", nil), 403)
		wantDetail(t, s.json("POST", "/auth/login", map[string]any{"identificador": "a", "contrasena": "b"}), 503)
	}, func(c *server.Config) { c.CORS.Origins = []string{"http://desk.example:3000"} })
}

func TestEmergencySocketURL(t *testing.T) {
	for given, want := range map[string]string{
		"": "/ws/emergencias", "wss://desk.example/ws/emergencias": "wss://desk.example/ws/emergencias", "wss://desk.example/ws/emergencias/": "wss://desk.example/ws/emergencias", "/base/ws/emergencias": "/base/ws/emergencias",
	} {
		d := newDesk(t, models.SQLite, func(c *server.Config) { c.Emergencies.WebSocketURL = given })
		if r := d.stranger().get("/atender-emergencias/websocket-info").want(t, 200); r.body["websocket_url"] != want {
			t.Errorf("%q: %v", given, r.body["websocket_url"])
		}
	}
	for given, ok := range map[string]bool{
		"": true, "/ws/emergencias": true, "wss://desk.example/ws/emergencias": true, "ws://10.0.0.1:8080/ws/emergencias": true,
		"https://desk.example/ws": false, "ws/emergencias": false, "/ws?a=b": false, "/ws?": false, "/ws#a": false, "wss://desk.example": false, "//desk.example/ws": false, "wss://u:p@desk.example/ws": false,
	} {
		_, err := server.LoadConfig(server.Source{Flags: map[string]string{"emergencies.websocket_url": given}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// A script of another allowed origin may send a token (emergencies contract 2).
func TestEmergencyPreflight(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.CORS.Origins = []string{"http://desk.example:3000"} })
	for origin, status := range map[string]int{"http://desk.example:3000": 204, "https://evil.example": 403} {
		r := d.stranger().send("OPTIONS", "/emergencias/1", nil, "Origin", origin, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization,content-type").want(t, status)
		if allowed := strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "Authorization"); allowed != (status == 204) {
			t.Errorf("%s: %v", origin, r.header)
		}
	}
	// An answer that fails is readable too: the client shows its text.
	r := d.stranger().send("GET", "/emergencias", nil, "Origin", "http://desk.example:3000")
	if wantDetail(t, r, 403); r.header.Get("Access-Control-Allow-Origin") != "http://desk.example:3000" || !json.Valid(r.raw) {
		t.Errorf("%v", r.header)
	}
}
