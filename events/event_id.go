package events

import (
	"bytes"
	"encoding/json"
)

// idMember is added to payloads that are sent once more.
const idMember = "_event_id"

// WithEventID adds an event's id to a payload that is an object, as its last key, so that
// a client can tell a repetition. Another payload stays as it is, and so does one that
// names an event already: a repetition of a repetition names the original.
func WithEventID(payload json.RawMessage, id string) json.RawMessage {
	body := bytes.TrimRight(payload, " \t\r\n")
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' || namesEvent(body) {
		return payload
	}
	out := make(json.RawMessage, 0, len(body)+len(id)+20)
	out = append(out, body[:len(body)-1]...)
	if len(bytes.TrimSpace(body[1:len(body)-1])) > 0 {
		out = append(out, ',')
	}
	out = append(out, `"`+idMember+`":"`...)
	out = append(out, id...)
	return append(out, `"}`...)
}

// namesEvent looks whether an object has the key itself, and not something in it.
func namesEvent(object []byte) bool {
	if !bytes.Contains(object, []byte(`"`+idMember+`"`)) {
		return false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	_, named := members[idMember]
	return named
}
