package events

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"sync"
)

// Redacted stands for a value that is not shown.
const Redacted = "•••"

// redactDepth is how deep a payload is looked into; what is deeper is hidden whole.
const redactDepth = 16

// Redact hides in a payload what the rows of its name mark as private: each such value
// becomes the string Redacted, and null stays null. Of what no row describes, and of an
// unknown name, every value that is neither object nor list is hidden. Keys stay, in
// their order; what is not JSON is hidden whole.
func Redact(name string, payload json.RawMessage) json.RawMessage {
	if !json.Valid(payload) {
		return hidden
	}
	return privacies()[name].redact(payload, 0)
}

// RedactRoom hides the document number in the name of a client's room; other names
// stay.
func RedactRoom(room string) string {
	if strings.HasPrefix(room, RoomClient("")) {
		return RoomClient(Redacted)
	}
	return room
}

var hidden = json.RawMessage(`"` + Redacted + `"`)

// privacies are of all names of the table.
var privacies = sync.OnceValue(func() map[string]*privacy {
	all := map[string]*privacy{}
	for _, row := range catalogue {
		p := privacyOf(reflect.TypeOf(row.Payload))
		if known, twice := all[row.Name]; twice {
			p = known.union(p)
		}
		all[row.Name] = p
	}
	return all
})

// privacy says what of a value is shown; nil: nothing of what it holds.
type privacy struct {
	private bool                // nor what it is
	items   *privacy            // of a list
	fields  map[string]*privacy // of an object
}

func privacyOf(t reflect.Type) *privacy {
	switch {
	case t.Kind() == reflect.Pointer:
		return privacyOf(t.Elem())
	case t == moneyType, t == limaType, t == instantType:
		return &privacy{}
	case t == rawType, t.Kind() == reflect.Map:
		return nil
	case t.Kind() == reflect.Slice:
		return &privacy{items: privacyOf(t.Elem())}
	case t.Kind() != reflect.Struct:
		return &privacy{}
	}
	p := &privacy{fields: map[string]*privacy{idMember: {}}}
	for _, f := range payloadFields(t) {
		if f.private {
			p.fields[f.name] = &privacy{private: true}
		} else {
			p.fields[f.name] = privacyOf(f.kind)
		}
	}
	return p
}

// union shows what both show, and of an object also what only one of them has.
func (p *privacy) union(q *privacy) *privacy {
	switch {
	case p == nil || q == nil:
		return nil
	case p.private || q.private:
		return &privacy{private: true}
	case p.items != nil && q.items != nil:
		return &privacy{items: p.items.union(q.items)}
	case p.fields != nil && q.fields != nil:
		both := &privacy{fields: maps.Clone(p.fields)}
		for name, f := range q.fields {
			if known, twice := p.fields[name]; twice {
				f = known.union(f)
			}
			both.fields[name] = f
		}
		return both
	case p.plain() && q.plain():
		return p
	}
	return nil
}

// plain is neither object nor list.
func (p *privacy) plain() bool { return p.items == nil && p.fields == nil }

// redact reads valid JSON.
func (p *privacy) redact(raw json.RawMessage, depth int) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	switch {
	case string(raw) == "null":
		return raw
	case p != nil && p.private, depth > redactDepth:
		return hidden
	case raw[0] == '{':
		return p.object(raw, depth)
	case raw[0] == '[':
		return p.list(raw, depth)
	case p == nil || !p.plain():
		return hidden
	}
	return raw
}

func (p *privacy) object(raw json.RawMessage, depth int) json.RawMessage {
	members, ok := objectMembers(raw)
	if !ok {
		return hidden
	}
	out := []byte{'{'}
	for i, m := range members {
		key, err := json.Marshal(m.key)
		if err != nil {
			return hidden
		}
		if i > 0 {
			out = append(out, ',')
		}
		var of *privacy
		if p != nil {
			of = p.fields[m.key]
		}
		out = append(append(out, key...), ':')
		out = append(out, of.redact(m.value, depth+1)...)
	}
	return append(out, '}')
}

func (p *privacy) list(raw json.RawMessage, depth int) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return hidden
	}
	var of *privacy
	if p != nil {
		of = p.items
	}
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, of.redact(item, depth+1)...)
	}
	return append(out, ']')
}
