package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// The log is searched backwards, by what an event is and by whom it was for, and private
// fields are hidden.
func TestConsoleSearchesTheLog(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master, ana, bob := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		// Ids tell their time, by which what was is told from what never was.
		old := fmt.Sprintf("%012x", d.now().Add(-time.Second).UnixMilli())
		old = old[:8] + "-" + old[8:] + "-7000-8000-000000000000"
		d.note(models.EventRecord{ID: old, Name: "notification", Payload: json.RawMessage(`{"title":"t","message":"m","type":"info"}`), Rooms: []string{events.RoomAuthenticated}})
		master.eventStory(old, "")
		var ids []string
		for i := range 7 {
			room := events.RoomUser(ana.user.ID)
			if i%2 == 1 {
				room = events.RoomRole(models.Operador)
			}
			ids = append(ids, d.toast(fmt.Sprint(i), room))
		}
		d.client("87654321", "Persona Secreta")
		ofClient := d.note(models.EventRecord{
			Name: "operacion_actualizada", Payload: json.RawMessage(`{"id":1,"operation_id":"E","status":"Pendiente"}`),
			Rooms: []string{events.RoomClient("12345678")}, Except: []string{events.RoomAuthenticated}, Entity: "operation/1",
		})
		search := func(query string) (got []string, raw string, next any) {
			t.Helper()
			r := master.get("/console/api/events"+query).want(t, 200)
			for _, e := range r.body["events"].([]any) {
				got = append(got, e.(map[string]any)["id"].(string))
			}
			if (r.body["next"] != nil) != r.body["more"].(bool) {
				t.Errorf("%s", r.raw)
			}
			return got, string(r.raw), r.body["next"]
		}
		back := slices.Clone(ids)
		slices.Reverse(back)
		all, raw, _ := search("")
		if back = append(back, old); len(all) != 11 || all[0] != ofClient || !slices.Equal(all[3:], back) {
			t.Errorf("%v", all)
		}
		if low := strings.ToLower(raw); strings.Contains(low, "secreta") || strings.Contains(low, "87654321") || strings.Contains(low, "12345678") || !strings.Contains(raw, "client_•••") {
			t.Errorf("private: %s", raw)
		}
		for query, want := range map[string][]string{
			"?name=notification": back,
			"?name=nuevo_cliente&user_id=" + itoa(ana.user.ID): all[1:2],
			"?entity=toast/3":       {ids[3]},
			"?entity=toast/%25":     nil,
			"?room=role_Operador":   {ids[5], ids[3], ids[1]},
			"?room=role_Opera":      nil,
			"?room=client_12345678": {ofClient},
			"?room=%25":             nil,
			"?user_id=" + itoa(bob.user.ID) + "&name=notification": {ids[5], ids[3], ids[1], old},
			"?before=" + ids[2]:  {ids[1], ids[0], old},
			"?name=user_deleted": nil,
		} {
			if got, _, _ := search(query); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		var paged []string
		for query := "?name=notification&limit=3"; ; {
			got, _, next := search(query)
			paged = append(paged, got...)
			if next == nil {
				break
			}
			query = "?name=notification&limit=3&before=" + next.(string)
		}
		if !slices.Equal(paged, back) {
			t.Errorf("%v", paged)
		}
		for _, query := range []string{"?limit=0", "?limit=201", "?limit=x", "?name=nobody", "?before=x", "?user_id=x", "?user_id=0", "?entity=%00", "?room=" + strings.Repeat("a", 101)} {
			wantRefusal(t, master.get("/console/api/events"+query), 400)
		}
		wantRefusal(t, master.get("/console/api/events?user_id=999999"), 404)
		wantRefusal(t, master.get("/console/api/events?before=018f0000-0000-7000-8000-000000000000"), 404)

		one := master.eventStory(ids[0], "")
		if e := one.Event; e["id"] != ids[0] || e["class"] != "durable" || e["expires_at"] != "2026-01-16T17:00:00.123Z" || e["entity"] != "toast/0" || e["payload"].(map[string]any)["type"] != "info" {
			t.Errorf("%v", e)
		}
		for path, status := range map[string]int{"x": 404, "018f0000-0000-7000-8000-000000000000": 404, ids[0] + "?user_id=x": 400, ids[0] + "?user_id=999999": 404} {
			wantRefusal(t, master.get("/console/api/events/"+path), status)
		}
		// What was purged is gone.
		if _, err := d.store.PurgeEvents(t.Context(), d.now().Add(time.Hour), 1); err != nil {
			t.Fatal(err)
		}
		if got, _, next := search(""); len(got) != 0 || next != nil {
			t.Errorf("%v %v", got, next)
		}
		wantRefusal(t, master.get("/console/api/events/"+old), 410)
		wantRefusal(t, master.get("/console/api/events?before="+old), 410)
		wantRefusal(t, master.json("POST", actions+"resend", object{"event_id": old, "reason": "prueba"}), 410)
		wantRefusal(t, master.get("/console/api/events/018f0000-0000-4000-8000-000000000000"), 404)
	})
}
