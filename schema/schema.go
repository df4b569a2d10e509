// Package schema derives JSON Schema (draft 2020-12) from Go types by reflection,
// as encoding/json would write them. It imports nothing of ours; a type with a JSON
// form of its own tells it by a method JSONSchema.
package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Schema is a JSON Schema object. Its JSON form is stable: keys are sorted.
type Schema map[string]any

// Described is implemented by types whose JSON form reflection cannot see.
type Described interface{ JSONSchema() map[string]any }

// Reflector turns types into schemas. Named structs become components, once each,
// and are referred to. It is for one goroutine.
type Reflector struct {
	// Components are the named structs that were met, by their names in the document.
	Components map[string]Schema
	// Prefix is what a reference to a component begins with.
	Prefix string
	// MarkPrivate gives x-private to fields with the tag private:"true".
	MarkPrivate bool

	types map[string]reflect.Type
}

// NewReflector collects components under prefix, e.g. "#/components/schemas/".
func NewReflector(prefix string) *Reflector {
	return &Reflector{Components: map[string]Schema{}, Prefix: prefix, types: map[string]reflect.Type{}}
}

// Of is the schema of a value's type. A Schema stands for itself, and so do Keys, List and OneOf; nil is null. It panics for what JSON does not have, and for two types
// that would have the same component name: both are faults of the program.
func (r *Reflector) Of(v any) Schema {
	switch known := v.(type) {
	case nil:
		return Schema{"type": "null"}
	case Schema:
		return known
	case Keys:
		return r.keys(known)
	case List:
		return Schema{"type": "array", "items": r.Of(known.Of)}
	case OneOf:
		var all []Schema
		for _, one := range known {
			all = append(all, r.Of(one))
		}
		return Schema{"anyOf": all}
	}
	return r.of(reflect.TypeOf(v))
}

// Keys is an object written by hand: key to a zero value of what stands there, to a
// Schema, or to Keys. Every key is required but those in Optional.
type Keys map[string]any

// Optional marks a key of Keys that may be missing.
type Optional struct{ Of any }

func (r *Reflector) keys(k Keys) Schema {
	properties := Schema{}
	required := []string{}
	for name, v := range k {
		if o, ok := v.(Optional); ok {
			properties[name] = r.Of(o.Of)
			continue
		}
		properties[name] = r.Of(v)
		required = append(required, name)
	}
	return object(properties, required)
}

var (
	describedType = reflect.TypeFor[Described]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	timeType      = reflect.TypeFor[time.Time]()
)

func (r *Reflector) of(t reflect.Type) Schema {
	switch {
	case t.Kind() == reflect.Pointer:
		return Nullable(r.of(t.Elem()))
	case t.Implements(describedType):
		return reflect.Zero(t).Interface().(Described).JSONSchema()
	case t == rawType:
		return Schema{}
	case t == timeType:
		return Schema{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return Schema{"type": "array", "items": r.of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": r.of(t.Elem())}
	case reflect.Struct:
		return r.structure(t)
	case reflect.Interface:
		return Schema{}
	}
	panic(fmt.Sprintf("schema of %s: no JSON form", t))
}

// structure refers to the component of a named struct, which it adds when it is new;
// a struct without a name stands where it is used.
func (r *Reflector) structure(t reflect.Type) Schema {
	if t.Name() == "" {
		return r.fields(t)
	}
	name := ComponentName(t)
	if known, ok := r.types[name]; ok {
		if known != t {
			panic(fmt.Sprintf("schema: %s and %s are both called %s", known, t, name))
		}
	} else {
		r.types[name] = t
		r.Components[name] = r.fields(t)
	}
	return Schema{"$ref": r.Prefix + name}
}

// Inline is the schema of a struct itself, which does not become a component.
func (r *Reflector) Inline(v any) Schema { return r.fields(reflect.TypeOf(v)) }

// ComponentName is the name of a struct in a document: exported, without the suffix
// JSON by which the code tells wire forms from rows.
func ComponentName(t reflect.Type) string {
	name := strings.TrimSuffix(t.Name(), "JSON")
	return string(unicode.ToUpper(rune(name[0]))) + name[1:]
}

func (r *Reflector) fields(t reflect.Type) Schema {
	properties := Schema{}
	required := []string{}
	r.collect(t, true, properties, &required)
	return object(properties, required)
}

// collect adds the fields of t. Those of an embedded pointer may all be missing.
func (r *Reflector) collect(t reflect.Type, present bool, properties Schema, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			inner, always := f.Type, present
			if inner.Kind() == reflect.Pointer {
				inner, always = inner.Elem(), false
			}
			r.collect(inner, always, properties, required)
			continue
		}
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		omit := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if of := f.Type; omit && of.Kind() == reflect.Pointer {
			properties[name] = r.of(of.Elem())
		} else {
			properties[name] = r.of(of)
		}
		if r.MarkPrivate && f.Tag.Get("private") == "true" {
			properties[name] = marked(properties[name].(Schema))
		}
		if present && !omit {
			*required = append(*required, name)
		}
	}
}

// marked is a schema of personal data.
func marked(s Schema) Schema {
	out := maps.Clone(s)
	out["x-private"] = true
	return out
}
