package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/relevo/relevo/schema"
)

// AsyncAPI is the table as an AsyncAPI 3.0 document, indented JSON with a newline at
// the end. One channel is the namespace "/", whose server sends the rows of the table
// and receives what clients may send; the other is the push WebSocket. x-class and
// x-audience say how a row is delivered and to which rooms, x-private that a field holds
// personal data, which the admin console does not show.
func AsyncAPI() ([]byte, error) {
	r := schema.NewReflector("#/components/schemas/")
	r.MarkPrivate = true
	messages, channel := schema.Schema{}, schema.Schema{}
	var sent []schema.Schema
	add := func(key string, message schema.Schema) schema.Schema {
		messages[key] = message
		channel[key] = reference("#/components/messages/" + key)
		return reference("#/channels/desk/messages/" + key)
	}
	keys := MessageKeys()
	for i, row := range All() {
		sent = append(sent, add(keys[i], message(r, row)))
	}
	operations := schema.Schema{"send": schema.Schema{
		"action": "send", "channel": reference("#/channels/desk"), "messages": sent,
		"summary": "Events that the server sends to the sockets in the rooms of x-audience, one copy to each.",
	}}
	for _, in := range AllInbound() {
		key := "client_sends_" + in.Name
		operation := schema.Schema{
			"action": "receive", "channel": reference("#/channels/desk"), "summary": in.Doc,
			"messages": []schema.Schema{add(key, schema.Schema{"name": in.Name, "summary": in.Doc, "payload": in.Argument})},
		}
		if in.Answers != "" {
			operation["reply"] = schema.Schema{
				"channel": reference("#/channels/desk"), "messages": []schema.Schema{reference("#/channels/desk/messages/" + in.Answers)},
			}
		}
		operations[key] = operation
	}
	emergencies, pushing := pushChannel(r, messages)
	for key, operation := range pushing {
		operations[key] = operation
	}
	return encodeDocument(schema.Schema{
		"asyncapi":           "3.0.0",
		"info":               schema.Schema{"title": "Relevo events", "version": "1.0.0", "description": asyncDescription},
		"defaultContentType": "application/json",
		"servers": schema.Schema{"desk": schema.Schema{
			"host": "localhost:8080", "pathname": "/socket.io/", "protocol": "ws", "protocolVersion": "Engine.IO 4, Socket.IO 5",
			"description": "Socket.IO over long polling or WebSocket; the session cookie of the handshake says who it is.",
		}, "push": schema.Schema{
			"host": "localhost:8080", "protocol": "ws", "description": "Plain WebSocket; the session cookie of the handshake says who it is.",
		}},
		"channels": schema.Schema{"desk": schema.Schema{
			"address": "/", "title": "Namespace /", "messages": channel, "servers": []schema.Schema{reference("#/servers/desk")},
			"description": "The one namespace. A signed-in socket is in authenticated, public, role_<Role> and user_<id>; an anonymous one in public.",
		}, "emergencies": emergencies},
		"operations": operations,
		"components": schema.Schema{"messages": messages, "schemas": r.Components},
	})
}

const asyncDescription = "Every event of the desk. An event is one Socket.IO packet with its name and one argument, the payload; " +
	"those of the emergencies desk are also one text frame each of the push WebSocket, which is the payload. " +
	"Events of class durable are kept in the event log and replayed to clients that come back; a replayed payload has the event's id as _event_id. " +
	"Of class latest only the newest counts. Class reply answers one socket or one user. " +
	"What is marked x-private is personal data: the admin console shows nothing of it."

// MessageKeys names each row of the table in the document, in its order: the wire
// name, and for a name that stands twice also the payload's type.
func MessageKeys() []string {
	rows := All()
	count := map[string]int{}
	for _, row := range rows {
		count[row.Name]++
	}
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.Name
		if count[row.Name] > 1 {
			keys[i] += "_" + schema.ComponentName(reflect.TypeOf(row.Payload))
		}
	}
	return keys
}

func message(r *schema.Reflector, row Row) schema.Schema {
	payload := r.Inline(row.Payload)
	properties := payload["properties"].(schema.Schema)
	if row.Push {
		properties["type"] = schema.Const(row.Name)
	}
	if row.Class == Durable {
		when := "Only in a replayed event"
		if row.Push {
			when = "In a replayed event, and in every message of a push socket but an open request"
		}
		properties[idMember] = schema.Schema{"type": "string", "format": "uuid", "description": when + ": its id, by which a repetition is known."}
	}
	audience := schema.Schema{"rooms": row.Audience.Rooms}
	if len(row.Audience.Except) > 0 {
		audience["except"] = row.Audience.Except
	}
	return schema.Schema{"name": row.Name, "summary": row.Doc, "payload": payload, "x-class": row.Class, "x-audience": audience}
}

func reference(to string) schema.Schema { return schema.Schema{"$ref": to} }

func encodeDocument(document schema.Schema) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		return nil, fmt.Errorf("encode AsyncAPI document: %w", err)
	}
	return b.Bytes(), nil
}
