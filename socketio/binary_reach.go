package socketio

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
)

var (
	jsonMarshalerType = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// binaryTypes remembers the answers of mayHoldBinary. Programs have a bounded number of types.
var binaryTypes sync.Map // reflect.Type to bool

// mayHoldBinary tells whether a value of type t is to be walked in search of byte slices: a byte slice, or
// a slice, a map with string keys or a pointer from which an interface or a byte slice can be reached that
// way. Types that marshal themselves are not. It is safe for concurrent use.
func mayHoldBinary(t reflect.Type) bool {
	if known, ok := binaryTypes.Load(t); ok {
		return known.(bool)
	}
	may := leadsToBinary(t, map[reflect.Type]bool{})
	binaryTypes.Store(t, may)
	return may
}

// leadsToBinary does the work; open holds the types on the way, for those that refer to themselves.
func leadsToBinary(t reflect.Type, open map[reflect.Type]bool) bool {
	if open[t] || marshalsItself(t) {
		return false
	}
	open[t] = true
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return !marshalsItself(t.Elem())
		}
	case reflect.Map:
		if t.Key().Kind() != reflect.String || marshalsItself(t.Key()) {
			return false
		}
	case reflect.Pointer:
	default:
		return false
	}
	elem := t.Elem()
	return elem.Kind() == reflect.Interface && !marshalsItself(elem) || leadsToBinary(elem, open)
}

// marshalsItself also looks at the pointer to t, whose methods encoding/json uses for addressable values.
func marshalsItself(t reflect.Type) bool {
	if t.Implements(jsonMarshalerType) || t.Implements(textMarshalerType) {
		return true
	}
	p := reflect.PointerTo(t)
	return p.Implements(jsonMarshalerType) || p.Implements(textMarshalerType)
}
