package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/relevo/relevo/events"
)

// pushMessage is an event on its way to push sockets, which share its frame.
type pushMessage struct {
	id    string // of the event in the log; empty for others
	key   string // of what it is the newest; empty when each one counts
	frame pushFrame
}

func newPushMessage(m Message) (*pushMessage, error) {
	if !json.Valid(m.Payload) {
		return nil, fmt.Errorf("push %s: payload is not JSON", m.Name)
	}
	out := &pushMessage{}
	body := m.Payload
	if m.Mark > 0 {
		out.id, _, _ = strings.Cut(m.Offset, "_")
		body = events.WithEventID(body, out.id)
	}
	if m.Latest {
		out.key = m.Name + "\x00" + m.Entity
	}
	out.frame = newPushFrame(body)
	return out, nil
}

// missedMessage is an event of the log that a socket has missed.
func missedMessage(d events.Delivery) *pushMessage {
	return &pushMessage{id: d.ID, frame: newPushFrame(events.WithEventID(d.Payload, d.ID))}
}

// typed is a payload that is an object as a push message of its own name: the name is
// its first key.
func typed(name string, payload json.RawMessage) []byte {
	text, err := json.Marshal(name)
	if err != nil {
		return nil // a string is always encoded
	}
	out := append([]byte(`{"type":`), text...)
	if inner := bytes.TrimSpace(payload); len(inner) > 2 && inner[0] == '{' {
		out = append(append(out, ','), bytes.TrimSpace(inner[1:])...)
		return out
	}
	return append(out, '}')
}

// greeting is the first message of every socket. An id_operador is told back, nothing
// more (emergencies contract 1.3); zero is none.
func greeting(operator int64) []byte {
	if operator == 0 {
		return []byte(`{"type":"connection","message":"Conectado al canal de emergencias"}`)
	}
	return fmt.Appendf(nil, `{"type":"connection","message":"Conectado al canal de emergencias","id_operador":%d}`, operator)
}

var pushPong = []byte(`{"type":"pong"}`)

// longestAsk bounds a message that may be more than noise.
const longestAsk = 256

// isPing reports whether a client asks for an answer in words.
func isPing(data []byte) bool {
	var said struct {
		Type string `json:"type"`
	}
	return len(data) <= longestAsk && bytes.Contains(data, []byte(`ping`)) && json.Unmarshal(data, &said) == nil && said.Type == "ping"
}
