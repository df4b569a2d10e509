package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// sqlDoor is a migrated Postgres store that knows the table of events, and a
// connection of another program.
func sqlDoor(t *testing.T) (*models.Store, *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	cfg := modelstest.Config(t, models.Postgres)
	store, err := models.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	teach(t, store)
	conn, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	return store, conn
}

func teach(t *testing.T, store *models.Store) {
	t.Helper()
	names, err := events.EventNames()
	if err == nil {
		err = store.SetEventNames(context.Background(), names)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const sqlEmit = `SELECT relevo_emit($1, $2::jsonb, $3, $4)`

// An event of another program's transaction is in the log exactly when that commits.
func TestSQLEmit(t *testing.T) {
	ctx := context.Background()
	store, conn := sqlDoor(t)
	teach(t, store) // a second start changes nothing
	logged := func() []models.LoggedEvent {
		list, err := store.EventsAfter(ctx, models.EventCursor{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	emit := func(tx pgx.Tx, name, payload string, rooms []string, entity string) (id string) {
		t.Helper()
		if err := tx.QueryRow(ctx, sqlEmit, name, payload, rooms, entity).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	begin := func() pgx.Tx {
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	tx := begin()
	emit(tx, "dashboard_update", "{}", []string{"authenticated"}, "")
	if n := len(logged()); n != 0 {
		t.Errorf("%d uncommitted events are seen", n)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Second)
	tx = begin()
	first := emit(tx, "operacion_actualizada", forClientJSON, []string{"client_12345678", "client_12345678"}, "operation/7")
	second := emit(tx, "notification", anyToast, []string{"role_Master", "user_7"}, "")
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	log := logged()
	if len(log) != 2 || log[0].ID != first || log[1].ID != second || first >= second {
		t.Fatalf("%+v", log)
	}
	e := log[0]
	var payload events.OperationForClient
	if err := json.Unmarshal(e.Payload, &payload); err != nil || payload != (events.OperationForClient{ID: 7, OperationID: "EXP-1001", Status: "En proceso"}) {
		t.Errorf("payload %s, %v", e.Payload, err)
	}
	if len(e.Rooms) != 1 || e.Rooms[0] != "client_12345678" || len(e.Except) != 1 || e.Except[0] != "authenticated" || e.Entity != "operation/7" {
		t.Errorf("%+v", e)
	}
	if len(first) != 36 || first[14] != '7' || !strings.ContainsRune("89ab", rune(first[19])) {
		t.Errorf("%s is no UUIDv7", first)
	}
	if e.At.Before(before) || e.At.After(time.Now().Add(time.Second)) || len(log[1].Rooms) != 2 {
		t.Errorf("%+v", log)
	}
}

const forClientJSON = `{"id":7,"operation_id":"EXP-1001","status":"En proceso"}`

// Every row that the check lets through passes here too, and the same things are refused.
func TestSQLEmitHoldsTheTable(t *testing.T) {
	ctx := context.Background()
	store, conn := sqlDoor(t)
	for _, row := range events.All() {
		if !row.Publishable() {
			continue
		}
		payload, _ := json.Marshal(row.Payload)
		text := strings.Replace(string(payload), `"type":""`, `"type":"info"`, 1)
		rooms := append([]string(nil), row.Audience.Rooms...)
		for i, r := range rooms {
			rooms[i] = strings.NewReplacer("<id>", "7", "<dni>", "12345678", "<Role>", "Master").Replace(r)
		}
		var id string
		if err := conn.QueryRow(ctx, sqlEmit, row.Name, text, rooms, "").Scan(&id); err != nil {
			t.Errorf("%s %s: %v", row.Name, text, err)
		}
	}
	taken := func() int {
		list, err := store.EventsAfter(ctx, models.EventCursor{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := taken()
	op := `{"operation_id":"E","client_name":null,"operation_type":"Compra","amount_usd":1000,"status":"s","created_by":"x"}`
	client := `{"client_id":3,"client":{"full_name":null,"razon_social":null,"dni":"1"},"created_by":"t"}`
	staff := []string{"authenticated"}
	for name, c := range map[string]struct {
		event, payload any
		rooms          []string
		entity, want   string
	}{
		"unknown":             {"nope", "{}", staff, "", "unknown event"},
		"null name":           {nil, "{}", staff, "", "unknown event"},
		"a reply":             {"joined_room", `{"room":"r","dni":"d"}`, staff, "", "unknown event"},
		"a change of role":    {"session_updated", `{"role":"Master"}`, []string{"user_1"}, "", "unknown event"},
		"no rooms":            {"nueva_operacion", op, []string{}, "", "no room means nobody"},
		"null rooms":          {"nueva_operacion", op, nil, "", "no room means nobody"},
		"other rooms":         {"nueva_operacion", op, []string{"public"}, "", "does not go to these rooms"},
		"a room too many":     {"nueva_operacion", op, []string{"authenticated", "public"}, "", "does not go to these rooms"},
		"rooms of two rows":   {"operacion_actualizada", forClientJSON, []string{"authenticated", "client_12345678"}, "", "does not go to these rooms"},
		"a line in the room":  {"notification", anyToast, []string{"user_7\n"}, "", "does not go to these rooms"},
		"unknown role":        {"notification", anyToast, []string{"role_Jefe"}, "", "does not go to these rooms"},
		"null payload":        {"dashboard_update", nil, staff, "", "payload must be an object"},
		"a list":              {"dashboard_update", "[]", staff, "", "payload must be an object"},
		"unknown field":       {"dashboard_update", `{"a":1}`, staff, "", "payload.a is not a field"},
		"missing field":       {"notification", `{"title":"t","type":"info"}`, staff, "", "payload.message is missing"},
		"money as text":       {"nueva_operacion", strings.Replace(op, "1000", `"1000"`, 1), staff, "", "payload.amount_usd"},
		"null text":           {"nueva_operacion", strings.Replace(op, `"s"`, "null", 1), staff, "", "payload.status"},
		"fraction":            {"operacion_actualizada", strings.Replace(forClientJSON, "7", "7.5", 1), []string{"client_12345678"}, "", "payload.id"},
		"not one of":          {"notification", strings.Replace(anyToast, "info", "loud", 1), staff, "", "payload.type"},
		"nested missing":      {"client_created", strings.Replace(client, `,"dni":"1"`, "", 1), staff, "", "payload.client.dni is missing"},
		"nested null":         {"client_created", `{"client_id":3,"client":null,"created_by":"t"}`, staff, "", "payload.client must be an object"},
		"time with zone":      {"tipos_cambio_actualizados", `{"compra":1,"venta":2,"updated_by":"x","updated_at":"2025-01-15T10:20:30Z"}`, []string{"public"}, "", "payload.updated_at"},
		"staff's to a client": {"operacion_completada", op, []string{"client_12345678"}, "", "payload."},
		"long entity":         {"dashboard_update", "{}", staff, strings.Repeat("x", 81), "80 characters"},
		"long payload":        {"dashboard_update", `{"a":"` + strings.Repeat("x", 70_000) + `"}`, staff, "", "65536 bytes"},
	} {
		var id string
		err := conn.QueryRow(ctx, sqlEmit, c.event, c.payload, c.rooms, c.entity).Scan(&id)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "22023" || !strings.Contains(refused.Message, c.want) {
			t.Errorf("%s: id %q, %v", name, id, err)
		}
	}
	if n := taken(); n != before {
		t.Errorf("%d refused events were recorded", n-before)
	}
}

// A role with nothing but EXECUTE may emit, one without may not, and neither fools
// the function with tables of its own.
func TestSQLEmitRights(t *testing.T) {
	ctx := context.Background()
	store, conn := sqlDoor(t)
	role := "door_" + strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(models.NewToken()[:12]))
	run := func(sql string) error { _, err := conn.Exec(ctx, sql); return err }
	must := func(sql string) {
		t.Helper()
		if err := run(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	must("CREATE ROLE " + role)
	t.Cleanup(func() { must("RESET ROLE"); must("DROP OWNED BY " + role); must("DROP ROLE " + role) })
	call := `SELECT relevo_emit('dashboard_update', '{}', ARRAY['authenticated'])`
	must("SET ROLE " + role)
	var refused *pgconn.PgError
	if err := run(call); !errors.As(err, &refused) || refused.Code != "42501" {
		t.Errorf("without the right: %v", err)
	}
	must("RESET ROLE")
	must("GRANT EXECUTE ON FUNCTION relevo_emit(text, jsonb, text[], text) TO " + role)
	must("SET ROLE " + role)
	must(call)
	must("CREATE TEMP TABLE event_names (name text, variant int, rooms text, except_rooms text, shape jsonb)")
	must(`INSERT INTO event_names VALUES ('forged', 0, '.*', '[]', '{}')`)
	if err := run(`SELECT relevo_emit('forged', '{}', ARRAY['public'])`); !errors.As(err, &refused) || refused.Code != "22023" {
		t.Errorf("forged name: %v", err)
	}
	if err := run(`INSERT INTO event_log (id, name, payload, rooms, created_at) VALUES ('x', 'y', '{}', '[]', 0)`); !errors.As(err, &refused) || refused.Code != "42501" {
		t.Errorf("direct insert: %v", err)
	}
	if list, err := store.EventsAfter(ctx, models.EventCursor{}, 10); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// The example of docs/doors.md works as it stands.
func TestSQLEmitDocumented(t *testing.T) {
	ctx := context.Background()
	store, conn := sqlDoor(t)
	page, err := os.ReadFile("../docs/doors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "<!-- psql -->\n```sql\n")
	script, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/doors.md has no psql example")
	}
	if _, err := conn.PgConn().Exec(ctx, script).ReadAll(); err != nil {
		t.Fatal(err)
	}
	log, err := store.EventsAfter(ctx, models.EventCursor{}, 10)
	if err != nil || len(log) != 1 || log[0].Entity != "invoice/4711" {
		t.Errorf("%+v, %v", log, err)
	}
}
