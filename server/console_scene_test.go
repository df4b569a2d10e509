package server_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
	"github.com/relevo/relevo/server/live/livetest"
)

// prompt asks clients soon for confirmations.
func prompt(cfg *server.Config) { cfg.Socket.ConfirmAfter = 20 * time.Millisecond }

// reluctant asks nobody while a test lasts.
func reluctant(cfg *server.Config) {
	cfg.Socket.ConfirmAfter, cfg.Socket.PingInterval = time.Hour, time.Hour
}

// toldStory is a story as the console tells it.
type toldStory struct {
	UserID                      int64 `json:"user_id"`
	State                       string
	Via, SID, Transport, Reason *string
	Node                        *string
	At                          *time.Time
	AfterMS                     *int64 `json:"after_ms"`
	Sockets                     int64
	ConfirmedSockets            int64 `json:"confirmed_sockets"`
	Why                         struct{ ES, EN string }
	Next                        *struct{ ES, EN string }
}

// toldEvent is an event with its stories.
type toldEvent struct {
	Event   map[string]any
	Summary map[string]int64
	People  []toldStory
	More    bool
}

func (p *person) eventStory(id, query string) toldEvent {
	p.d.t.Helper()
	var out toldEvent
	if err := json.Unmarshal(p.get("/console/api/events/"+id+query).want(p.d.t, 200).raw, &out); err != nil {
		p.d.t.Fatal(err)
	}
	return out
}

// story waits until the console tells the state of one user and one event.
func (p *person) story(event string, of *person, state string) toldStory {
	p.d.t.Helper()
	for end := time.Now().Add(livetest.Patience); ; time.Sleep(10 * time.Millisecond) {
		people := p.eventStory(event, "?user_id="+itoa(of.user.ID)).People
		if len(people) != 1 || people[0].UserID != of.user.ID || people[0].Why.ES == "" || people[0].Why.EN == "" {
			p.d.t.Fatalf("%+v", people)
		}
		if people[0].State == state {
			return people[0]
		}
		if time.Now().After(end) {
			p.d.t.Fatalf("%+v, want %s", people[0], state)
		}
	}
}

// sees fails the test when a part of the story is another one; an empty one is null.
func (s toldStory) sees(t *testing.T, via, reason string) {
	t.Helper()
	for name, part := range map[string]struct {
		got  *string
		want string
	}{"via": {s.Via, via}, "reason": {s.Reason, reason}} {
		if got := part.got; (got == nil) != (part.want == "") || got != nil && *got != part.want {
			t.Errorf("%s of %+v: want %q", name, s, part.want)
		}
	}
}

// emptied waits until the process knows of so many sockets.
func (d *desk) emptied(left int) {
	d.t.Helper()
	for end := time.Now().Add(livetest.Patience); d.app.OpenSockets() != left; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("%d sockets are open, want %d", d.app.OpenSockets(), left)
		}
	}
}

// returned connects as a client does that was cut off and knows its session.
func (p *person) returned(before *livetest.Client, transport string) *livetest.Client {
	p.d.t.Helper()
	auth := map[string]string{"pid": before.PID}
	for _, e := range before.Events() {
		if offset := e.Offset(); offset != "" {
			auth["offset"] = offset
		}
	}
	text, _ := json.Marshal(auth)
	c, err := livetest.Connect(p.d.t.Context(), livetest.Dial{URL: p.d.http.URL, Transport: transport, Jar: p.client.Jar, Auth: string(text)})
	if err != nil {
		p.d.t.Fatal(err)
	}
	p.d.t.Cleanup(c.Close)
	return c
}

// note records an event as it stands and returns its id.
func (d *desk) note(e models.EventRecord) string {
	d.t.Helper()
	if err := d.store.Tx(context.Background(), func(tx *models.Tx) error { return tx.Record(e) }); err != nil {
		d.t.Fatal(err)
	}
	emitted := d.events()
	return emitted[len(emitted)-1].ID
}

// handed waits until the process has handed the event to its sockets.
func (d *desk) handed(id string) {
	d.t.Helper()
	e, err := d.store.EventByID(context.Background(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	for end := time.Now().Add(livetest.Patience); !d.app.Delivered().Covers(e.Seq); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("%s is not delivered", id)
		}
	}
}

// record commits an event for everybody signed in and returns its id.
func (w *world) record(title string) string {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	payload, _ := json.Marshal(map[string]string{"title": title, "message": "m", "type": "info"})
	err := w.d.store.Tx(context.Background(), func(tx *models.Tx) error {
		return tx.Record(models.EventRecord{ID: id, Name: "notification", Payload: payload, Rooms: []string{events.RoomAuthenticated}})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}
