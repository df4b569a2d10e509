package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// maxEncodeDepth ends the walk of arguments that contain themselves.
const maxEncodeDepth = 256

var errEncodeDepth = errors.New("socketio: arguments nested too deep")

// encodeEvent returns the payload of an event, the JSON array of its name and arguments, and its
// attachments: the packet is a binary one exactly when there are any. Whether the name is reserved is the
// caller's to check, and how many attachments the peer takes (the official parser: 10). See extractBinary.
func encodeEvent(name string, args ...any) (data []byte, attachments [][]byte, err error) {
	e := encoder{out: make([]byte, 0, 64)}
	e.out = append(e.out, '[')
	if err := e.text(name); err != nil {
		return nil, nil, err
	}
	for _, arg := range args {
		e.out = append(e.out, ',')
		if err := e.value(arg, 1); err != nil {
			return nil, nil, err
		}
	}
	return append(e.out, ']'), e.attachments, nil
}

// extractBinary returns the JSON array of args, the payload of an acknowledgement, with a placeholder for
// every []byte, and those byte slices in the order of their numbers; they are not copied.
//
// Byte slices are found among the arguments themselves and, to any depth, among the elements of slices,
// the values of maps and behind pointers and interfaces. In a field of a struct, in an array and inside
// what a json.Marshaler returns they are what encoding/json makes of them (base64). A nil []byte is null;
// a json.RawMessage is JSON, must be valid, and is copied as it is. Text is not escaped for HTML.
func extractBinary(args []any) (data []byte, attachments [][]byte, err error) {
	e := encoder{out: make([]byte, 0, 64)}
	if err := e.slice(args, 0); err != nil {
		return nil, nil, err
	}
	return e.out, e.attachments, nil
}

// appendRawArgs appends the payload of an event with arguments that are JSON already, which is trusted.
func appendRawArgs(dst []byte, name string, args ...json.RawMessage) ([]byte, error) {
	e := encoder{out: append(dst, '[')}
	if err := e.text(name); err != nil {
		return dst, err
	}
	for _, arg := range args {
		e.out = append(e.out, ',')
		e.out = append(e.out, arg...)
	}
	return append(e.out, ']'), nil
}

// encoder writes one payload.
type encoder struct {
	out         []byte
	attachments [][]byte
}

func (e *encoder) value(v any, depth int) error {
	if depth > maxEncodeDepth {
		return errEncodeDepth
	}
	switch v := v.(type) {
	case nil:
		e.out = append(e.out, "null"...)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case int:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case int64:
		e.out = strconv.AppendInt(e.out, v, 10)
	case string:
		return e.text(v)
	case []byte:
		e.binary(v)
	case json.RawMessage:
		return e.raw(v)
	case []any:
		if v == nil {
			return e.value(nil, depth)
		}
		return e.slice(v, depth)
	case map[string]any:
		if v == nil {
			return e.value(nil, depth)
		}
		return e.object(v, depth)
	default:
		return e.other(reflect.ValueOf(v), depth)
	}
	return nil
}

func (e *encoder) binary(b []byte) {
	if b == nil {
		e.out = append(e.out, "null"...)
		return
	}
	e.out = appendPlaceholder(e.out, len(e.attachments))
	e.attachments = append(e.attachments, b)
}

// text writes a string; one that needs no escapes is copied.
func (e *encoder) text(s string) error {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return e.marshal(s)
		}
	}
	e.out = append(e.out, '"')
	e.out = append(e.out, s...)
	e.out = append(e.out, '"')
	return nil
}

func (e *encoder) raw(raw json.RawMessage) error {
	if raw == nil {
		e.out = append(e.out, "null"...)
		return nil
	}
	if !isJSON(raw) {
		return fmt.Errorf("socketio: argument: %w", errJSON)
	}
	e.out = append(e.out, raw...)
	return nil
}

// isJSON reports whether raw is one JSON text. Only what is nested deeper than
// peers may send us takes the slower way.
func isJSON(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	end, err := skipValue(raw, 0, maxDepth)
	if errors.Is(err, errDepth) {
		return json.Valid(raw)
	}
	return err == nil && skipSpace(raw, end) == len(raw)
}

func (e *encoder) slice(v []any, depth int) error {
	e.out = append(e.out, '[')
	for i, element := range v {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.value(element, depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, ']')
	return nil
}

// object writes the members in the order of their keys, as encoding/json does.
func (e *encoder) object(v map[string]any, depth int) error {
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	e.out = append(e.out, '{')
	for i, key := range keys {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.text(key); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		if err := e.value(v[key], depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// other walks a value of any other type as far as it may lead to a byte slice and leaves the rest to
// encoding/json.
func (e *encoder) other(v reflect.Value, depth int) error {
	if !mayHoldBinary(v.Type()) {
		return e.marshal(v.Interface())
	}
	if v.IsNil() {
		return e.value(nil, depth)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return e.value(v.Elem().Interface(), depth+1)
	case reflect.Map:
		members := make(map[string]any, v.Len())
		for each := v.MapRange(); each.Next(); {
			members[each.Key().String()] = each.Value().Interface()
		}
		return e.object(members, depth)
	default: // reflect.Slice
		if v.Type().Elem().Kind() == reflect.Uint8 {
			e.binary(v.Bytes())
			return nil
		}
		elements := make([]any, v.Len())
		for i := range elements {
			elements[i] = v.Index(i).Interface()
		}
		return e.slice(elements, depth)
	}
}

// jsonWriter is an encoder of encoding/json with the buffer that it writes to.
type jsonWriter struct {
	buffer  bytes.Buffer
	encoder *json.Encoder
}

var jsonWriters = sync.Pool{New: func() any {
	w := &jsonWriter{}
	w.encoder = json.NewEncoder(&w.buffer)
	w.encoder.SetEscapeHTML(false)
	return w
}}

// maxPooledBytes keeps the buffer of a rare large value from staying in the pool.
const maxPooledBytes = 64 << 10

// marshal writes v as encoding/json does.
func (e *encoder) marshal(v any) error {
	w := jsonWriters.Get().(*jsonWriter)
	defer func() {
		if w.buffer.Cap() <= maxPooledBytes {
			w.buffer.Reset()
			jsonWriters.Put(w)
		}
	}()
	if err := w.encoder.Encode(v); err != nil {
		return fmt.Errorf("socketio: argument: %w", err)
	}
	e.out = append(e.out, bytes.TrimSuffix(w.buffer.Bytes(), []byte{'\n'})...)
	return nil
}
