package socketio

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// splitArgs splits a JSON array into its elements, which are slices of data. At most limit elements are
// taken (0: the default of packetLimits); more are an error, as is anything that is not one JSON array.
func splitArgs(data []byte, limit int) ([]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errUTF8
	}
	if len(data) == 0 || data[0] != '[' {
		return nil, errPayload
	}
	var args []json.RawMessage
	if _, _, err := scanArgs(data, packetLimits{args: limit}.orDefault(), &args); err != nil {
		return nil, err
	}
	return args, nil
}

// scanArgs walks the JSON array that data starts with and is to consist of, white space aside. It returns
// the first element, nil when there is none, and where the array ends. Elements are appended to *args
// unless args is nil. Data must be UTF-8 and begin with '['.
func scanArgs(data []byte, limits packetLimits, args *[]json.RawMessage) (first json.RawMessage, end int, err error) {
	i := skipSpace(data, 1)
	if i < len(data) && data[i] == ']' {
		return nil, i + 1, endOfText(data, i+1)
	}
	for n := 1; ; n++ {
		if n > limits.args {
			return nil, 0, errArgs
		}
		stop, err := skipValue(data, i, limits.depth-1)
		if err != nil {
			return nil, 0, err
		}
		element := json.RawMessage(data[i:stop:stop])
		if n == 1 {
			first = element
		}
		if args != nil {
			*args = append(*args, element)
		}
		i = skipSpace(data, stop)
		if i == len(data) {
			return nil, 0, errJSON
		}
		switch data[i] {
		case ',':
			i = skipSpace(data, i+1)
		case ']':
			return first, i + 1, endOfText(data, i+1)
		default:
			return nil, 0, errJSON
		}
	}
}

// endOfText refuses anything but white space after i.
func endOfText(data []byte, i int) error {
	if skipSpace(data, i) != len(data) {
		return errJSON
	}
	return nil
}

// checkEventName refuses an event whose first element is no name or a reserved one.
func checkEventName(raw json.RawMessage) error {
	if len(raw) == 0 {
		return errPayload
	}
	switch c := raw[0]; {
	case c == '"':
		if isReservedEvent(unquote(raw)) {
			return errReservedEvent
		}
	case c == '-' || isDigit(c):
	default:
		return errPayload
	}
	return nil
}

// isReservedEvent names the events that a library on either side raises itself and that no peer may
// (the list of the official parser).
func isReservedEvent(name []byte) bool {
	switch string(name) {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// eventName returns the name of an event from the first element of an accepted event packet. A name
// without escapes is a slice of raw, so that looking it up in a map by string(name) allocates nothing.
// A number is a name too, as in JavaScript, where emit(1) and emit("1") mean the same event.
func eventName(raw json.RawMessage) []byte {
	if len(raw) > 0 && raw[0] == '"' {
		return unquote(raw)
	}
	f, _ := strconv.ParseFloat(string(raw), 64)
	switch {
	case math.IsInf(f, 1):
		return []byte("Infinity")
	case math.IsInf(f, -1):
		return []byte("-Infinity")
	case f == 0:
		return []byte("0") // also -0
	}
	name, err := json.Marshal(f) // writes numbers as JavaScript does
	if err != nil {
		return raw
	}
	return name
}

// unquote returns what a valid JSON string stands for: the slice between the quotes when nothing is
// escaped. Half a surrogate pair becomes U+FFFD, since Go text cannot hold it.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				return nil
			}
			return []byte(s)
		}
	}
	return inner
}
