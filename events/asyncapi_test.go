package events_test

import (
	"encoding/json"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/schema/schematest"
)

// docs/asyncapi.json is the table's, and is a document of AsyncAPI 3.0.
func TestAsyncAPIDocument(t *testing.T) {
	text, err := events.AsyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	if err := schematest.Conforms(text, "testdata/asyncapi-3.0.0.schema.json"); err != nil {
		t.Error(err)
	}
	schematest.Fresh(t, "../docs/asyncapi.json", text, *update)
}

// The official schema that TestAsyncAPIDocument uses does refuse.
func TestAsyncAPISchemaBites(t *testing.T) {
	text, err := events.AsyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	delete(document, "info")
	broken, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if schematest.Conforms(broken, "testdata/asyncapi-3.0.0.schema.json") == nil {
		t.Error("a document without info passed")
	}
}

// Every row's zero payload is of the shape that the document gives; a key more, a key
// less and another type are not.
func TestAsyncAPIPayloads(t *testing.T) {
	text, err := events.AsyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	d, err := schematest.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	keys := events.MessageKeys()
	if n := len(d.Keys("components", "messages")); n != len(keys)+len(events.AllInbound())+len(pushMessages) {
		t.Errorf("%d messages for %d rows, %d inbound events and %d of push sockets", n, len(keys), len(events.AllInbound()), len(pushMessages))
	}
	for i, row := range events.All() {
		at := []string{"components", "messages", keys[i], "payload"}
		payload, err := json.Marshal(row.Payload)
		if err != nil {
			t.Fatal(err)
		}
		// Its zero time has a year that no clock shows; push messages name their type and a
		// date of birth (TestAsyncAPIPush).
		if row.Name != "tipos_cambio_actualizados" && !row.Push {
			if err := d.Check(payload, at...); err != nil {
				t.Errorf("%s: %v", keys[i], err)
			}
		}
		var object map[string]any
		if err := json.Unmarshal(payload, &object); err != nil {
			t.Fatal(err)
		}
		object["unheard"] = 1
		more, _ := json.Marshal(object)
		if d.Check(more, at...) == nil {
			t.Errorf("%s: a key that the row has not passed", keys[i])
		}
		delete(object, "unheard")
		for key := range object {
			delete(object, key)
			less, _ := json.Marshal(object)
			if d.Check(less, at...) == nil {
				t.Errorf("%s: passed without %s", keys[i], key)
			}
			break
		}
		if d.Check([]byte(`[]`), at...) == nil {
			t.Errorf("%s: a list passed", keys[i])
		}
	}
}

// pushMessages are examples of what push sockets get and send beside the rows.
var pushMessages = map[string][]string{
	"push_connection":      {`{"type":"connection","message":"x"}`, `{"type":"connection","message":"x","id_operador":7}`},
	"push_session_ended":   {`{"type":"session_ended","reason":"logout"}`},
	"push_resync_required": {`{"type":"resync_required","reason":"window_exceeded","since":"x"}`, `{"type":"resync_required","reason":"unavailable","since":null}`},
	"push_pong":            {`{"type":"pong"}`},
	"client_sends_ping":    {`{"type":"ping"}`},
}

// emergencies contract 1.3: the push channel describes its messages, and a row that is
// pushed is in both channels as one message.
func TestAsyncAPIPush(t *testing.T) {
	text, err := events.AsyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	d, err := schematest.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	want := len(pushMessages)
	for _, row := range events.All() {
		if row.Push {
			want++
		}
		if on := d.At("channels", "emergencies", "messages", row.Name) != nil; on != row.Push {
			t.Errorf("%s is on the push channel: %v", row.Name, on)
		}
	}
	if n := len(d.Keys("channels", "emergencies", "messages")); n != want {
		t.Errorf("%d messages on the push channel, want %d", n, want)
	}
	for key, examples := range pushMessages {
		for _, example := range examples {
			if err := d.Check([]byte(example), "components", "messages", key, "payload"); err != nil {
				t.Errorf("%s: %v", key, err)
			}
			if d.Check([]byte(`{"type":"other"}`), "components", "messages", key, "payload") == nil {
				t.Errorf("%s: another type passed", key)
			}
		}
	}
	for name, e := range emergencyExamples(t) {
		if err := d.Check(e, "components", "messages", name, "payload"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		at := []string{"components", "messages", name, "payload"}
		if d.Check([]byte(`{"type":"other"`+string(e[len(`{"type":"`)+len(name)+1:])), at...) == nil {
			t.Errorf("%s: another type passed", name)
		}
		if name == "ubicacion_ambulancia" {
			continue
		}
		if err := d.Check([]byte(string(e[:len(e)-1])+`,"_event_id":"018f6d3a-9a2b-7c3d-8e4f-5a6b7c8d9e0f"}`), at...); err != nil {
			t.Errorf("%s with its id: %v", name, err)
		}
	}
}

// The document marks personal data, in the payloads themselves and in what they hold.
func TestAsyncAPIMarksPrivateFields(t *testing.T) {
	text, err := events.AsyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	d, err := schematest.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	payload := func(key, field string) []string {
		return []string{"components", "messages", key, "payload", "properties", field, "x-private"}
	}
	for want, paths := range map[any][][]string{
		true: {payload("nueva_operacion", "client_name"), payload("nuevo_cliente", "client_dni"), {"components", "schemas", "ClientRef", "properties", "dni", "x-private"}},
		nil:  {payload("nueva_operacion", "created_by"), {"components", "schemas", "RequesterData", "properties", "tipoDocumento", "x-private"}},
	} {
		for _, at := range paths {
			if got := d.At(at...); got != want {
				t.Errorf("%v: %v, want %v", at, got, want)
			}
		}
	}
}
