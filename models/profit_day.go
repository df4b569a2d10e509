package models

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Day is a calendar day, YYYY-MM-DD, in SQL a date. The zero value is not a day.
type Day string

// DayAt is the Lima day of an instant.
func DayAt(at LimaTime) Day { return Day(at.DayStart().Date()) }

// ParseDay reads YYYY-MM-DD of the years MinYear to MaxYear; anything else is an
// error of code Invalid.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < MinYear || t.Year() > MaxYear {
		return "", Errorf(Invalid, "La fecha debe tener la forma AAAA-MM-DD")
	}
	return Day(s), nil
}

// Value implements driver.Valuer: plain text, which both databases compare in order.
func (d Day) Value() (driver.Value, error) { return string(d), nil }

// Scan implements sql.Scanner; a time of day that a driver adds is dropped.
func (d *Day) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*d = Day(v.Format(time.DateOnly))
		return nil
	case []byte:
		return d.Scan(string(v))
	case string:
		if len(v) >= len(time.DateOnly) {
			*d = Day(v[:len(time.DateOnly)])
			return nil
		}
	}
	return fmt.Errorf("day from %T", src)
}

// GormDataType names the column type.
func (Day) GormDataType() string { return "date" }
