package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// toast records a notification for the rooms and returns its id.
func (d *desk) toast(title string, rooms ...string) string {
	d.t.Helper()
	payload, _ := json.Marshal(map[string]string{"title": title, "message": "m", "type": "info"})
	err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
		return tx.Record(models.EventRecord{Name: "notification", Payload: payload, Rooms: rooms, Entity: "toast/" + title})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	emitted := d.events()
	return emitted[len(emitted)-1].ID
}

// page is an answer of GET /api/events.
type page struct {
	titles []string
	ids    []string
	cursor string
	more   bool
}

func (p *person) eventsSince(query string) page {
	p.d.t.Helper()
	r := p.get("/api/events"+query).want(p.d.t, 200)
	if r.header.Get("Cache-Control") != "no-store" {
		p.d.t.Errorf("Cache-Control %q", r.header.Get("Cache-Control"))
	}
	var body struct {
		Events []struct {
			ID, Name, At, Entity string
			Payload              struct{ Title, Role string }
		}
		Cursor string
		More   bool
	}
	if err := json.Unmarshal(r.raw, &body); err != nil {
		p.d.t.Fatal(err)
	}
	out := page{cursor: body.Cursor, more: body.More}
	for _, e := range body.Events {
		title := e.Payload.Title
		if title == "" {
			title = e.Name
		}
		out.titles, out.ids = append(out.titles, title), append(out.ids, e.ID)
		if !strings.HasPrefix(e.At, "2026-01-1") {
			p.d.t.Errorf("%s at %q is no wall clock in Lima", e.Name, e.At)
		}
	}
	return out
}

func (p *person) wantEvents(query string, want ...string) page {
	p.d.t.Helper()
	got := p.eventsSince(query)
	if !reflect.DeepEqual(got.titles, want) {
		p.d.t.Errorf("%s%s got %v, want %v", p.user.Username, query, got.titles, want)
	}
	return got
}

// contract 5.1, 5.8: each user reads what it missed, and nothing else.
func TestEventsAudience(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, trader, operator := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		start := master.eventsSince("")
		if len(start.titles) != 0 || start.cursor == "" || start.more {
			t.Errorf("without since: %+v", start)
		}
		since := "?since=" + start.cursor
		d.toast("staff", "authenticated")
		d.toast("masters", "role_Master")
		d.toast("one", fmt.Sprintf("user_%d", trader.user.ID))
		d.toast("traders and one", "role_Trader", fmt.Sprintf("user_%d", operator.user.ID))
		m := master.wantEvents(since, "staff", "masters")
		trader.wantEvents(since, "staff", "one", "traders and one")
		operator.wantEvents(since, "staff", "traders and one")
		master.wantEvents("?since=" + m.cursor)
		// What is for a client alone is not for the staff.
		client := fmt.Sprint(master.addClient(newPerson(1))["dni"])
		err := d.store.Tx(context.Background(), func(tx *models.Tx) error {
			return tx.Record(models.EventRecord{
				Name: "operacion_completada", Rooms: []string{"client_" + client}, Except: []string{"authenticated"},
				Payload: json.RawMessage(`{"id":1,"operation_id":"EXP-1001","status":"Completada"}`),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		master.wantEvents("?since="+m.cursor, "client_created", "nuevo_cliente")
		d.stranger().get("/api/events"+since).want(t, 401)
	})
}

// Pages join without a gap or a repetition, whatever names the place.
func TestEventsPages(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		trader := d.join(models.Trader)
		from := trader.eventsSince("").cursor
		var ids []string
		for i := range 7 {
			d.toast(fmt.Sprint("hidden", i), "role_Master")
			ids = append(ids, d.toast(fmt.Sprint("t", i), "authenticated"))
		}
		d.toast("hidden", "role_Master")
		p := trader.wantEvents("?limit=3&since="+from, "t0", "t1", "t2")
		if !p.more {
			t.Error("more is not told")
		}
		p = trader.wantEvents("?limit=3&since="+p.cursor, "t3", "t4", "t5")
		last := trader.wantEvents("?limit=3&since="+p.cursor, "t6")
		if last.more {
			t.Error("more after the end")
		}
		// An id alone may repeat what could still have been uncommitted when it was recorded.
		if got := trader.eventsSince("?since=" + ids[4]).titles; len(got) < 2 || !slices.Equal(got[len(got)-2:], []string{"t5", "t6"}) || slices.Contains(got, "t4") {
			t.Errorf("after the id of t4: %v", got)
		}
		trader.wantEvents("?since="+ids[4]+"_"+p.cursor, "t6")
		if trader.wantEvents("?since="+last.cursor).cursor != last.cursor {
			t.Error("the cursor moved without an event")
		}
	})
}

// What was said to a role is for those who had it then (contract 5.9).
func TestEventsAfterRoleChange(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, changed := d.join(models.Master), d.join(models.Trader)
		since := "?since=" + changed.eventsSince("").cursor
		d.toast("masters before", "role_Master")
		d.toast("traders before", "role_Trader")
		master.json("PUT", "/users/api/update/"+itoa(changed.user.ID), map[string]any{"role": models.Master}).want(t, 200)
		d.toast("masters after", "role_Master")
		d.toast("traders after", "role_Trader")
		got := changed.eventsSince(since).titles
		for _, title := range got {
			if strings.HasSuffix(title, "before") || title == "traders after" {
				t.Errorf("the new Master reads %q of %v", title, got)
			}
		}
		if got[len(got)-1] != "masters after" {
			t.Errorf("the new Master reads %v", got)
		}
		// Also page by page, where the change comes pages later.
		paged := changed.eventsSince(since + "&limit=1")
		for seen := 0; paged.more && seen < 20; seen++ {
			if strings.HasSuffix(strings.Join(paged.titles, ""), "before") {
				t.Errorf("a page shows %v", paged.titles)
			}
			paged = changed.eventsSince("?limit=1&since=" + paged.cursor)
		}
	})
}

// A place that the log does not keep is 410, what is no place 422.
func TestEventsGoneAndRubbish(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		trader := d.join(models.Trader)
		old := trader.eventsSince("").cursor
		id := d.toast("old", "authenticated")
		d.advance(25 * time.Hour)
		if _, err := d.store.PurgeEvents(context.Background(), d.now().Add(-24*time.Hour), 1000); err != nil {
			t.Fatal(err)
		}
		trader = d.join(models.Trader)
		for name, since := range map[string]string{
			"a cursor before what went": old, "an event that went": id, "an unknown event": "01890000-0000-7000-8000-000000000000",
			"a cursor of another log": "zzzzzz", "an offset before what went": id + "_" + old,
		} {
			if r := trader.get("/api/events?since="+since).want(t, 410); r.message() == "" {
				t.Errorf("%s: no message: %s", name, r.raw)
			}
		}
		for _, query := range []string{
			"since=!", "since=a.b.c-", "since=" + strings.Repeat("a", 9000), "since=01890000-0000-7000-8000-00000000000g", "since=_", "since=-1",
			"limit=0", "limit=1001", "limit=x", "limit=-1&since=0", "since=" + url.QueryEscape("0' OR 1=1"), "since=%00",
		} {
			trader.get("/api/events?"+query).want(t, 422)
		}
		now := trader.eventsSince("").cursor
		d.toast("new", "authenticated")
		trader.wantEvents("?since="+now, "new")
	})
}

// An event whose transaction commits after a later one has been read is still read.
func TestEventsLateCommit(t *testing.T) {
	cfg := modelstest.Config(t, models.Postgres)
	d := &desk{t: t, clock: time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)}
	cfg.Now = d.now
	ctx := t.Context()
	store, err := models.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	d.open(store)
	trader := d.join(models.Trader)
	cursor := trader.eventsSince("").cursor
	conn, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	late, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = late.Exec(ctx, `INSERT INTO event_log (id, name, payload, rooms, created_at)
		VALUES ('01890000-0000-7000-8000-000000000001', 'notification', '{"title":"late","message":"m","type":"info"}', '["authenticated"]', $1)`, d.now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	id := d.toast("early", "authenticated")
	early := trader.wantEvents("?since="+cursor, "early")
	trader.wantEvents("?since=" + early.cursor)
	if err := late.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	after := trader.wantEvents("?since="+early.cursor, "late")
	trader.wantEvents("?since=" + after.cursor)
	if got := trader.eventsSince("?since=" + id).titles; !slices.Contains(got, "late") || slices.Contains(got, "early") {
		t.Errorf("after the id of early: %v", got)
	}
}
