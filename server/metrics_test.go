package server

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/server/live"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

// fakeSockets is what an engine would tell; as many users as sockets.
type fakeSockets []live.SocketCount

func (f *fakeSockets) Stats() []live.SocketCount { return *f }

func (f *fakeSockets) UsersOnline() map[string]int {
	users := map[string]int{}
	for _, s := range *f {
		if s.Role != "" {
			users[s.Role] += s.Sockets
		}
	}
	return users
}

func TestMetricsNamesAndLabels(t *testing.T) {
	m := NewMetrics(BuildInfo{Version: "1.2.3", Commit: "abc", GoVersion: "go1.26"})
	sockets := fakeSockets{{Transport: "websocket", Role: "Master", Sockets: 2}, {Transport: "polling", Sockets: 1}, {Transport: "websocket", Role: "Master", Sockets: 3}}
	counters := live.NewCounters()
	m.Watch(&sockets, counters.Totals, func() events.GuardCounts { return events.GuardCounts{Benign: 4, Failed: 3, Panicked: 2} })
	counters.Connect("websocket")
	counters.Disconnect("ping timeout")
	counters.HandshakeFailure("origin")
	m.EventEmitted("nueva_operacion")
	m.LoginAttempt("ok")
	gin.SetMode(gin.TestMode)
	router := gin.New()
	router.Use(m.Middleware("/socket.io/*any"))
	router.GET("/operations/api/:id", func(c *gin.Context) { c.Status(http.StatusTeapot) })
	router.GET("/socket.io/*any", func(c *gin.Context) {})
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/operations/api/17", nil), httptest.NewRequest("GET", "/socket.io/?EIO=4", nil),
		httptest.NewRequest("BREW", "/pot", nil), httptest.NewRequest("BREW2", "/pot2", nil),
	} {
		router.ServeHTTP(httptest.NewRecorder(), r)
	}
	text := scrape(t, m)
	for _, want := range []string{
		`relevo_build_info{commit="abc",go_version="go1`, `version="1.2.3"} 1`,
		`relevo_sockets{kind="socketio",namespace="/",role="Master",transport="websocket"} 5`,
		`relevo_sockets{kind="socketio",namespace="/",role="anonymous",transport="polling"} 1`,
		`relevo_users_online{role="Master"} 5`,
		`relevo_socket_connects_total{transport="websocket"} 1`,
		`relevo_socket_disconnects_total{reason="ping_timeout"} 1`,
		`relevo_handshake_failures_total{reason="origin"} 1`,
		`relevo_events_emitted_total{event="nueva_operacion"} 1`,
		`relevo_events_dropped_total{reason="peer_gone"} 4`,
		`relevo_events_dropped_total{reason="error"} 3`,
		`relevo_login_attempts_total{result="ok"} 1`,
		`http_server_request_duration_seconds_count{method="GET",route="/operations/api/:id",status="418"} 1`,
		`http_server_request_duration_seconds_count{method="OTHER",route="unmatched",status="404"} 2`,
		`relevo_handler_panics_total 0`, `relevo_room_join_refusals_total 0`, "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s", want)
		}
	}
	for _, never := range []string{"/operations/api/17", "socket.io", "BREW"} {
		if strings.Contains(text, never) {
			t.Errorf("has %s", never)
		}
	}
	sockets = nil
	if strings.Contains(scrape(t, m), "relevo_sockets{") {
		t.Error("the gauge is not computed at scrape")
	}
}

func TestMetricsAreLinted(t *testing.T) {
	m := NewMetrics(BuildInfo{})
	m.Watch(&fakeSockets{{Transport: "polling", Sockets: 1}}, live.NewCounters().Totals, events.NewGuard(nil, nil).Counts)
	m.EventEmitted("dashboard_update")
	m.LoginAttempt("rejected")
	problems, err := promlint.New(bytes.NewReader([]byte(scrape(t, m)))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
