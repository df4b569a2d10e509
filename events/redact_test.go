package events_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
)

// What is private is hidden wherever it stands, in a row of the name's own and in what
// nobody describes; everything else stays as it is, in its order.
func TestRedact(t *testing.T) {
	const deep = 40
	for what, c := range map[string]struct{ name, payload, want string }{
		"a client's name": {"nueva_operacion",
			`{"operation_id":"EXP-1001","client_name":"ANA ROJAS","operation_type":"Compra","amount_usd":1000.0,"status":"Pendiente","created_by":"tina"}`,
			`{"operation_id":"EXP-1001","client_name":"•••","operation_type":"Compra","amount_usd":1000.0,"status":"Pendiente","created_by":"tina"}`},
		"no name stays none": {"client_deleted",
			`{"client_id":3,"client_name":null,"deleted_by":"tina"}`, `{"client_id":3,"client_name":null,"deleted_by":"tina"}`},
		"nested, and of a name with two rows": {"operacion_asignada",
			`{"operation_id":"E","operation_db_id":7,"client_name":"A","operation_type":"Compra","amount_usd":1.0,"status":"s","message":"m","old_operator_name":"olga","_event_id":"x"}`,
			`{"operation_id":"E","operation_db_id":7,"client_name":"•••","operation_type":"Compra","amount_usd":1.0,"status":"s","message":"m","old_operator_name":"olga","_event_id":"x"}`},
		"the row for the client concerned": {"operacion_actualizada",
			`{"id":7,"operation_id":"E","status":"s","client_name":"A"}`, `{"id":7,"operation_id":"E","status":"s","client_name":"•••"}`},
		"of an object": {"client_created",
			`{"client_id":3,"client":{"full_name":"A","razon_social":null,"dni":"1"},"created_by":"t"}`,
			`{"client_id":3,"client":{"full_name":"•••","razon_social":null,"dni":"•••"},"created_by":"t"}`},
		"a list whole": {"nueva_solicitud",
			`{"data":{"solicitante":{"id":1,"padecimientos":["a","b"],"numeroDocumento":"9"},"ubicacion":{"id":4,"latitud":1.5,"longitud":-2,"fechaHora":"x"},"room":"r"}}`,
			`{"data":{"solicitante":{"id":1,"padecimientos":"•••","numeroDocumento":"•••"},"ubicacion":{"id":4,"latitud":"•••","longitud":"•••","fechaHora":"x"},"room":"r"}}`},
		"free text of an emergency": {"emergencia_actualizada",
			`{"data":{"id":5,"descripcion":"le duele","solicitud":{"solicitante":{"nombre":"Eva"}}}}`,
			`{"data":{"id":5,"descripcion":"•••","solicitud":{"solicitante":{"nombre":"•••"}}}}`},
		"a key that no row has":      {"client_deleted", `{"email":"a@b","more":{"x":[1,true,null]}}`, `{"email":"•••","more":{"x":["•••","•••",null]}}`},
		"an object instead of text":  {"client_deleted", `{"deleted_by":{"name":"ana"}}`, `{"deleted_by":{"name":"•••"}}`},
		"a list instead of text":     {"client_deleted", `{"deleted_by":["ana"]}`, `{"deleted_by":["•••"]}`},
		"text instead of an object":  {"client_created", `{"client":"ana"}`, `{"client":"•••"}`},
		"an unknown name":            {"nobody", `{"a":1,"b":{"c":"d"}}`, `{"a":"•••","b":{"c":"•••"}}`},
		"no object":                  {"nueva_operacion", `"ANA ROJAS"`, `"•••"`},
		"a list of a known name":     {"nueva_operacion", `[{"client_name":"x"}]`, `[{"client_name":"•••"}]`},
		"no JSON":                    {"nueva_operacion", `{"client_name":`, `"•••"`},
		"nothing":                    {"nueva_operacion", ``, `"•••"`},
		"null":                       {"nueva_operacion", `null`, `null`},
		"an empty object":            {"dashboard_update", `{}`, `{}`},
		"a key twice":                {"client_deleted", `{"client_name":"a","client_name":"b"}`, `{"client_name":"•••","client_name":"•••"}`},
		"a key in other letters":     {"client_deleted", `{"CLIENT_NAME":"a","deleted\u005fby":"t"}`, `{"CLIENT_NAME":"•••","deleted_by":"t"}`},
		"deeper than anybody looks":  {"nobody", strings.Repeat("[", deep) + "1" + strings.Repeat("]", deep), strings.Repeat("[", 17) + `"•••"` + strings.Repeat("]", 17)},
		"white space around a value": {"client_deleted", "\n{ \"client_name\" : \"a\" , \"client_id\" : 3 }\t", `{"client_name":"•••","client_id":3}`},
	} {
		got := events.Redact(c.name, json.RawMessage(c.payload))
		if string(got) != c.want || !json.Valid(got) {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, c.want)
		}
	}
}

// The names of rooms hold document numbers, too.
func TestRedactRoom(t *testing.T) {
	for room, want := range map[string]string{
		events.RoomClient("12345678"): "client_•••", events.RoomUser(7): "user_7", events.RoomAuthenticated: "authenticated", "": "",
	} {
		if got := events.RedactRoom(room); got != want {
			t.Errorf("%s: %s", room, got)
		}
	}
}

// publicFields have a name like personal data and are none: those of the staff, kinds,
// and what the console tells of itself.
var publicFields = []string{
	"nuevo_usuario.username", "user_updated.username", "user_deleted.username",
	"operacion_asignada.old_operator_name", "operacion_asignada.new_operator_name",
	"operacion_reasignada_removida.old_operator_name", "operacion_reasignada_removida.new_operator_name",
	"nueva_solicitud.data.solicitante.tipoDocumento", "emergencia_actualizada.data.solicitante.tipoDocumento",
	"emergencia_actualizada.data.solicitud.solicitante.tipoDocumento",
	"console_feed.events.name",
}

var personal = regexp.MustCompile(`(?i)name|dni|nombre|apellido|documento|razon|mail|correo|telefono|phone|nacimiento|padecimiento|latitud|longitud|direccion|address|descripcion|reason$`)

// Every field that may be personal data is marked, or is known not to be.
func TestPersonalFieldsArePrivate(t *testing.T) {
	seen := map[string]bool{}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Anonymous {
				walk(path, f.Type)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := path + "." + name
			if f.Tag.Get("private") == "true" {
				continue
			}
			ofServer := strings.HasPrefix(at, "resync_required.") || strings.HasPrefix(at, "session_ended.") // reasons of ours
			if personal.MatchString(name) && !ofServer {
				seen[at] = true
				if !slices.Contains(publicFields, at) {
					t.Errorf("%s is neither private nor known not to be personal data", at)
				}
			}
			walk(at, f.Type)
		}
	}
	for _, row := range events.All() {
		walk(row.Name, reflect.TypeOf(row.Payload))
	}
	for _, at := range publicFields {
		if !seen[at] {
			t.Errorf("%s is listed and is not there", at)
		}
	}
}

// What the console sends goes to those who watch and to nobody else, and no door lets
// anybody else speak to them.
func TestConsoleIsNobodysDoor(t *testing.T) {
	for _, row := range events.All() {
		ours := strings.HasPrefix(row.Name, "console_")
		if toConsole := slices.Contains(row.Audience.Rooms, events.RoomConsole); toConsole != ours || ours && (len(row.Audience.Rooms) != 1 || row.Publishable() || row.Class != events.Reply) {
			t.Errorf("%s goes to %v, publishable %v", row.Name, row.Audience.Rooms, row.Publishable())
		}
		if !row.Publishable() {
			continue
		}
		payload, _ := json.Marshal(row.Payload)
		if _, err := events.Check(publication(row.Name, string(payload), events.RoomConsole), events.Unlimited()); err == nil {
			t.Errorf("%s can be published to the console", row.Name)
		}
	}
	for _, name := range []string{"console_now", "console_feed"} {
		if _, err := events.Check(publication(name, `{}`, events.RoomConsole), events.Unlimited()); err == nil {
			t.Errorf("%s can be published", name)
		}
	}
	if err := (events.Scope{Events: []string{"*"}, Audiences: []string{events.RoomConsole}}).Validate(); err == nil {
		t.Error("a key may be made for the console's room")
	}
	var j journal
	if events.EmitNotification(&j, events.Notification{Title: "t", Message: "m", Type: events.NotifyInfo}, events.RoomConsole) == nil {
		t.Error("a notification went to the console")
	}
}
