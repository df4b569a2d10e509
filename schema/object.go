package schema

import "slices"

// object is a schema of an object that may have further keys: clients shall not
// break when one is added.
func object(properties Schema, required []string) Schema {
	s := Schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		s["required"] = required
	}
	return s
}

// Nullable is s or null.
func Nullable(s Schema) Schema {
	switch kind := s["type"].(type) {
	case string:
		out := Schema{}
		for k, v := range s {
			out[k] = v
		}
		out["type"] = []string{kind, "null"}
		return out
	case []string:
		return s
	}
	if len(s) == 0 {
		return s
	}
	return Schema{"anyOf": []Schema{s, {"type": "null"}}}
}

// List is an array of what v stands for.
type List struct{ Of any }

// OneOf is what any of the values stands for.
type OneOf []any

// Text is a string that is one of the values.
func Text(values ...string) Schema {
	s := Schema{"type": "string"}
	if len(values) > 0 {
		s["enum"] = values
	}
	return s
}

// Const is exactly the value.
func Const(v any) Schema { return Schema{"const": v} }
