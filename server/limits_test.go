package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
	"github.com/relevo/relevo/server/live/livetest"
)

// hits reads the metric of one limit.
func (r *running) hits(limit string) int {
	r.t.Helper()
	_, text := r.get(r.internal + "/metrics")
	m := regexp.MustCompile(`relevo_limits_hit_total\{limit="` + regexp.QuoteMeta(limit) + `"\} (\d+)`).FindStringSubmatch(text)
	if m == nil {
		r.t.Fatalf("no metric of %s", limit)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

func (r *running) awaitHits(limit string, want int) {
	r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for r.hits(limit) != want {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s was hit %d times, want %d", limit, r.hits(limit), want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *running) dial() net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.public, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// Every label of the metric is a configuration key, so that who reads it knows what to
// change, and every key of the section has a label or belongs to one.
func TestLimitsAreConfigured(t *testing.T) {
	var keys []string
	for _, s := range DefaultConfig().Settings() {
		keys = append(keys, s.Key)
		if strings.HasPrefix(s.Key, "limits.") && s.Key != "limits.handshake_burst" && s.Key != "limits.event_burst" && !slices.Contains(limitNames, s.Key) {
			t.Errorf("%s has no metric", s.Key)
		}
	}
	m := NewMetrics(BuildInfo{})
	m.LimitHit("something else")
	text := scrape(t, m)
	for _, name := range limitNames {
		if !slices.Contains(keys, name) {
			t.Errorf("%s is no configuration key", name)
		}
		if !strings.Contains(text, `relevo_limits_hit_total{limit="`+name+`"} 0`) {
			t.Errorf("%s is not there from the start", name)
		}
	}
	if strings.Contains(text, "something else") {
		t.Error("a label that nobody knows")
	}
}

// Headers that are too long, too slow or none are counted; others are not.
func TestHeaderLimit(t *testing.T) {
	cfg := testConfig(t)
	cfg.HTTP.MaxHeaderBytes, cfg.HTTP.ReadHeaderTimeout = 8<<10, 300*time.Millisecond
	r := startRun(t, cfg)
	neighbour := r.dial()
	get := func(header string) int {
		t.Helper()
		if _, err := fmt.Fprintf(neighbour, "GET /healthz HTTP/1.1\r\nHost: x\r\n%s\r\n", header); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(neighbour), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	if status := get("X: " + strings.Repeat("x", 7<<10) + "\r\n"); status != 200 {
		t.Errorf("a header within the limit: %d", status)
	}
	for name, c := range map[string]struct{ text, want string }{
		"too long":    {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", "431"},
		"too slow":    {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", ""},
		"none at all": {"\x16\x03\x01\r\n\r\n", "400"},
	} {
		conn := r.dial()
		if _, err := io.WriteString(conn, c.text); err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(conn) // a reset is an end, too
		if !strings.Contains(string(answer), c.want) {
			t.Errorf("%s: %.100s", name, answer)
		}
	}
	_ = r.dial().Close() // said nothing
	closing := r.dial()
	_, _ = io.WriteString(closing, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	_, _ = io.ReadAll(closing)
	ws, err := livetest.Connect(t.Context(), livetest.Dial{URL: r.public})
	if err != nil {
		t.Fatal(err)
	}
	ws.Close()
	r.awaitHits(limitHeader, 3)
	if status := get(""); status != 200 {
		t.Errorf("the neighbour: %d", status)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(r.log.String(), `"error"`); n != 0 {
		t.Errorf("%d lines of level error: %s", n, r.log)
	}
}

// A request has a time; what it waits for ends with it, and so does an answer that
// the client does not take. Others are answered meanwhile.
func TestRequestTime(t *testing.T) {
	cfg := testConfig(t)
	cfg.SecretKey, cfg.HTTP.RequestTimeout = strings.Repeat("k", 32), 300*time.Millisecond
	store, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	log, _ := NewLogger(cfg, &output{})
	app, err := New(cfg, store, log)
	if err != nil {
		t.Fatal(err)
	}
	router := gin.New()
	lines := &output{}
	log, _ = NewLogger(cfg, lines)
	router.Use(middleware.RequestLog(log), app.noteLimits, app.boundTime)
	router.GET("/fails", func(c *gin.Context) { middleware.Refuse(c, errors.New("a cause")) })
	router.GET("/waits", func(c *gin.Context) { <-c.Request.Context().Done() })
	router.GET("/quick", func(c *gin.Context) { c.String(200, "ok") })
	server := httptest.NewServer(boundBody(router, cfg.HTTP.RequestTimeout))
	t.Cleanup(server.Close)
	slow := make(chan *http.Response, 1)
	go func() {
		resp, err := http.Get(server.URL + "/waits")
		if err != nil {
			t.Error(err)
		}
		slow <- resp
	}()
	if resp, err := http.Get(server.URL + "/quick"); err != nil || resp.StatusCode != 200 {
		t.Error(resp, err)
	}
	resp := <-slow
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 503 || !strings.Contains(string(body), `"success":false`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if text := scrape(t, app.metrics); !strings.Contains(text, `relevo_limits_hit_total{limit="http.request_timeout"} 1`) {
		t.Error("not counted, or too often")
	}
	// What failed is an error in the log, though its time is over with the answer.
	if resp, err := http.Get(server.URL + "/fails"); err != nil || resp.StatusCode != 500 {
		t.Error(resp, err)
	}
	server.Close()
	if text := lines.String(); strings.Count(text, `"level":"error"`) != 2 || !strings.Contains(text, "a cause") {
		t.Error(text)
	}
	if err := app.drainSockets(t.Context()); err != nil {
		t.Error(err)
	}
}

// The limits of sockets are those of the configuration, count the client and not the
// proxy, and are not evaded by what a client says of itself.
func TestSocketLimitsBehindProxy(t *testing.T) {
	cfg := testConfig(t)
	cfg.HTTP.TrustedProxies = []string{"127.0.0.1"}
	cfg.Limits.ConnectionsPerAddress = 2
	r := startRun(t, cfg)
	connect := func(lines ...string) (*livetest.Client, error) {
		return livetest.Connect(t.Context(), livetest.Dial{URL: r.public, Header: http.Header{"X-Forwarded-For": lines}})
	}
	var open []*livetest.Client
	for range 2 {
		c, err := connect("203.0.113.9, 192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	for _, lines := range [][]string{{"192.0.2.1"}, {"198.51.100.7, 192.0.2.1"}, {"198.51.100.8", "192.0.2.1"}, {"192.0.2.1, 127.0.0.1"}} {
		if c, err := connect(lines...); err == nil {
			t.Errorf("%q was let in", lines)
			c.Close()
		} else if !strings.Contains(err.Error(), "429") {
			t.Error(err)
		}
	}
	c, err := connect("192.0.2.2")
	if err != nil {
		t.Fatal(err)
	}
	open = append(open, c)
	if n := r.hits(live.LimitConnectionsPerAddress); n != 4 {
		t.Errorf("counted %d times, want 4", n)
	}
	for _, c := range open {
		if err := c.Barrier(t.Context()); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	store, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	lines, _, err := store.AuditLines(t.Context(), models.AuditFilter{Action: models.LimitHit, Limit: 10})
	if err != nil || len(lines) != 1 || lines[0].Address == nil || *lines[0].Address != "192.0.2.1" {
		t.Errorf("among the security events, once: %+v, %v", lines, err)
	}
}
