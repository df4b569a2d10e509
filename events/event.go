// Package events is the one place that knows the events: their wire names, their
// payloads, who may receive them and how they are delivered. Everything else
// derives from its table.
package events

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/relevo/relevo/models"
)

// Class is how an event is delivered.
type Class string

// The classes.
const (
	// Durable events are never dropped for a slow socket.
	Durable Class = "durable"
	// Latest events may be coalesced for a slow socket: only the newest counts.
	Latest Class = "latest"
	// Reply events answer one socket or one user and are not about a write.
	Reply Class = "reply"
)

// Audience says in words and in rooms who receives an event. A room pattern with a
// placeholder (user_<id>, client_<dni>) is filled in by the emit helper.
type Audience struct {
	// Rooms are room names or patterns; one copy goes to each socket of their union.
	Rooms []string
	// Except names rooms whose members get no copy of this row.
	Except []string
}

// Row is one line of the table.
type Row struct {
	// Name is the name on the wire, the one that the existing pages listen to.
	Name string
	// Payload is the zero value of the payload struct.
	Payload any
	// Audience is who may receive it.
	Audience Audience
	// Class is how it is delivered.
	Class Class
	// Push says that push sockets get it too, as the payload stands.
	Push bool
	// Doc is one sentence for the documentation.
	Doc string
}

var catalogue []Row

// All returns the table in its documented order. The slice is the caller's.
func All() []Row { return append([]Row(nil), catalogue...) }

// Event is a row with its payload type, made by define.
type Event[T any] struct{ row Row }

// define adds a row to the table.
func define[T any](name string, class Class, audience Audience, doc string) Event[T] {
	var zero T
	row := Row{Name: name, Payload: zero, Audience: audience, Class: class, Doc: doc}
	catalogue = append(catalogue, row)
	return Event[T]{row}
}

// definePush adds a row that push sockets get too.
func definePush[T any](name string, class Class, audience Audience, doc string) Event[T] {
	e := define[T](name, class, audience, doc)
	catalogue[len(catalogue)-1].Push = true
	e.row.Push = true
	return e
}

// Pushed reports whether push sockets get the event of this name.
func Pushed(name string) bool {
	return slices.ContainsFunc(catalogue, func(r Row) bool { return r.Name == name && r.Push })
}

// Name is the wire name.
func (e Event[T]) Name() string { return e.row.Name }

// Encode returns the payload's wire form.
func (e Event[T]) Encode(payload T) (json.RawMessage, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.row.Name, err)
	}
	return b, nil
}

// Recorder takes an event that leaves when its transaction commits; *models.Tx is one.
type Recorder interface {
	Record(models.EventRecord) error
}

// record hands an event for its rooms to the transaction. Rooms with an empty
// placeholder are left out, and without any room there is no event.
func (e Event[T]) record(r Recorder, entity string, payload T, rooms ...string) error {
	if len(rooms) == 0 {
		return nil
	}
	body, err := e.Encode(payload)
	if err != nil {
		return err
	}
	err = r.Record(models.EventRecord{
		Name: e.row.Name, Payload: body, Rooms: rooms, Except: e.row.Audience.Except,
		Entity: entity, Latest: e.row.Class == Latest,
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", e.row.Name, err)
	}
	return nil
}

// PayloadFields lists the payload's JSON fields, in order, for documentation.
func (r Row) PayloadFields() []string {
	var names []string
	for _, f := range payloadFields(reflect.TypeOf(r.Payload)) {
		names = append(names, f.name)
	}
	return names
}

// payloadField is one JSON field of a payload struct.
type payloadField struct {
	name  string
	kind  reflect.Type
	oneOf []string // the values that a string may have; empty for any
	// private values are personal data, of which the admin console shows nothing.
	private bool
}

// payloadFields lists the fields in their order, those of embedded structs in place.
func payloadFields(t reflect.Type) []payloadField {
	var out []payloadField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, payloadFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, payloadField{name, f.Type, strings.Fields(f.Tag.Get("oneof")), f.Tag.Get("private") == "true"})
	}
	return out
}
