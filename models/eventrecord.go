package models

import "encoding/json"

// EventRecord is an event as it was decided inside a transaction: its name, its
// encoded payload and its audience at that moment. It leaves the transaction only
// when that commits.
type EventRecord struct {
	// Name is the wire name.
	Name string
	// Payload is the single argument, encoded.
	Payload json.RawMessage
	// Rooms is the audience; Except names rooms whose members get no copy.
	Rooms, Except []string
	// Entity orders events of one thing, e.g. "operation/17"; empty when there is none.
	Entity string
	// Latest marks events of which only the newest counts.
	Latest bool
}
