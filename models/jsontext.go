package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// JSONText is a list kept as JSON in a text column. NULL, an empty string and text
// that does not parse read as the empty list, as the pages expect (contract 2.1);
// nil is written and marshalled as [].
type JSONText[T any] []T

// MarshalJSON implements json.Marshaler.
func (j JSONText[T]) MarshalJSON() ([]byte, error) {
	if j == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(j))
}

// Value implements driver.Valuer.
func (j JSONText[T]) Value() (driver.Value, error) {
	b, err := j.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode list: %w", err)
	}
	return string(b), nil
}

// Scan implements sql.Scanner.
func (j *JSONText[T]) Scan(src any) error {
	var text []byte
	switch v := src.(type) {
	case nil:
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("list from %T", src)
	}
	var list []T
	if json.Unmarshal(text, &list) != nil {
		list = nil
	}
	*j = list
	return nil
}

// GormDataType names the column type.
func (JSONText[T]) GormDataType() string { return "text" }
