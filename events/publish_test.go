package events_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

const (
	created   = `{"operation_id":"EXP-1001","client_name":null,"operation_type":"Compra","amount_usd":1000,"status":"Pendiente","created_by":"tina"}`
	forClient = `{"id":7,"operation_id":"EXP-1001","status":"En proceso"}`
	assigned  = `{"operation_id":"E","operation_db_id":7,"client_name":null,"operation_type":"Venta","amount_usd":1.50,"status":"s","message":"m"}`
	handed    = `{"operation_id":"E","operation_db_id":7,"client_name":null,"operation_type":"Venta","amount_usd":1.50,"status":"s","message":"m","old_operator_name":"a","new_operator_name":"b","reassigned_by":"c"}`
	clientNew = `{"client_id":3,"client":{"full_name":"ANA","razon_social":null,"dni":"12345678"},"created_by":"tina"}`
	toast     = `{"title":"t","message":"m","type":"info"}`
)

func publication(event, payload string, rooms ...string) events.Publication {
	return events.Publication{Event: event, Payload: json.RawMessage(payload), Rooms: rooms}
}

// contract 2.1 to 2.3: what a door lets through, in the form that the server gives it.
func TestCheckAccepts(t *testing.T) {
	for name, c := range map[string]struct {
		p             events.Publication
		payload       string
		rooms, except []string
	}{
		"money as the contract writes it": {publication("nueva_operacion", created), strings.Replace(created, "1000", "1000.0", 1), []string{"authenticated"}, nil},
		"order of the struct, spaces gone": {publication("operacion_cancelada", `{ "reason": "r <b>", "client_name": "Ñ", "operation_id": "E" }`),
			`{"operation_id":"E","client_name":"Ñ","reason":"r \u003cb\u003e"}`, []string{"authenticated"}, nil},
		"the staff's row by its rooms":    {publication("operacion_actualizada", `{"operation_id":"E","client_name":null,"status":"s","old_status":null}`, "authenticated"), `{"operation_id":"E","client_name":null,"status":"s","old_status":null}`, []string{"authenticated"}, nil},
		"the client's row by its rooms":   {publication("operacion_actualizada", forClient, "client_12345678"), forClient, []string{"client_12345678"}, []string{"authenticated"}},
		"assigned":                        {publication("operacion_asignada", assigned, "user_4"), strings.Replace(assigned, "1.50", "1.5", 1), []string{"user_4"}, nil},
		"reassigned, same name and rooms": {publication("operacion_asignada", handed, "user_4"), strings.Replace(handed, "1.50", "1.5", 1), []string{"user_4"}, nil},
		"nested":                          {publication("client_created", clientNew), clientNew, []string{"authenticated"}, nil},
		"union of rooms, each once":       {publication("notification", toast, "role_Master", "user_9", "role_Master"), toast, []string{"role_Master", "user_9"}, nil},
		"no payload is {}":                {publication("dashboard_update", ""), `{}`, []string{"authenticated"}, nil},
		"public, with a time": {publication("tipos_cambio_actualizados", `{"compra":3.7,"venta":3.75,"updated_by":"x","updated_at":"2025-01-15T10:20:30.5"}`),
			`{"compra":3.7,"venta":3.75,"updated_by":"x","updated_at":"2025-01-15T10:20:30.500000"}`, []string{"public"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := events.Check(c.p, events.Unlimited())
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Payload) != c.payload || !reflect.DeepEqual(got.Rooms, c.rooms) || !reflect.DeepEqual(got.Except, c.except) {
				t.Errorf("%s -> %v - %v", got.Payload, got.Rooms, got.Except)
			}
			if len(got.ID) != 36 || got.ID[14] != '7' || got.Name != c.p.Event || got.Latest != (c.p.Event == "dashboard_update") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What a door refuses, with the code and the JSON path of the first fault.
func TestCheckRefuses(t *testing.T) {
	narrow := events.Scope{Events: []string{"notification", "nueva_operacion"}, Audiences: []string{"role_*", "user_7"}}
	all := events.Unlimited()
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	for name, c := range map[string]struct {
		p     events.Publication
		scope events.Scope
		code  models.Code
		path  string
	}{
		"unknown name":                     {publication("operacion", created), all, models.NotFound, "event"},
		"no name":                          {publication("", created), all, models.NotFound, "event"},
		"a reply":                          {publication("refresh_dashboard", `{"message":"m"}`, "user_1"), all, models.NotFound, "event"},
		"a reply to one socket":            {publication("joined_room", `{"room":"r","dni":"d"}`, "<this socket>"), all, models.NotFound, "event"},
		"a change of role":                 {publication("session_updated", `{"role":"Master"}`, "user_1"), all, models.NotFound, "event"},
		"an inbound name":                  {publication("operation_created", `{}`), all, models.NotFound, "event"},
		"name out of scope":                {publication("nuevo_cliente", `{}`), narrow, models.Forbidden, "event"},
		"no scope at all":                  {publication("nueva_operacion", created), events.Scope{}, models.Forbidden, "event"},
		"room out of scope":                {publication("notification", toast, "user_70"), narrow, models.Forbidden, "rooms"},
		"one of two rooms out of scope":    {publication("notification", toast, "role_Master", "authenticated"), narrow, models.Forbidden, "rooms"},
		"default room out of scope":        {publication("nueva_operacion", created), narrow, models.Forbidden, "rooms"},
		"scope before shape":               {publication("notification", `{}`, "authenticated"), narrow, models.Forbidden, "rooms"},
		"no room given":                    {publication("notification", toast), all, models.Unprocessable, "rooms"},
		"no room is nobody":                {events.Publication{Event: "nueva_operacion", Payload: json.RawMessage(created), Rooms: []string{}}, all, models.Unprocessable, "rooms"},
		"room of another row":              {publication("nueva_operacion", created, "public"), all, models.Unprocessable, "rooms[0]"},
		"narrower than the row":            {publication("nueva_operacion", created, "role_Master"), all, models.Unprocessable, "rooms[0]"},
		"a pattern as a room":              {publication("notification", toast, "authenticated", "role_<Role>"), all, models.Unprocessable, "rooms[1]"},
		"a star as a room":                 {publication("notification", toast, "role_*"), all, models.Unprocessable, "rooms[0]"},
		"unknown role":                     {publication("notification", toast, "role_Jefe"), all, models.Unprocessable, "rooms[0]"},
		"user without number":              {publication("notification", toast, "user_"), all, models.Unprocessable, "rooms[0]"},
		"user with zeros":                  {publication("notification", toast, "user_007"), all, models.Unprocessable, "rooms[0]"},
		"user and a line":                  {publication("notification", toast, "user_7\n"), all, models.Unprocessable, "rooms[0]"},
		"short document":                   {publication("operacion_completada", forClient, "client_123"), all, models.Unprocessable, "rooms[0]"},
		"empty room":                       {publication("notification", toast, ""), all, models.Unprocessable, "rooms[0]"},
		"rooms of both rows":               {publication("operacion_actualizada", forClient, "authenticated", "client_12345678"), all, models.Unprocessable, "rooms"},
		"too many rooms":                   {publication("notification", toast, make([]string, 101)...), all, models.Unprocessable, "rooms"},
		"staff's payload for the client":   {publication("operacion_actualizada", `{"operation_id":"E","client_name":null,"status":"s","old_status":null}`, "client_12345678"), all, models.Unprocessable, "payload.client_name"},
		"not an object":                    {publication("nueva_operacion", `[]`), all, models.Unprocessable, "payload"},
		"null":                             {publication("nueva_operacion", `null`), all, models.Unprocessable, "payload"},
		"not JSON":                         {publication("nueva_operacion", `{"a":}`), all, models.Unprocessable, "payload"},
		"two values":                       {publication("dashboard_update", `{} {}`), all, models.Unprocessable, "payload"},
		"too long":                         {publication("nueva_operacion", `{"x":"`+strings.Repeat("a", 70_000)+`"}`), all, models.Unprocessable, "payload"},
		"too deep":                         {publication("dashboard_update", deep), all, models.Unprocessable, "payload.a"},
		"missing field":                    {publication("notification", `{"title":"t","message":"m"}`, "user_7"), all, models.Unprocessable, "payload.type"},
		"unknown field":                    {publication("dashboard_update", `{"message":"m"}`), all, models.Unprocessable, "payload.message"},
		"odd unknown field":                {publication("dashboard_update", `{"a.b":"m"}`), all, models.Unprocessable, `payload["a.b"]`},
		"another case":                     {publication("notification", `{"Title":"t","message":"m","type":"info"}`, "user_7"), all, models.Unprocessable, "payload.Title"},
		"repeated field":                   {publication("notification", `{"title":"t","title":"u","message":"m","type":"info"}`, "user_7"), all, models.Unprocessable, "payload.title"},
		"null for a text":                  {publication("notification", `{"title":null,"message":"m","type":"info"}`, "user_7"), all, models.Unprocessable, "payload.title"},
		"number for a text":                {publication("notification", `{"title":1,"message":"m","type":"info"}`, "user_7"), all, models.Unprocessable, "payload.title"},
		"NUL in a text":                    {publication("notification", `{"title":"\u0000","message":"m","type":"info"}`, "user_7"), all, models.Unprocessable, "payload.title"},
		"not one of":                       {publication("notification", `{"title":"t","message":"m","type":"fatal"}`, "user_7"), all, models.Unprocessable, "payload.type"},
		"money as text":                    {publication("nueva_operacion", strings.Replace(created, "1000", `"1000.0"`, 1)), all, models.Unprocessable, "payload.amount_usd"},
		"money of no measure":              {publication("nueva_operacion", strings.Replace(created, "1000", `1e999999`, 1)), all, models.Unprocessable, "payload.amount_usd"},
		"fraction for an integer":          {publication("operacion_actualizada", strings.Replace(forClient, "7", "7.0", 1), "client_12345678"), all, models.Unprocessable, "payload.id"},
		"integer too large":                {publication("operacion_actualizada", strings.Replace(forClient, "7", "99999999999999999999", 1), "client_12345678"), all, models.Unprocessable, "payload.id"},
		"nested missing":                   {publication("client_created", strings.Replace(clientNew, `,"dni":"12345678"`, "", 1)), all, models.Unprocessable, "payload.client.dni"},
		"nested unknown":                   {publication("client_created", strings.Replace(clientNew, `"dni"`, `"bank":1,"dni"`, 1)), all, models.Unprocessable, "payload.client.bank"},
		"nested null":                      {publication("client_created", `{"client_id":3,"client":null,"created_by":"t"}`), all, models.Unprocessable, "payload.client"},
		"time with zone":                   {publication("tipos_cambio_actualizados", `{"compra":3.7,"venta":3.75,"updated_by":"x","updated_at":"2025-01-15T10:20:30Z"}`), all, models.Unprocessable, "payload.updated_at"},
		"a day that is not":                {publication("tipos_cambio_actualizados", `{"compra":3.7,"venta":3.75,"updated_by":"x","updated_at":"2025-02-30T10:20:30"}`), all, models.Unprocessable, "payload.updated_at"},
		"the nearer of two rows, long":     {publication("operacion_asignada", strings.Replace(handed, `,"reassigned_by":"c"`, "", 1), "user_4"), all, models.Unprocessable, "payload.reassigned_by"},
		"the nearer of two rows, short":    {publication("operacion_asignada", strings.Replace(assigned, `,"message":"m"`, "", 1), "user_4"), all, models.Unprocessable, "payload.message"},
		"entity too long":                  {events.Publication{Event: "dashboard_update", Entity: strings.Repeat("x", 81)}, all, models.Unprocessable, "entity"},
		"entity that no database can keep": {events.Publication{Event: "dashboard_update", Entity: "a\x00"}, all, models.Unprocessable, "entity"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := events.Check(c.p, c.scope)
			var fault *events.Fault
			if !errors.As(err, &fault) || fault.Path != c.path || models.CodeOf(err) != c.code {
				t.Errorf("got %+v, error %v, want %s at %s", got, err, c.code, c.path)
			}
		})
	}
}

// Every publishable row can be published: no field type is unknown to the check,
// and the payload that the server itself encodes passes unchanged.
func TestCheckTakesEveryRow(t *testing.T) {
	names, err := events.EventNames()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range events.All() {
		if !row.Publishable() {
			continue
		}
		n++
		payload, _ := json.Marshal(row.Payload)
		text := strings.Replace(string(payload), `"type":""`, `"type":"info"`, 1)
		text = strings.Replace(text, `"0001-01-01T00:00:00"`, `"2025-01-15T10:20:30"`, 1)
		rooms := append([]string(nil), row.Audience.Rooms...)
		for i, r := range rooms {
			rooms[i] = strings.NewReplacer("<id>", "7", "<dni>", "12345678", "<Role>", "Master").Replace(r)
		}
		got, err := events.Check(publication(row.Name, text, rooms...), events.Unlimited())
		if err != nil || string(got.Payload) != text {
			t.Errorf("%s: %s, %v", row.Name, got.Payload, err)
		}
		if _, err := events.Check(publication(row.Name, strings.Replace(text, "{", `{"x":1,`, 1), rooms...), events.Unlimited()); models.CodeOf(err) != models.Unprocessable {
			t.Errorf("%s with another field: %v", row.Name, err)
		}
	}
	if len(names) != n {
		t.Errorf("%d names for the database, want %d", len(names), n)
	}
}

// A scope that could never match is a slip of who makes the key.
func TestScopeValidate(t *testing.T) {
	for _, c := range []struct {
		events, audiences string
		ok                bool
	}{
		{"*", "*", true}, {"notification nueva_operacion", "role_* authenticated user_7 client_*", true}, {"*", "role_Master client_1* public", true},
		{"", "*", false}, {"*", "", false}, {"nueva_operation", "*", false}, {"joined_room", "*", false}, {"session_updated", "*", false}, {"**", "*", false},
		{"*", "role_Jefe", false}, {"*", "rol_*", false}, {"*", "user_x", false}, {"*", "everybody", false}, {"*", "auth ntic", false}, {"*", "role_<Role>", false},
	} {
		err := events.Scope{Events: strings.Fields(c.events), Audiences: strings.Fields(c.audiences)}.Validate()
		if (err == nil) != c.ok {
			t.Errorf("%q -> %q: %v", c.events, c.audiences, err)
		}
	}
}

// The body of the HTTP doors, read strictly.
func TestParsePublications(t *testing.T) {
	p, err := events.ParsePublication([]byte(` {"event":"x","payload":{"a":[1, 2]},"rooms":["a","b"],"entity":"e/1"} `))
	if err != nil || p.Event != "x" || string(p.Payload) != `{"a":[1, 2]}` || len(p.Rooms) != 2 || p.Entity != "e/1" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = events.ParsePublication([]byte(`{"event":"x","rooms":null,"entity":null}`)); err != nil || p.Rooms != nil {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = events.ParsePublication([]byte(`{"event":"x","rooms":[]}`)); err != nil || p.Rooms == nil {
		t.Errorf("an empty list became no list: %+v, %v", p, err)
	}
	list, err := events.ParseBatch([]byte(`{"events":[{"event":"x"},{"event":"y"}]}`), 2)
	if err != nil || len(list) != 2 || list[1].Event != "y" {
		t.Errorf("%+v, %v", list, err)
	}
	for text, want := range map[string]string{
		`{"event":`: "invalid ", `null`: "unprocessable ", `[]`: "unprocessable ", `{}`: "unprocessable event", `{"event":1}`: "unprocessable event", `{"event":"x","to":1}`: "unprocessable to",
		`{"event":"x","event":"y"}`: "unprocessable event", `{"event":"x","rooms":"a"}`: "unprocessable rooms", `{"event":"x","rooms":["a",null]}`: "unprocessable rooms[1]",
		`{"event":"x","entity":1}`: "unprocessable entity",
	} {
		_, err := events.ParsePublication([]byte(text))
		if got := faultOf(err); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`[{"event":"x"}]`: "invalid ", `{"events":[]}`: "unprocessable events", `{}`: "unprocessable events", `{"events":[{},{},{}]}`: "unprocessable events",
		`{"events":[{"event":"x"},{"event":2}]}`: "1 unprocessable event", `{"events":[{"event":"x"},null]}`: "1 unprocessable ", `{"events":[],"all":true}`: "unprocessable all",
	} {
		_, err := events.ParseBatch([]byte(text), 2)
		if got := faultOf(err); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func faultOf(err error) string {
	var at string
	var batch *events.BatchFault
	if errors.As(err, &batch) {
		at = string(rune('0'+batch.Index)) + " "
	}
	var fault *events.Fault
	if !errors.As(err, &fault) {
		return "no fault"
	}
	return at + string(models.CodeOf(err)) + " " + fault.Path
}

// contract 2.3: a toast goes where it is addressed and nowhere else.
func TestEmitNotification(t *testing.T) {
	var j journal
	n := events.Notification{Title: "t", Message: "m", Type: events.NotifyWarning}
	if err := events.EmitNotification(&j, n, events.RoomRole(models.Trader), events.RoomUser(4)); err != nil {
		t.Fatal(err)
	}
	if got := j.lines(); len(got) != 1 || got[0] != `notification -> [role_Trader user_4] - [] {"title":"t","message":"m","type":"warning"}` {
		t.Errorf("%v", got)
	}
	j = nil
	for name, err := range map[string]error{
		"nobody": events.EmitNotification(&j, n), "public": events.EmitNotification(&j, n, events.RoomPublic), "client": events.EmitNotification(&j, n, "client_12345678"),
		"type": events.EmitNotification(&j, events.Notification{Type: "loud"}, events.RoomAuthenticated),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if len(j) != 0 {
		t.Errorf("recorded %v", j.lines())
	}
}
