package events

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/relevo/relevo/schema"
)

// TypeScript is the table as a TypeScript module: an interface for each payload,
// EventPayloads from name to payload, InboundArguments from the name of what clients may
// send to its argument, and the constant eventTable with every row.
func TypeScript() string {
	w := &typeWriter{written: map[string]bool{}}
	payloads := map[string][]string{}
	var names []string
	for _, row := range All() {
		of := w.of(reflect.TypeOf(row.Payload))
		if payloads[row.Name] == nil {
			names = append(names, row.Name)
		}
		if !slices.Contains(payloads[row.Name], of) {
			payloads[row.Name] = append(payloads[row.Name], of)
		}
	}
	var b strings.Builder
	b.WriteString("// The table of events, written by `make generate`.\n\n")
	fmt.Fprintf(&b, "export type EventClass = %s;\n\n", literals([]string{string(Durable), string(Latest), string(Reply)}))
	b.WriteString(w.text.String())
	b.WriteString("/** The payload by the event's name; a name with two audiences has two. */\nexport interface EventPayloads {\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  %s: %s;\n", name, strings.Join(payloads[name], " | "))
	}
	b.WriteString("}\n\nexport type EventName = keyof EventPayloads;\n\n")
	b.WriteString("/** What clients may send, with its one argument. */\nexport interface InboundArguments {\n")
	for _, in := range AllInbound() {
		fmt.Fprintf(&b, "  %s: %s;\n", in.Name, inboundType(in.Argument))
	}
	b.WriteString("}\n\nexport interface EventRow {\n" +
		"  readonly name: EventName;\n  readonly class: EventClass;\n  readonly rooms: readonly string[];\n" +
		"  readonly except: readonly string[];\n  readonly push: boolean;\n  readonly doc: string;\n}\n\n")
	b.WriteString("export const eventTable: readonly EventRow[] = [\n")
	for _, row := range All() {
		fmt.Fprintf(&b, "  { name: %q, class: %q, rooms: %s, except: %s, push: %t, doc: %q },\n",
			row.Name, row.Class, list(row.Audience.Rooms), list(row.Audience.Except), row.Push, row.Doc)
	}
	b.WriteString("];\n")
	return b.String()
}

// typeWriter collects interfaces, each after those that it needs.
type typeWriter struct {
	text    strings.Builder
	written map[string]bool
}

// of is the type of a value in TypeScript.
func (w *typeWriter) of(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return w.of(t.Elem()) + " | null"
	}
	if known, ok := reflect.Zero(t).Interface().(schema.Described); ok {
		return jsonType(known.JSONSchema())
	}
	switch {
	case t == rawType:
		return "unknown"
	case t == reflect.TypeFor[Class]():
		return "EventClass"
	}
	switch t.Kind() {
	case reflect.Struct:
		return w.structure(t)
	case reflect.Slice:
		return "readonly " + w.of(t.Elem()) + "[]"
	case reflect.Map:
		return "Readonly<Record<string, " + w.of(t.Elem()) + ">>"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int64, reflect.Float64:
		return "number"
	}
	panic(fmt.Sprintf("events: %s has no type in TypeScript", t))
}

func (w *typeWriter) structure(t reflect.Type) string {
	name := schema.ComponentName(t)
	if w.written[name] {
		return name
	}
	w.written[name] = true
	var b strings.Builder
	fmt.Fprintf(&b, "export interface %s {\n", name)
	for _, f := range payloadFields(t) {
		of := w.of(f.kind)
		if len(f.oneOf) > 0 {
			of = literals(f.oneOf)
		}
		if f.private {
			b.WriteString("  /** Private. */\n")
		}
		fmt.Fprintf(&b, "  %s: %s;\n", f.name, of)
	}
	b.WriteString("}\n\n")
	w.text.WriteString(b.String())
	return name
}

// inboundType is the type of what a client sends.
func inboundType(s schema.Schema) string {
	if properties, ok := s["properties"].(schema.Schema); ok {
		var fields []string
		for name, of := range properties {
			fields = append(fields, name+": "+jsonType(of.(schema.Schema)))
		}
		slices.Sort(fields)
		return "{ " + strings.Join(fields, "; ") + " }"
	}
	return jsonType(s)
}

// jsonType is the type of what a schema of one JSON type describes.
func jsonType(s map[string]any) string {
	switch kind := s["type"]; kind {
	case "string", "number", "boolean":
		return kind.(string)
	case "integer":
		return "number"
	}
	return "unknown"
}

func literals(values []string) string { return strings.Join(quoted(values), " | ") }

func list(values []string) string { return "[" + strings.Join(quoted(values), ", ") + "]" }

func quoted(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return out
}
