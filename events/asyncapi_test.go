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
	if n := len(d.Keys("components", "messages")); n != len(keys)+len(events.AllInbound()) {
		t.Errorf("%d messages for %d rows and %d inbound events", n, len(keys), len(events.AllInbound()))
	}
	for i, row := range events.All() {
		at := []string{"components", "messages", keys[i], "payload"}
		payload, err := json.Marshal(row.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if row.Name != "tipos_cambio_actualizados" { // its zero time has a year that no clock shows
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
