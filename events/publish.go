package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/relevo/relevo/models"
)

// Bounds of one publication.
const (
	// MaxPublishRooms is how many rooms it may name.
	MaxPublishRooms = 100
	// MaxPublishPayload bounds the payload, in bytes.
	MaxPublishPayload = 64 << 10
	// MaxEntity bounds the entity, in characters.
	MaxEntity = 80
)

// Publication is an event that another service asks to send.
type Publication struct {
	// Event is the wire name.
	Event string `json:"event"`
	// Payload is the event's one argument; nil counts as {}.
	Payload json.RawMessage `json:"payload,omitempty"`
	// Rooms is who gets it. Nil means the rooms of the event's row, where the row
	// names them all; an empty list means nobody and is refused.
	Rooms []string `json:"rooms,omitzero"`
	// Entity orders events of one thing, as in "operation/17"; may be empty.
	Entity string `json:"entity,omitempty"`
}

// NewPublication encodes the payload. No rooms means the rooms of the event's row.
func NewPublication(event string, payload any, rooms ...string) (Publication, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return Publication{}, fmt.Errorf("encode %s: %w", event, err)
	}
	return Publication{Event: event, Payload: b, Rooms: rooms}, nil
}

// Fault is why a publication is refused. It wraps a *models.Error: NotFound for a
// name that nobody may publish, Forbidden for what the scope does not allow,
// Unprocessable for everything that the table of events does not allow.
type Fault struct {
	// Path is the JSON path of the fault in the publication: "payload.client.dni".
	Path string
	Err  *models.Error
}

// Error implements error.
func (f *Fault) Error() string { return f.Path + ": " + f.Err.Error() }

// Unwrap returns the *models.Error.
func (f *Fault) Unwrap() error { return f.Err }

func faultf(code models.Code, path, format string, args ...any) *Fault {
	return &Fault{Path: path, Err: models.Errorf(code, format, args...)}
}

// Check holds a publication against the table of events and the scope of who asks,
// and returns the event to record, with its id and with its payload in the form
// that the server itself gives it. Any error is a *Fault. A name that stands twice
// in the table means the row that its rooms and then its payload fit.
func Check(p Publication, s Scope) (models.EventRecord, error) {
	rows := publishable(p.Event)
	if len(rows) == 0 {
		return models.EventRecord{}, faultf(models.NotFound, "event", "No existe el evento %.64q", p.Event)
	}
	if !s.mayPublish(p.Event) {
		return models.EventRecord{}, faultf(models.Forbidden, "event", "La clave no puede publicar el evento %s", p.Event)
	}
	if utf8.RuneCountInString(p.Entity) > MaxEntity || !printable(p.Entity) {
		return models.EventRecord{}, faultf(models.Unprocessable, "entity", "El campo entity admite hasta %d caracteres visibles", MaxEntity)
	}
	addressed, fault := address(rows, p.Rooms)
	if fault == nil {
		addressed, fault = s.within(addressed)
	}
	if fault != nil {
		return models.EventRecord{}, fault
	}
	row, payload, fault := fit(addressed, p.Payload)
	if fault != nil {
		return models.EventRecord{}, fault
	}
	id, err := uuid.NewV7()
	if err != nil {
		return models.EventRecord{}, &Fault{Path: "event", Err: &models.Error{Code: models.Internal, Message: "Error interno del servidor", Err: err}}
	}
	return models.EventRecord{
		ID: id.String(), Name: row.Name, Payload: payload, Rooms: row.rooms, Except: row.Audience.Except,
		Entity: p.Entity, Latest: row.Class == Latest,
	}, nil
}

// Publishable reports whether the doors let the row through. A Reply answers a
// socket that asked, and a change of role or the end of a session is only what the
// server did itself: sockets move and end with it. What push sockets get tells of rows
// that only the emergencies desk writes: another's word for it could not be evaluated.
func (r Row) Publishable() bool {
	return r.Class != Reply && !r.Push && r.Name != sessionUpdated.Name() && r.Name != sessionEnded.Name()
}

func publishable(name string) []Row {
	return slices.DeleteFunc(All(), func(r Row) bool { return r.Name != name || !r.Publishable() })
}

// printable also keeps out what a database does not store.
func printable(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
