package events

import (
	"encoding/json"

	"github.com/relevo/relevo/models"
)

// ConsoleNow is what the admin console shows of this node, once a second while
// somebody watches. What is not known is null.
type ConsoleNow struct {
	At       models.Instant `json:"at"`
	Node     string         `json:"node"`
	UptimeMS int64          `json:"uptime_ms"`
	// PeopleVersion grows when a socket comes or goes.
	PeopleVersion int64 `json:"people_version"`
	// Roles has every role, and the empty one for who is not signed in.
	Roles      models.JSONText[ConsoleRole] `json:"roles"`
	Transports ConsoleTransports            `json:"transports"`
	Push       *ConsolePush                 `json:"push"`
	Rates      ConsoleRates                 `json:"rates"`
	// WriteMS is from commit to write, ConfirmedMS from commit to the client's
	// confirmation, over the last minute.
	WriteMS     ConsoleQuantiles             `json:"write_ms"`
	ConfirmedMS ConsoleQuantiles             `json:"confirmed_ms"`
	Queue       ConsoleQueue                 `json:"queue"`
	Ended       ConsoleTotals                `json:"ended"` // by the reason in Socket.IO words
	SlowDropped int64                        `json:"slow_dropped"`
	Benign      int64                        `json:"benign_errors"`
	Failed      int64                        `json:"failed"`
	Replayed    int64                        `json:"replayed"`
	Resyncs     int64                        `json:"resyncs"`
	Outbox      *ConsoleOutbox               `json:"outbox"`
	Nodes       models.JSONText[ConsoleNode] `json:"nodes"`
	Watchers    int64                        `json:"watchers"`
}

// ConsoleRole is who of a role is here.
type ConsoleRole struct {
	Role    string `json:"role"`
	Users   int64  `json:"users"`
	Sockets int64  `json:"sockets"`
}

// ConsoleTransports counts open sockets.
type ConsoleTransports struct {
	Polling   int64 `json:"polling"`
	WebSocket int64 `json:"websocket"`
}

// ConsolePush counts push sockets: those that get emergencies, and those that do not.
type ConsolePush struct {
	Listening int64 `json:"listening"`
	Mute      int64 `json:"mute"`
}

// ConsoleRates are per second, over the last five.
type ConsoleRates struct {
	Events      float64 `json:"events"`
	Connects    float64 `json:"connects"`
	Disconnects float64 `json:"disconnects"`
}

// ConsoleQuantiles are of durations in milliseconds; null without samples.
type ConsoleQuantiles struct {
	P50     *float64 `json:"p50"`
	P99     *float64 `json:"p99"`
	Samples int64    `json:"samples"`
}

// ConsoleQueue is what waits to be written, of all sockets together.
type ConsoleQueue struct {
	Packets      int64 `json:"packets"`
	Bytes        int64 `json:"bytes"`
	DeepestBytes int64 `json:"deepest_bytes"` // of the socket that is behind most
	Slow         int64 `json:"slow"`          // sockets with more than 32 packets
}

// ConsoleOutbox is what is committed and was not delivered by this node yet.
type ConsoleOutbox struct {
	Pending  int64 `json:"pending"`
	OldestMS int64 `json:"oldest_ms"`
}

// ConsoleNode is a process on the database that lives.
type ConsoleNode struct {
	ID   string `json:"id"`
	Self bool   `json:"self"`
}

// ConsoleTotals are numbers by name; without any they are {} in JSON, never null.
type ConsoleTotals map[string]int64

// MarshalJSON implements json.Marshaler.
func (t ConsoleTotals) MarshalJSON() ([]byte, error) {
	if t == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]int64(t))
}

// ConsoleFeed is what was sent since the last one, while somebody watches.
type ConsoleFeed struct {
	// Events has the first of them, oldest first; Skipped counts the others.
	Events  models.JSONText[FeedEvent] `json:"events"`
	Skipped int64                      `json:"skipped"`
	// Counts has all of them, by name.
	Counts ConsoleTotals `json:"counts"`
}

// FeedEvent is an event as the console shows it.
type FeedEvent struct {
	// ID is null for what is not kept in the event log.
	ID     *string                 `json:"id"`
	Name   string                  `json:"name"`
	Class  Class                   `json:"class"`
	Entity *string                 `json:"entity"`
	Rooms  models.JSONText[string] `json:"rooms"`
	Except models.JSONText[string] `json:"except"`
	At     models.Instant          `json:"at"`
	// Payload is redacted, see Redact; null when it is not shown.
	Payload      json.RawMessage `json:"payload"`
	PayloadBytes int64           `json:"payload_bytes"`
}
