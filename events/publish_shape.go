package events

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/relevo/relevo/models"
)

// EventNames is the table of events for the SQL function relevo_emit, which lets
// through what Check does with an unlimited scope.
func EventNames() ([]models.EventName, error) {
	var out []models.EventName
	for i, row := range All() {
		if !row.Publishable() {
			continue
		}
		shape, err := json.Marshal(payloadShape(reflect.TypeOf(row.Payload)))
		if err != nil {
			return nil, fmt.Errorf("shape of %s: %w", row.Name, err)
		}
		except, err := models.JSONText[string](row.Audience.Except).MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("audience of %s: %w", row.Name, err)
		}
		out = append(out, models.EventName{
			Name: row.Name, Variant: i, Rooms: row.Audience.RoomPattern(), ExceptRooms: string(except), Shape: string(shape),
		})
	}
	return out, nil
}

// payloadShape maps each field to its JSON types: "integer", "number", "string",
// "datetime", "null", "=x" for the string x; or to the shape of an object.
func payloadShape(t reflect.Type) map[string]any {
	shape := map[string]any{}
	for _, f := range payloadFields(t) {
		kind, kinds := f.kind, []string{}
		if kind.Kind() == reflect.Pointer {
			kind, kinds = kind.Elem(), append(kinds, "null")
		}
		switch {
		case kind == moneyType:
			kinds = append(kinds, "number")
		case kind == limaType:
			kinds = append(kinds, "datetime")
		case kind.Kind() == reflect.Int64:
			kinds = append(kinds, "integer")
		case kind.Kind() == reflect.Struct:
			shape[f.name] = payloadShape(kind)
			continue
		case len(f.oneOf) > 0:
			for _, v := range f.oneOf {
				kinds = append(kinds, "="+v)
			}
		default:
			kinds = append(kinds, "string")
		}
		shape[f.name] = kinds
	}
	return shape
}
