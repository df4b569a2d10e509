package events

import "github.com/relevo/relevo/schema"

// pushOnly are the messages of a push socket that are no row of the table.
var pushOnly = []struct {
	key, kind, summary string
	more               schema.Keys
}{
	{"push_connection", "connection", "Greets every push socket, first of all; id_operador is what the client said it was.",
		schema.Keys{"message": "", "id_operador": schema.Optional{Of: int64(0)}}},
	{"push_session_ended", "session_ended", "The session of the socket is over: the socket stays open and gets nothing more until somebody signs in.",
		schema.Keys{"reason": ""}},
	{"push_resync_required", "resync_required", "What came after ?since= is not kept or is too much: the open requests follow, all else is to be loaded again.",
		schema.Keys{"reason": "", "since": (*string)(nil)}},
	{"push_pong", "pong", "Answers a ping of the client's.", nil},
}

// pushClientSends is the one message of clients that has an answer.
const pushClientSends = "client_sends_ping"

// pushChannel describes the push WebSocket, in the messages that it needs beside the
// rows, the channel, and its two operations.
func pushChannel(r *schema.Reflector, messages schema.Schema) (channel schema.Schema, operations map[string]schema.Schema) {
	on := schema.Schema{}
	var sent []schema.Schema
	at := func(key string) schema.Schema {
		on[key] = reference("#/components/messages/" + key)
		return reference("#/channels/emergencies/messages/" + key)
	}
	keys := MessageKeys()
	for i, row := range All() {
		if row.Push {
			sent = append(sent, at(keys[i]))
		}
	}
	for _, m := range pushOnly {
		messages[m.key] = pushMessage(r, m.kind, m.summary, m.more)
		sent = append(sent, at(m.key))
	}
	messages[pushClientSends] = pushMessage(r, "ping", "Asks for a pong; whatever else a client sends is read and thrown away.", nil)
	operations = map[string]schema.Schema{
		"push": {"action": "send", "channel": reference("#/channels/emergencies"), "messages": sent,
			"summary": "Messages to the push sockets that may listen; a mute one gets push_connection and push_pong alone."},
		pushClientSends: {"action": "receive", "channel": reference("#/channels/emergencies"), "messages": []schema.Schema{at(pushClientSends)},
			"summary": "Nothing has to be sent: protocol pings keep the socket.",
			"reply":   schema.Schema{"channel": reference("#/channels/emergencies"), "messages": []schema.Schema{reference("#/channels/emergencies/messages/push_pong")}}},
	}
	return schema.Schema{
		"address": "/ws/emergencias", "title": "Push WebSocket of the emergencies desk", "messages": on,
		"servers": []schema.Schema{reference("#/servers/push")},
		"description": "A plain WebSocket; each text frame is one message. After push_connection come the open requests as nueva_solicitud, " +
			"or with the query since=<_event_id> what was missed, then what happens.",
	}, operations
}

func pushMessage(r *schema.Reflector, kind, summary string, more schema.Keys) schema.Schema {
	keys := schema.Keys{"type": schema.Const(kind)}
	for name, of := range more {
		keys[name] = of
	}
	return schema.Schema{"name": kind, "summary": summary, "payload": r.Of(keys)}
}
