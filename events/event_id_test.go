package events

import (
	"encoding/json"
	"testing"
)

func TestWithEventID(t *testing.T) {
	for payload, want := range map[string]string{
		`{}`:                        `{"_event_id":"new"}`,
		"{ } \n":                    `{ "_event_id":"new"}`,
		`{"a":1}`:                   `{"a":1,"_event_id":"new"}`,
		`{"a":{"_event_id":"in"}}`:  `{"a":{"_event_id":"in"},"_event_id":"new"}`,
		`{"a":"\"_event_id\":"}`:    `{"a":"\"_event_id\":","_event_id":"new"}`,
		`{"a":1,"_event_id":"old"}`: `{"a":1,"_event_id":"old"}`,
		`[1]`:                       `[1]`,
		`"text"`:                    `"text"`,
		``:                          ``,
	} {
		if got := string(WithEventID(json.RawMessage(payload), "new")); got != want {
			t.Errorf("%s: %s, want %s", payload, got, want)
		}
	}
}
