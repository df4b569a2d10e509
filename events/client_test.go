package events_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
)

// answers is a server that gives one answer after the other.
type answers struct {
	mu   sync.Mutex
	list []func(http.ResponseWriter)
	keys []string
	got  []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.take(r, body)(w)
}

func (a *answers) take(r *http.Request, body []byte) func(http.ResponseWriter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, r.Header.Get("Idempotency-Key"))
	a.got = append(a.got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body))
	next := a.list[0]
	if len(a.list) > 1 {
		a.list = a.list[1:]
	}
	return next
}

func status(code int, retryAfter, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// The client repeats what may be repeated, always with the same Idempotency-Key,
// and nothing else.
func TestClientRetries(t *testing.T) {
	ok := status(202, "", `{"success":true,"id":"E1"}`)
	for name, c := range map[string]struct {
		list     []func(http.ResponseWriter)
		id       string
		requests int
		status   int // of the error; -1 for a network error
		waits    func([]time.Duration) bool
	}{
		"at once":               {list: []func(http.ResponseWriter){ok}, id: "E1", requests: 1},
		"after a cut":           {list: []func(http.ResponseWriter){hangUp, hangUp, ok}, id: "E1", requests: 3},
		"half an answer":        {list: []func(http.ResponseWriter){func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); w.WriteHeader(202) }, ok}, id: "E1", requests: 2},
		"unavailable, then not": {list: []func(http.ResponseWriter){status(503, "", `{"message":"m"}`), ok}, id: "E1", requests: 2},
		"too fast, as told": {list: []func(http.ResponseWriter){status(429, "7", `{"message":"m"}`), ok}, id: "E1", requests: 2,
			waits: func(d []time.Duration) bool { return len(d) == 1 && d[0] == 7*time.Second }},
		"growing pauses, bounded": {list: []func(http.ResponseWriter){status(503, "", "")}, requests: 6, status: 503,
			waits: func(d []time.Duration) bool {
				return len(d) == 5 && d[0] >= 100*time.Millisecond && d[0] <= 200*time.Millisecond && d[4] >= 1600*time.Millisecond && d[4] <= 3200*time.Millisecond
			}},
		"cut for good":      {list: []func(http.ResponseWriter){hangUp}, requests: 6, status: -1},
		"told to wait long": {list: []func(http.ResponseWriter){status(503, "3600", `{"message":"m"}`)}, requests: 1, status: 503},
		"not found":         {list: []func(http.ResponseWriter){status(404, "", `{"message":"m","path":"event"}`)}, requests: 1, status: 404},
		"unprocessable":     {list: []func(http.ResponseWriter){status(422, "", `{"message":"m"}`)}, requests: 1, status: 422},
		"unauthorized":      {list: []func(http.ResponseWriter){status(401, "", `{"message":"m"}`)}, requests: 1, status: 401},
		"fault of theirs":   {list: []func(http.ResponseWriter){status(500, "", `{"message":"m"}`)}, requests: 1, status: 500},
		"a proxy's page":    {list: []func(http.ResponseWriter){status(502, "", `<html>`)}, requests: 1, status: 502},
	} {
		t.Run(name, func(t *testing.T) {
			a := &answers{list: c.list}
			srv := httptest.NewServer(a)
			defer srv.Close()
			client := events.NewClient(srv.URL+"/", "rk_x", &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
			var waits []time.Duration
			client.NoteWaits(func(d time.Duration) error { waits = append(waits, d); return nil })
			id, err := client.Emit(context.Background(), publication("dashboard_update", "{}"))
			var refused *events.EmitError
			switch {
			case c.status == 0 && err != nil, c.status != 0 && err == nil:
				t.Errorf("error %v", err)
			case c.status == -1 && errors.As(err, &refused):
				t.Errorf("error %v is no network error", err)
			case c.status > 0 && (!errors.As(err, &refused) || refused.Status != c.status || refused.Message == "" || refused.Index != -1):
				t.Errorf("error %v", err)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if id != c.id || len(a.keys) != c.requests || len(waits) != c.requests-1 {
				t.Errorf("id %q after %d requests and %v", id, len(a.keys), waits)
			}
			if c.waits != nil && !c.waits(waits) {
				t.Errorf("waited %v", waits)
			}
			for _, k := range a.keys {
				if len(k) != 36 || k != a.keys[0] {
					t.Errorf("keys %q", a.keys)
				}
			}
			if want := `POST /api/emit Bearer rk_x application/json {"event":"dashboard_update","payload":{}}`; a.got[0] != want {
				t.Errorf("sent %q", a.got[0])
			}
		})
	}
}

// A batch is one request; the error names the event that is wrong. An empty list
// of rooms is sent as such: it must not become the default audience.
func TestClientBatch(t *testing.T) {
	a := &answers{list: []func(http.ResponseWriter){
		status(202, "", `{"success":true,"ids":["A","B"]}`), status(422, "", `{"success":false,"message":"Falta","path":"payload.title","index":1}`),
	}}
	srv := httptest.NewServer(a)
	defer srv.Close()
	client := events.NewClient(srv.URL, "rk_x", nil)
	nobody := events.Publication{Event: "x", Rooms: []string{}}
	ids, err := client.EmitBatchOnce(context.Background(), "mine", []events.Publication{publication("a", `{"m":1}`, "user_1"), nobody})
	if err != nil || strings.Join(ids, ",") != "A,B" || a.keys[0] != "mine" {
		t.Errorf("%v, %v, keys %q", ids, err, a.keys)
	}
	if want := `{"events":[{"event":"a","payload":{"m":1},"rooms":["user_1"]},{"event":"x","rooms":[]}]}`; !strings.HasSuffix(a.got[0], want) {
		t.Errorf("sent %s", a.got[0])
	}
	_, err = client.EmitBatch(context.Background(), []events.Publication{nobody})
	var refused *events.EmitError
	if !errors.As(err, &refused) || refused.Index != 1 || refused.Path != "payload.title" || refused.Message != "Falta" {
		t.Errorf("%#v", err)
	}
}

// The end of the context ends the repetitions, and the cause stays visible.
func TestClientContext(t *testing.T) {
	srv := httptest.NewServer(&answers{list: []func(http.ResponseWriter){status(503, "30", `{"message":"m"}`)}})
	defer srv.Close()
	ctx, cancel := context.WithCancel(context.Background())
	client := events.NewClient(srv.URL, "rk_x", nil)
	client.NoteWaits(func(time.Duration) error { cancel(); return ctx.Err() })
	_, err := client.Emit(ctx, publication("x", "{}"))
	var refused *events.EmitError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &refused) || refused.RetryAfter != 30*time.Second {
		t.Errorf("%v", err)
	}
	if _, err = client.Emit(ctx, publication("x", "{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
