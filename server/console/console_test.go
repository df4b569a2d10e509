package console

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Quantiles are off by less than a tenth, and forget after a minute.
func TestQuantiles(t *testing.T) {
	var q quantiles
	if got := q.last(noon, 60); got.P50 != nil || got.P99 != nil || got.Samples != 0 {
		t.Errorf("%+v", got)
	}
	for i := 1; i <= 1000; i++ {
		q.observe(noon.Add(time.Duration(i%10)*time.Second), time.Duration(i)*time.Millisecond)
	}
	last := noon.Add(9 * time.Second)
	got := q.last(last, 60)
	if got.Samples != 1000 || math.Abs(*got.P50-500) > 50 || math.Abs(*got.P99-990) > 99 {
		t.Errorf("%d %v %v", got.Samples, *got.P50, *got.P99)
	}
	if got := q.last(last, 10); got.Samples != 1000 {
		t.Errorf("%d", got.Samples)
	}
	if got := q.last(last, 1); got.Samples != 100 {
		t.Errorf("%d", got.Samples)
	}
	if got := q.last(noon.Add(65*time.Second), 60); got.Samples != 400 {
		t.Errorf("%d", got.Samples)
	}
	if got := q.last(noon.Add(time.Hour), 60); got.Samples != 0 {
		t.Errorf("%d", got.Samples)
	}
	for _, d := range []time.Duration{-time.Second, 0, time.Nanosecond, 24 * time.Hour, math.MaxInt64} {
		q.observe(noon.Add(time.Hour), d)
	}
	if got := q.last(noon.Add(time.Hour), 60); got.Samples != 5 || *got.P50 != 0.1 {
		t.Errorf("%+v", got)
	}
}

// The history is a ring.
func TestHistoryIsBounded(t *testing.T) {
	var h history
	for i := range historyPoints + 5 {
		h.add(point{sockets: float64(i)})
	}
	list := h.list()
	if len(list) != historyPoints || list[0].sockets != 5 || list[len(list)-1].sockets != historyPoints+4 {
		t.Errorf("%d points from %v to %v", len(list), list[0].sockets, list[len(list)-1].sockets)
	}
}

// Nobody watches, nothing is kept; of a flood little is, and it is said how much was not.
func TestFeedIsBounded(t *testing.T) {
	s := &Service{}
	e := events.Delivery{LoggedEvent: models.LoggedEvent{EventRecord: models.EventRecord{Name: "notification"}}}
	s.Observe(e)
	if kept, _, _ := s.feed.take(); len(kept) != 0 {
		t.Error("kept while nobody watches")
	}
	s.watching.Store(true)
	for i := range 500 {
		e.Name = fmt.Sprint("name", i%300)
		s.Observe(e)
	}
	kept, skipped, counts := s.feed.take()
	if len(kept) != feedEvents || skipped != 450 || len(counts) != feedNames {
		t.Errorf("%d kept, %d skipped, %d names", len(kept), skipped, len(counts))
	}
	if kept, skipped, counts := s.feed.take(); len(kept)+int(skipped)+len(counts) != 0 {
		t.Error("told twice")
	}
}

// A large payload is not shown, a private field not either.
func TestShown(t *testing.T) {
	s := &Service{class: map[string]events.Class{"nuevo_cliente": events.Durable, "dashboard_update": events.Latest}}
	e := models.LoggedEvent{At: noon, EventRecord: models.EventRecord{ID: "i", Name: "nuevo_cliente", Payload: []byte(`{"client_name":"A","client_dni":"12345678","created_by":"b"}`)}}
	if got := s.shown(e); strings.Contains(string(got.Payload), "12345678") || !strings.Contains(string(got.Payload), "created_by") || got.PayloadBytes != int64(len(e.Payload)) || *got.ID != "i" || got.Entity != nil {
		t.Errorf("%+v %s", got, got.Payload)
	}
	e.Payload = []byte(`{"created_by":"` + strings.Repeat("a", feedPayload) + `"}`)
	if got := s.shown(e); string(got.Payload) != "null" || got.PayloadBytes <= feedPayload {
		t.Errorf("%s", got.Payload)
	}
	if got := s.shown(models.LoggedEvent{EventRecord: models.EventRecord{Name: "dashboard_update", Payload: []byte("{}"), Latest: true}}); got.ID != nil || got.Class != events.Latest {
		t.Errorf("%+v", got)
	}
}

// Files of the build are compressed for who takes that, kept for ever, and known by tags.
func TestAssets(t *testing.T) {
	script := strings.Repeat("console.log(1)\n", 200)
	built := fstest.MapFS{
		"dist/README": {Data: []byte("x")}, "dist/index.html": {Data: []byte("<!doctype html>")},
		"dist/assets/a-1.js": {Data: []byte(script)}, "dist/assets/b-2.css": {Data: []byte(script)}, "dist/assets/b-2.css.gz": {Data: []byte("made by the build")},
		"dist/assets/c-3.woff2": {Data: []byte{1, 2, 3}},
	}
	p, err := newPage(built, "")
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{page: p}
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.GET("/console/assets/*file", s.Asset)
	ask := func(path string, header ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(context.Background(), "GET", path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	plain := ask("/console/assets/a-1.js")
	if plain.Code != 200 || plain.Body.String() != script || plain.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") || plain.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("%d %v", plain.Code, plain.Header())
	}
	packed := ask("/console/assets/a-1.js", "Accept-Encoding", "br, gzip;q=0.5")
	unpacked, err := gzip.NewReader(packed.Body)
	if err != nil || packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("ETag") == plain.Header().Get("ETag") {
		t.Fatalf("%v %v", packed.Header(), err)
	}
	if body, err := io.ReadAll(unpacked); err != nil || string(body) != script {
		t.Errorf("%v", err)
	}
	if w := ask("/console/assets/b-2.css", "Accept-Encoding", "gzip"); w.Body.String() != "made by the build" {
		t.Errorf("%q", w.Body)
	}
	for _, header := range [][]string{{"Accept-Encoding", "gzip;q=0"}, {"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip", "Range", "bytes=0-3"}} {
		if w := ask("/console/assets/a-1.js", header...); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%v: %v", header, w.Header())
		}
	}
	if w := ask("/console/assets/a-1.js", "If-None-Match", plain.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%d", w.Code)
	}
	if w := ask("/console/assets/c-3.woff2", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" || w.Header().Get("Content-Type") != "font/woff2" {
		t.Errorf("%v", w.Header())
	}
	for _, path := range []string{"/console/assets/../index.html", "/console/assets/..%2findex.html", "/console/assets/README", "/console/assets/b-2.css.gz"} {
		if w := ask(path); w.Code == 200 {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	if empty, err := newPage(fstest.MapFS{"dist/README": {}}, ""); err != nil || len(empty.files) != 0 {
		t.Errorf("%v %v", empty, err)
	}
}

// Whose id tells when it was made.
func TestTimeOfEvent(t *testing.T) {
	if got := timeOf("019b5f5e-8c00-7000-8000-000000000000"); got.Year() != 2025 {
		t.Errorf("%v", got)
	}
	for _, id := range []string{"x", "", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"} {
		if !timeOf(id).IsZero() {
			t.Errorf("%s: %v", id, timeOf(id))
		}
	}
}
