package models

import (
	"encoding/json"
	"time"
)

// EventRecord is an event as it was decided inside a transaction: its name, its
// encoded payload and its audience at that moment. It leaves the transaction only
// when that commits.
type EventRecord struct {
	// ID is a UUIDv7; Tx.Record makes one when it is empty. Latest events have none.
	ID string
	// Name is the wire name.
	Name string
	// Payload is the single argument, encoded.
	Payload json.RawMessage
	// Rooms is the audience; Except names rooms whose members get no copy.
	Rooms, Except []string
	// Entity orders events of one thing, e.g. "operation/17"; empty when there is none.
	Entity string
	// Trace is the id of the request that caused it, from WithTrace; empty without one.
	Trace string
	// Latest marks events of which only the newest counts. They are not kept.
	Latest bool
}

// LoggedEvent is an event of the log.
type LoggedEvent struct {
	EventRecord
	// Seq orders the log: of two events of one entity the one that committed first
	// has the lower. Numbers have gaps and become visible out of order.
	Seq int64
	// At is when it was recorded, shortly before its commit, to the millisecond.
	At time.Time
}
