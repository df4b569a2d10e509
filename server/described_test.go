package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema/openapi"
	"github.com/relevo/relevo/schema/schematest"
	"github.com/relevo/relevo/server"
)

// described are the documents that every answer and every event of the tests of
// this package is held against.
var described = sync.OnceValue(func() (d struct{ rest, events *schematest.Document }) {
	open, err := server.OpenAPI(server.DefaultConfig().Session.CookieName)
	if err == nil {
		d.rest, err = schematest.Read(open)
	}
	var async []byte
	if err == nil {
		async, err = events.AsyncAPI()
	}
	if err == nil {
		d.events, err = schematest.Read(async)
	}
	if err != nil {
		panic(err)
	}
	return d
})

// heldToDocument makes t fail for answers of h that the OpenAPI document does not
// describe, and for requests that succeed without being described.
func heldToDocument(t *testing.T, h http.Handler, routes []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := routeOf(routes, r.Method+" "+r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/socket.io/") || strings.Contains(r.URL.Path, "/ws/") || route == "" {
			h.ServeHTTP(w, r) // hijacks its connection, or is nothing that a document describes
			return
		}
		var sent bytes.Buffer
		if isJSON(r.Header) {
			// A copy: the server looks at its own request to see whether a body was left unread.
			r = r.WithContext(r.Context())
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.TeeReader(r.Body, &sent), r.Body}
		}
		kept := &keptAnswer{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(kept, r)
		if r.Context().Err() != nil {
			return
		}
		if fault := answerFault(route, kept); fault != nil {
			t.Errorf("%s %s answers %d, which docs/openapi.json does not describe: %v\n%.600s", r.Method, r.URL.Path, kept.status, fault, kept.body.Bytes())
		}
		if kept.status < 300 && sent.Len() > 0 {
			if err := described().rest.Check(sent.Bytes(), append(operationOf(route), "requestBody", "content", openapi.JSON, "schema")...); err != nil {
				t.Errorf("%s %s took a body that docs/openapi.json does not describe: %v\n%.600s", r.Method, r.URL.Path, err, sent.Bytes())
			}
		}
	})
}

type keptAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptAnswer) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

func isJSON(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == openapi.JSON
}

// operationOf is where the document describes a route, as "GET /clients/api/:id".
func operationOf(route string) []string {
	method, path, _ := strings.Cut(route, " ")
	path, _ = openapi.PathOf(path)
	return []string{"paths", path, strings.ToLower(method)}
}

func answerFault(route string, answer *keptAnswer) error {
	d := described().rest
	at := append(operationOf(route), "responses", strconv.Itoa(answer.status))
	if d.At(at...) == nil {
		return fmt.Errorf("no such status")
	}
	if ref, ok := d.At(append(at, "$ref")...).(string); ok {
		at = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	}
	if answer.body.Len() == 0 || answer.status >= 300 && answer.status < 400 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(answer.Header().Get("Content-Type"))
	if err != nil {
		return err
	}
	if d.At(append(at, "content", kind)...) == nil {
		return fmt.Errorf("no such content type: %s", kind)
	}
	if kind != openapi.JSON {
		return nil
	}
	return d.Check(answer.body.Bytes(), append(at, "content", kind, "schema")...)
}

// eventFault says how an event differs from every row of the table that may have
// its audience; nil when one fits.
func eventFault(e models.EventRecord) error {
	err := fmt.Errorf("no row of that name and audience")
	keys := events.MessageKeys()
	for i, row := range events.All() {
		if row.Name != e.Name || !slices.Equal(row.Audience.Except, e.Except) && len(row.Audience.Except)+len(e.Except) > 0 {
			continue
		}
		addressed := len(e.Rooms) > 0
		if isRepetition(e) {
			row.Audience.Rooms = append(slices.Clone(row.Audience.Rooms), "user_<id>")
		}
		for _, room := range e.Rooms {
			addressed = addressed && slices.ContainsFunc(row.Audience.Rooms, func(pattern string) bool {
				prefix, _, open := strings.Cut(pattern, "<")
				return room == pattern || open && strings.HasPrefix(room, prefix)
			})
		}
		if !addressed || e.Latest != (row.Class == events.Latest) {
			continue
		}
		if err = described().events.Check(e.Payload, "components", "messages", keys[i], "payload"); err == nil {
			return nil
		}
	}
	return err
}

// isRepetition reports whether the event is one that the console sent again to one user.
func isRepetition(e models.EventRecord) bool {
	var told struct {
		EventID string `json:"_event_id"`
	}
	return len(e.Rooms) == 1 && strings.HasPrefix(e.Rooms[0], "user_") && json.Unmarshal(e.Payload, &told) == nil && told.EventID != ""
}

// The checks themselves do find faults.
func TestDescribedBites(t *testing.T) {
	for name, c := range map[string]struct {
		route, kind, body string
		status            int
		fits              bool
	}{
		"fits":          {"GET /users/api/list", "application/json; charset=utf-8", `{"success":true,"users":[]}`, 200, true},
		"a key more":    {"GET /users/api/list", "application/json", `{"success":true,"users":[],"count":0}`, 200, false},
		"a key less":    {"GET /users/api/list", "application/json", `{"success":true}`, 200, false},
		"another type":  {"GET /users/api/list", "application/json", `{"success":true,"users":null}`, 200, false},
		"no success":    {"GET /users/api/list", "application/json", `{"success":false,"users":[]}`, 200, false},
		"a user's keys": {"GET /users/api/list", "application/json", `{"success":true,"users":[{"id":1}]}`, 200, false},
		"HTML":          {"GET /users/api/list", "text/html", `<p>`, 200, false},
		"a status":      {"GET /users/api/list", "application/json", `{}`, 201, false},
		"an error":      {"GET /users/api/list", "application/json", `{"success":false,"message":"m","error":"m"}`, 403, true},
		"half an error": {"GET /users/api/list", "application/json", `{"success":false,"message":"m"}`, 403, false},
	} {
		answer := &keptAnswer{ResponseWriter: &headerOnly{http.Header{"Content-Type": {c.kind}}}, status: c.status}
		answer.body.WriteString(c.body)
		if err := answerFault(c.route, answer); (err == nil) != c.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		e    models.EventRecord
		fits bool
	}{
		"fits":         {models.EventRecord{Name: "dashboard_update", Rooms: []string{"authenticated"}, Payload: json.RawMessage(`{}`), Latest: true}, true},
		"stored":       {models.EventRecord{Name: "dashboard_update", Rooms: []string{"authenticated"}, Payload: json.RawMessage(`{}`)}, false},
		"another room": {models.EventRecord{Name: "dashboard_update", Rooms: []string{"public"}, Payload: json.RawMessage(`{}`), Latest: true}, false},
		"nobody":       {models.EventRecord{Name: "dashboard_update", Payload: json.RawMessage(`{}`), Latest: true}, false},
		"a payload":    {models.EventRecord{Name: "dashboard_update", Rooms: []string{"authenticated"}, Payload: json.RawMessage(`{"a":1}`), Latest: true}, false},
		"unknown":      {models.EventRecord{Name: "dashboard", Rooms: []string{"authenticated"}, Payload: json.RawMessage(`{}`)}, false},
	} {
		if err := eventFault(c.e); (err == nil) != c.fits {
			t.Errorf("event %s: %v", name, err)
		}
	}
}

type headerOnly struct{ header http.Header }

func (h *headerOnly) Header() http.Header         { return h.header }
func (h *headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (h *headerOnly) WriteHeader(int)             {}

// The documents are served, to everybody, as they are in docs.
func TestDocumentsAreServed(t *testing.T) {
	d := newDesk(t, models.SQLite)
	for _, name := range []string{"openapi.json", "asyncapi.json"} {
		kept, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if served := d.stranger().get("/api/"+name).want(t, 200); !bytes.Equal(served.raw, kept) {
			t.Errorf("%s differs from docs", name)
		}
	}
}
