package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relevo/relevo/models"
)

// fit returns the first row whose payload struct the JSON is, and the payload as
// the server writes it. The fault is that of the row which knows most of the fields.
func fit(rows []addressedRow, payload json.RawMessage) (addressedRow, json.RawMessage, *Fault) {
	if len(payload) == 0 {
		payload = json.RawMessage("{}")
	}
	if len(payload) > MaxPublishPayload {
		return addressedRow{}, nil, faultf(models.Unprocessable, "payload", "El campo payload admite hasta %d bytes", MaxPublishPayload)
	}
	if !json.Valid(payload) {
		return addressedRow{}, nil, faultf(models.Unprocessable, "payload", "El campo payload no es JSON válido")
	}
	var nearest *Fault
	most := -1
	for _, row := range rows {
		t := reflect.TypeOf(row.Payload)
		canonical, fault := canonicalObject(t, payload, "payload")
		if fault == nil {
			return row, canonical, nil
		}
		if n := knownFields(t, payload); n > most {
			nearest, most = fault, n
		}
	}
	return addressedRow{}, nil, nearest
}

func knownFields(t reflect.Type, raw json.RawMessage) int {
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		return 0
	}
	n := 0
	for _, f := range payloadFields(t) {
		if _, ok := given[f.name]; ok {
			n++
		}
	}
	return n
}

type objectMember struct {
	key   string
	value json.RawMessage
}

// objectMembers splits an object, keeping order and repeated keys; false when raw,
// which is valid JSON, is none.
func objectMembers(raw json.RawMessage) ([]objectMember, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var out []objectMember
	for d.More() {
		key, err := d.Token()
		var m objectMember
		if err != nil || d.Decode(&m.value) != nil {
			return nil, false
		}
		m.key, _ = key.(string)
		out = append(out, m)
	}
	return out, true
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// under extends a path by a key as it was given.
func under(path, key string) string {
	if plainKey.MatchString(key) {
		return path + "." + key
	}
	return path + fmt.Sprintf("[%.64q]", key)
}

// canonicalObject holds an object to a struct: every field is there, none is
// unknown or repeated, names are exact. It returns the form that the server writes.
func canonicalObject(t reflect.Type, raw json.RawMessage, path string) (json.RawMessage, *Fault) {
	members, ok := objectMembers(raw)
	if !ok {
		return nil, faultf(models.Unprocessable, path, "El campo %s debe ser un objeto", path)
	}
	fields := payloadFields(t)
	given := make(map[string]json.RawMessage, len(members))
	for _, m := range members {
		at := under(path, m.key)
		if !slices.ContainsFunc(fields, func(f payloadField) bool { return f.name == m.key }) {
			return nil, faultf(models.Unprocessable, at, "El campo %s no existe en este evento", at)
		}
		if _, twice := given[m.key]; twice {
			return nil, faultf(models.Unprocessable, at, "El campo %s está repetido", at)
		}
		given[m.key] = m.value
	}
	out := []byte{'{'}
	for _, f := range fields {
		at := under(path, f.name)
		value, ok := given[f.name]
		if !ok {
			return nil, faultf(models.Unprocessable, at, "Falta el campo %s", at)
		}
		canonical, fault := canonicalValue(f.kind, value, at)
		if fault != nil {
			return nil, fault
		}
		if len(f.oneOf) > 0 && !slices.ContainsFunc(f.oneOf, func(v string) bool { return `"`+v+`"` == string(canonical) }) {
			return nil, faultf(models.Unprocessable, at, "El campo %s debe ser uno de: %s", at, strings.Join(f.oneOf, ", "))
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, f.name), ':')
		out = append(out, canonical...)
	}
	return append(out, '}'), nil
}

var (
	moneyType   = reflect.TypeFor[models.Money]()
	limaType    = reflect.TypeFor[models.LimaTime]()
	instantType = reflect.TypeFor[models.Instant]()
	rawType     = reflect.TypeFor[json.RawMessage]()
)

// limaText is the form of a time, contract 2.1.
var limaText = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$`)

// canonicalValue holds one value to a Go type; contract 2.1 gives the JSON forms.
func canonicalValue(t reflect.Type, raw json.RawMessage, path string) (json.RawMessage, *Fault) {
	wrong := func(what string) *Fault {
		return faultf(models.Unprocessable, path, "El campo %s debe ser %s", path, what)
	}
	isNumber := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	switch {
	case t.Kind() == reflect.Pointer:
		if string(raw) == "null" {
			return raw, nil
		}
		return canonicalValue(t.Elem(), raw, path)
	case t == moneyType:
		m, err := models.ParseMoney(string(raw))
		if !isNumber || err != nil {
			return nil, wrong("un número")
		}
		return json.RawMessage(m.FloatText()), nil
	case t == limaType:
		var text string
		if raw[0] != '"' || json.Unmarshal(raw, &text) != nil || !limaText.MatchString(text) {
			return nil, wrong("una fecha como 2025-01-15T10:20:30.123456, hora de Lima sin zona")
		}
		at, err := time.ParseInLocation("2006-01-02T15:04:05", text, models.Lima)
		if err != nil {
			return nil, wrong("una fecha que exista")
		}
		return json.RawMessage(`"` + models.ToLima(at).ISO() + `"`), nil
	case t.Kind() == reflect.String:
		var text string
		if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
			return nil, wrong("un texto")
		}
		if strings.ContainsRune(text, 0) {
			return nil, wrong("un texto sin el carácter nulo")
		}
		b, err := json.Marshal(text)
		if err != nil {
			return nil, wrong("un texto")
		}
		return b, nil
	case t.Kind() == reflect.Int64:
		if _, err := strconv.ParseInt(string(raw), 10, 64); !isNumber || err != nil {
			return nil, wrong("un número entero")
		}
		return raw, nil
	case t.Kind() == reflect.Struct:
		return canonicalObject(t, raw, path)
	}
	// A payload struct with another kind of field is no row; a test walks the table.
	panic("events: payload field " + path + " has the unsupported type " + t.String())
}
