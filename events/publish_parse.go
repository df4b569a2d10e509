package events

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/relevo/relevo/models"
)

// ParsePublication reads one publication as the doors take it. Any error is a
// *Fault, of code Invalid when the text is not JSON.
func ParsePublication(text []byte) (Publication, error) {
	if !json.Valid(text) {
		return Publication{}, faultf(models.Invalid, "", "JSON inválido")
	}
	p, fault := parsePublication(text)
	if fault != nil {
		return Publication{}, fault
	}
	return p, nil
}

// BatchFault is the fault of one publication of a batch.
type BatchFault struct {
	// Index counts from 0.
	Index int
	Fault *Fault
}

// Error implements error.
func (f *BatchFault) Error() string { return fmt.Sprintf("events[%d]: %v", f.Index, f.Fault) }

// Unwrap returns the *Fault.
func (f *BatchFault) Unwrap() error { return f.Fault }

// ParseBatch reads {"events": [...]} with 1 to max publications. Any error is a
// *Fault, in a *BatchFault when it belongs to one publication.
func ParseBatch(text []byte, max int) ([]Publication, error) {
	if !json.Valid(text) {
		return nil, faultf(models.Invalid, "", "JSON inválido")
	}
	members, ok := objectMembers(text)
	if !ok {
		return nil, faultf(models.Invalid, "", "El contenido debe ser un objeto")
	}
	var list []json.RawMessage
	for _, m := range members {
		if m.key != "events" {
			return nil, faultf(models.Unprocessable, rootPath(m.key), "El campo %s no existe", rootPath(m.key))
		}
		if json.Unmarshal(m.value, &list) != nil {
			return nil, faultf(models.Unprocessable, "events", "El campo events debe ser una lista")
		}
	}
	if len(list) == 0 || len(list) > max {
		return nil, faultf(models.Unprocessable, "events", "El campo events debe tener de 1 a %d eventos", max)
	}
	out := make([]Publication, len(list))
	for i, raw := range list {
		p, fault := parsePublication(raw)
		if fault != nil {
			return nil, &BatchFault{i, fault}
		}
		out[i] = p
	}
	return out, nil
}

func rootPath(key string) string { return strings.TrimPrefix(under("", key), ".") }

// parsePublication reads valid JSON.
func parsePublication(text json.RawMessage) (Publication, *Fault) {
	members, ok := objectMembers(text)
	if !ok {
		return Publication{}, faultf(models.Unprocessable, "", "Cada evento debe ser un objeto")
	}
	var p Publication
	seen := map[string]bool{}
	for _, m := range members {
		if seen[m.key] {
			return Publication{}, faultf(models.Unprocessable, rootPath(m.key), "El campo %s está repetido", rootPath(m.key))
		}
		seen[m.key] = true
		switch m.key {
		case "event":
			if m.value[0] != '"' || json.Unmarshal(m.value, &p.Event) != nil {
				return Publication{}, faultf(models.Unprocessable, "event", "El campo event debe ser un texto")
			}
		case "payload":
			p.Payload = m.value
		case "rooms":
			if fault := parseRooms(m.value, &p.Rooms); fault != nil {
				return Publication{}, fault
			}
		case "entity":
			if m.value[0] != '"' && string(m.value) != "null" || json.Unmarshal(m.value, &p.Entity) != nil {
				return Publication{}, faultf(models.Unprocessable, "entity", "El campo entity debe ser un texto")
			}
		default:
			return Publication{}, faultf(models.Unprocessable, rootPath(m.key), "El campo %s no existe", rootPath(m.key))
		}
	}
	if !seen["event"] {
		return Publication{}, faultf(models.Unprocessable, "event", "Falta el campo event")
	}
	return p, nil
}

// parseRooms reads a list of strings; null is nil, and not an empty list.
func parseRooms(raw json.RawMessage, to *[]string) *Fault {
	var list []json.RawMessage
	if raw[0] != '[' && string(raw) != "null" || json.Unmarshal(raw, &list) != nil {
		return faultf(models.Unprocessable, "rooms", "El campo rooms debe ser una lista de textos")
	}
	if list == nil {
		return nil
	}
	*to = make([]string, len(list))
	for i, item := range list {
		if item[0] != '"' || json.Unmarshal(item, &(*to)[i]) != nil {
			at := fmt.Sprintf("rooms[%d]", i)
			return faultf(models.Unprocessable, at, "El campo %s debe ser un texto", at)
		}
	}
	return nil
}
