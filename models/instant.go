package models

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Instant is a point in time, to the millisecond: Unix milliseconds in SQL, RFC 3339
// in UTC with Z in JSON. The zero value is year 1 and means "not set"; nullable
// columns use *Instant.
type Instant struct{ t time.Time }

// ToInstant cuts t to the millisecond.
func ToInstant(t time.Time) Instant { return Instant{time.UnixMilli(t.UnixMilli()).UTC()} }

// Time returns it in UTC.
func (i Instant) Time() time.Time { return i.t }

// IsZero reports whether it is not set.
func (i Instant) IsZero() bool { return i.t.IsZero() }

// MarshalJSON implements json.Marshaler.
func (i Instant) MarshalJSON() ([]byte, error) { return i.t.UTC().MarshalJSON() }

// JSONSchema describes it.
func (Instant) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "format": "date-time"}
}

// Value implements driver.Valuer.
func (i Instant) Value() (driver.Value, error) { return i.t.UnixMilli(), nil }

// Scan implements sql.Scanner.
func (i *Instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = Instant{}
	case int64:
		*i = Instant{time.UnixMilli(v).UTC()}
	default:
		return fmt.Errorf("instant from %T", src)
	}
	return nil
}

// GormDataType names the column type.
func (Instant) GormDataType() string { return "bigint" }
