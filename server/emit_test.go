package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

const anyToast = `{"title":"t","message":"m","type":"info"}`

// service is another program with a key; it sends no cookie.
type service struct {
	*person
	key models.ServiceKey
	tok string
}

func (d *desk) service(names, audiences string) *service {
	d.t.Helper()
	s := &service{person: d.stranger()}
	s.client.Jar = nil
	by := models.Actor{UserID: d.join(models.Master).user.ID}
	err := d.store.Tx(context.Background(), func(tx *models.Tx) (err error) {
		s.tok, s.key, err = tx.CreateServiceKey(by, models.NewServiceKey{Name: "s", Events: strings.Fields(names), Audiences: strings.Fields(audiences)})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// post sends a body to a door; headers win over the defaults.
func (s *service) post(path, body string, headers ...string) reply {
	s.d.t.Helper()
	return s.send("POST", path, []byte(body), append([]string{"Authorization", "Bearer " + s.tok, "Content-Type", "application/json"}, headers...)...)
}

// logged returns the whole event log.
func (d *desk) logged() []models.LoggedEvent {
	d.t.Helper()
	list, err := d.store.EventsAfter(context.Background(), models.EventCursor{}, 10_000)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// What is acknowledged is in the log, with the id of the answer and the trace of
// the request; what is refused is not.
func TestEmit(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s := d.service("notification nueva_operacion dashboard_update", "role_* authenticated")
		r := s.post("/api/emit", `{"event":"notification","payload":`+anyToast+`,"rooms":["role_Trader"],"entity":"invoice/4"}`, "X-Request-ID", "trace-1").want(t, 202)
		log := d.logged()
		if len(log) != 1 || r.body["id"] != log[0].ID || r.body["success"] != true || log[0].Trace != "trace-1" || log[0].Entity != "invoice/4" ||
			log[0].Name != "notification" || string(log[0].Payload) != anyToast || fmt.Sprint(log[0].Rooms) != "[role_Trader]" {
			t.Fatalf("%s, log %+v", r.raw, log)
		}
		if r.header.Get("Set-Cookie") != "" {
			t.Error("a door gave a cookie")
		}
		d.events()
		// Latest events are delivered and not kept.
		if r = s.post("/api/emit", `{"event":"dashboard_update"}`).want(t, 202); len(d.logged()) != 1 || fmt.Sprint(d.eventNames()) != "[dashboard_update]" {
			t.Errorf("%s, log %+v", r.raw, d.logged())
		}

		toast := func(rooms string) string {
			return `{"event":"notification","payload":` + anyToast + `,"rooms":[` + rooms + `]}`
		}
		for name, c := range map[string]struct {
			status  int
			path    string
			body    string
			headers []string
		}{
			"unknown event":     {404, "event", `{"event":"notificacion","payload":{}}`, nil},
			"a reply":           {404, "event", `{"event":"joined_room","payload":{"room":"r","dni":"d"},"rooms":["user_1"]}`, nil},
			"a change of role":  {404, "event", `{"event":"session_updated","payload":{"role":"Master"},"rooms":["user_1"]}`, nil},
			"event of no right": {403, "event", `{"event":"nuevo_cliente","payload":{}}`, nil},
			"room of no right":  {403, "rooms", toast(`"user_1"`), nil},
			"room of no event":  {422, "rooms[0]", toast(`"public"`), nil},
			"nobody":            {422, "rooms", toast(``), nil},
			"shape":             {422, "payload.title", `{"event":"notification","payload":{"message":"m","type":"info"},"rooms":["role_Master"]}`, nil},
			"unknown key":       {422, "to", `{"event":"dashboard_update","to":[]}`, nil},
			"malformed":         {400, "", `{"event":`, nil},
			"form":              {415, "", `event=dashboard_update`, []string{"Content-Type", "application/x-www-form-urlencoded"}},
			"too large":         {413, "", `{"event":"` + strings.Repeat("x", 1<<20) + `"}`, nil},
			"bad repeat key":    {400, "", `{"event":"dashboard_update"}`, []string{"Idempotency-Key", "a b"}},
			"long repeat key":   {400, "", `{"event":"dashboard_update"}`, []string{"Idempotency-Key", strings.Repeat("x", 256)}},
			"no key":            {401, "", `{"event":"dashboard_update"}`, []string{"Authorization", ""}},
			"another scheme":    {401, "", `{"event":"dashboard_update"}`, []string{"Authorization", "Basic " + s.tok}},
			"unknown service":   {401, "", `{"event":"dashboard_update"}`, []string{"Authorization", "Bearer rk_" + models.NewToken()}},
		} {
			r := s.post("/api/emit", c.body, c.headers...)
			path, _ := r.body["path"].(string)
			if r.status != c.status || path != c.path || r.body["success"] != false || r.message() == "" || r.body["error"] != r.message() {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
			if c.status == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
		}
		if n := len(d.logged()); n != 1 || len(d.events()) != 0 {
			t.Errorf("refused events were recorded: %d", n)
		}
		// A revoked key is over at once.
		by := models.Actor{UserID: s.key.CreatedBy}
		err := d.store.Tx(context.Background(), func(tx *models.Tx) error { _, err := tx.RevokeServiceKey(by, s.key.ID); return err })
		if err != nil {
			t.Fatal(err)
		}
		s.post("/api/emit", `{"event":"dashboard_update"}`).want(t, 401)
	})
}

// contract 3.1: a session is no key and needs no CSRF token here, a key is no session elsewhere.
func TestEmitAndSessions(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s, master := d.service("*", "*"), d.join(models.Master)
		body := []byte(`{"event":"dashboard_update"}`)
		master.send("POST", "/api/emit", body, "Content-Type", "application/json").want(t, 401)
		master.csrf = ""
		master.send("POST", "/api/emit", body, "Content-Type", "application/json", "Authorization", "Bearer "+s.tok, "Sec-Fetch-Site", "cross-site").want(t, 202)
		s.send("GET", "/users/api/list", nil, "Authorization", "Bearer "+s.tok).want(t, 401)
		s.send("GET", "/api/emit", nil, "Authorization", "Bearer "+s.tok).want(t, 405)
	})
}

// A batch is recorded whole and in order, or not at all.
func TestEmitBatch(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s := d.service("notification", "role_*")
		toast := func(title, room string) string {
			return `{"event":"notification","payload":{"title":"` + title + `","message":"m","type":"info"},"rooms":["` + room + `"]}`
		}
		batch := func(items ...string) string { return `{"events":[` + strings.Join(items, ",") + `]}` }
		r := s.post("/api/emit/batch", batch(toast("a", "role_Master"), toast("b", "role_Trader"), toast("c", "role_Master"))).want(t, 202)
		ids, _ := r.body["ids"].([]any)
		log := d.logged()
		if len(ids) != 3 || len(log) != 3 {
			t.Fatalf("%s, log %v", r.raw, log)
		}
		for i, e := range log {
			if e.ID != ids[i] || !strings.Contains(string(e.Payload), `"title":"`+"abc"[i:i+1]) {
				t.Errorf("event %d is %s", i, e.Payload)
			}
		}
		for name, c := range map[string]struct {
			body   string
			status int
			index  any
			path   any
		}{
			"shape of the second": {batch(toast("a", "role_Master"), `{"event":"notification","payload":{},"rooms":["role_Master"]}`), 422, 1., "payload.title"},
			"room of the third":   {batch(toast("a", "role_Master"), toast("b", "role_Master"), toast("c", "authenticated")), 403, 2., "rooms"},
			"name of the only":    {batch(`{"event":"x"}`), 404, 0., "event"},
			"not an object":       {batch(toast("a", "role_Master"), `7`), 422, 1., nil},
			"empty":               {batch(), 422, nil, "events"},
			"101":                 {batch(strings.Split(strings.Repeat(toast("a", "role_Master")+"\n", 101), "\n")[:101]...), 422, nil, "events"},
			"one alone":           {toast("a", "role_Master"), 422, nil, "event"},
		} {
			r := s.post("/api/emit/batch", c.body)
			if r.status != c.status || r.body["index"] != c.index || r.body["path"] != c.path {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
			if c.index != nil && !strings.HasPrefix(r.message(), fmt.Sprintf("events[%v]: ", c.index)) {
				t.Errorf("%s: the message names no index: %s", name, r.message())
			}
		}
		s.post("/api/emit/batch", batch(strings.Split(strings.Repeat(toast("a", "role_Master")+"\n", 100), "\n")[:100]...)).want(t, 202)
		if n := len(d.logged()); n != 103 {
			t.Errorf("%d events in the log", n)
		}
	})
}

// The same Idempotency-Key gives the same answer for 24 hours and one event, also
// when all requests come at once.
func TestEmitIdempotency(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s, other := d.service("*", "*"), d.service("*", "*")
		body := `{"event":"notification","payload":` + anyToast + `,"rooms":["role_Trader"]}`
		var mu sync.Mutex
		var running sync.WaitGroup
		answers, replayed := map[string]int{}, 0
		for range 8 {
			running.Go(func() {
				req, _ := http.NewRequest("POST", d.http.URL+"/api/emit", bytes.NewReader([]byte(body)))
				req.Header.Set("Authorization", "Bearer "+s.tok)
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Idempotency-Key", "k-1")
				resp, err := s.client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				var answer struct{ ID string }
				err = json.NewDecoder(resp.Body).Decode(&answer)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || resp.StatusCode != 202 {
					t.Errorf("status %d, %v", resp.StatusCode, err)
				}
				answers[answer.ID]++
				if resp.Header.Get("Idempotent-Replayed") == "true" {
					replayed++
				}
			})
		}
		running.Wait()
		if log := d.logged(); len(log) != 1 || answers[log[0].ID] != 8 || replayed != 7 {
			t.Fatalf("log %v, answers %v, %d replayed", log, answers, replayed)
		}
		d.advance(24*time.Hour - time.Second)
		if r := s.post("/api/emit", body, "Idempotency-Key", "k-1").want(t, 202); r.header.Get("Idempotent-Replayed") != "true" || r.body["id"] != d.logged()[0].ID {
			t.Errorf("%s %v", r.raw, r.header)
		}
		s.post("/api/emit", body+" ", "Idempotency-Key", "k-1").want(t, 422)
		s.post("/api/emit/batch", body, "Idempotency-Key", "k-1").want(t, 422)
		// Refusals are not kept: the request may come again when it is mended.
		s.post("/api/emit", `{"event":"x"}`, "Idempotency-Key", "k-2").want(t, 404)
		s.post("/api/emit", body, "Idempotency-Key", "k-2").want(t, 202)
		if r := other.post("/api/emit", body, "Idempotency-Key", "k-1").want(t, 202); r.header.Get("Idempotent-Replayed") != "" {
			t.Error("two services share an Idempotency-Key")
		}
		d.advance(time.Second)
		if r := s.post("/api/emit", body+" ", "Idempotency-Key", "k-1").want(t, 202); r.header.Get("Idempotent-Replayed") != "" {
			t.Error("replayed after its time")
		}
		if n := len(d.logged()); n != 4 {
			t.Errorf("%d events", n)
		}
	})
}

// Each key has a rate of its own, counted in events, and learns when to come back.
func TestEmitRate(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s, other := d.service("*", "*"), d.service("*", "*")
		body := `{"event":"dashboard_update"}`
		batch := `{"events":[` + strings.TrimSuffix(strings.Repeat(body+",", 60), ",") + `]}`
		s.post("/api/emit/batch", batch).want(t, 202)
		r := s.post("/api/emit/batch", batch).want(t, 429)
		if r.header.Get("Retry-After") != "2" || r.message() == "" {
			t.Errorf("%v %s", r.header, r.raw)
		}
		s.post("/api/emit", body).want(t, 202)
		other.post("/api/emit", body).want(t, 202)
		d.advance(3 * time.Second)
		s.post("/api/emit/batch", batch).want(t, 202)
	}, func(c *server.Config) { c.Events.EmitPerSecond = 10 })
}

// A database that is away is 503, and says so to the client's retries.
func TestEmitUnavailable(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s := d.service("*", "*")
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		client := events.NewClient(d.http.URL, s.tok, nil)
		p, err := events.NewPublication("notification", events.Notification{Title: "t", Message: "m", Type: events.NotifyInfo}, events.RoomAuthenticated)
		if err != nil {
			t.Fatal(err)
		}
		id, err := client.Emit(ctx, p)
		if err != nil || id != d.logged()[0].ID {
			t.Fatalf("%s, %v", id, err)
		}
		p.Rooms = []string{}
		var refused *events.EmitError
		if _, err = client.Emit(ctx, p); !errors.As(err, &refused) || refused.Status != 422 || refused.Path != "rooms" {
			t.Errorf("%v", err)
		}
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		r := s.post("/api/emit", `{"event":"dashboard_update"}`).want(t, 503)
		if r.header.Get("Retry-After") == "" || strings.Contains(string(r.raw), "sql") {
			t.Errorf("%v %s", r.header, r.raw)
		}
	})
}
