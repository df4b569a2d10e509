package models

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Lima is the zone of the desk: UTC-5 all year (contract section 4).
var Lima = time.FixedZone("America/Lima", -5*60*60)

const (
	limaSQL  = "2006-01-02 15:04:05.000000"
	limaJSON = "2006-01-02T15:04:05"
)

// LimaTime is a wall-clock instant of the desk, to the microsecond. In SQL it is a
// timestamp without zone; in JSON it is 2025-01-15T10:20:30.123456 with no offset
// and the microseconds only when not zero (contract 2.1). The zero value is year 1
// and means "not set"; nullable columns use *LimaTime.
type LimaTime struct{ t time.Time }

// ToLima converts an instant to the desk's wall clock.
func ToLima(t time.Time) LimaTime { return LimaTime{t.In(Lima).Truncate(time.Microsecond)} }

// LimaDate is midnight of a day in Lima.
func LimaDate(year int, month time.Month, day int) LimaTime {
	return LimaTime{time.Date(year, month, day, 0, 0, 0, 0, Lima)}
}

// Time returns the instant, in the Lima zone.
func (l LimaTime) Time() time.Time { return l.t }

// IsZero reports whether the time is not set.
func (l LimaTime) IsZero() bool { return l.t.IsZero() }

// After reports whether l is later than o.
func (l LimaTime) After(o LimaTime) bool { return l.t.After(o.t) }

// DayStart is 00:00:00 of the same day.
func (l LimaTime) DayStart() LimaTime {
	y, m, d := l.t.In(Lima).Date()
	return LimaDate(y, m, d)
}

// MonthStart is 00:00:00 of the first day of the month.
func (l LimaTime) MonthStart() LimaTime {
	y, m, _ := l.t.In(Lima).Date()
	return LimaDate(y, m, 1)
}

// AddDate adds calendar units.
func (l LimaTime) AddDate(years, months, days int) LimaTime {
	return LimaTime{l.t.AddDate(years, months, days)}
}

// ISO is the JSON form without quotes.
func (l LimaTime) ISO() string {
	if us := l.t.Nanosecond() / 1000; us != 0 {
		return fmt.Sprintf("%s.%06d", l.t.Format(limaJSON), us)
	}
	return l.t.Format(limaJSON)
}

// Date is the calendar day, YYYY-MM-DD.
func (l LimaTime) Date() string { return l.t.Format(time.DateOnly) }

// MarshalJSON implements json.Marshaler.
func (l LimaTime) MarshalJSON() ([]byte, error) { return []byte(`"` + l.ISO() + `"`), nil }

// Value implements driver.Valuer: text of fixed width, so that SQLite compares it in order.
func (l LimaTime) Value() (driver.Value, error) { return l.t.Format(limaSQL), nil }

// Scan implements sql.Scanner. The wall clock is taken as Lima's whatever zone the driver adds.
func (l *LimaTime) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*l = LimaTime{}
		return nil
	case time.Time:
		*l = LimaTime{time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), Lima)}
		return nil
	case []byte:
		return l.scanText(string(v))
	case string:
		return l.scanText(v)
	}
	return fmt.Errorf("lima time from %T", src)
}

func (l *LimaTime) scanText(s string) error {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, Lima); err == nil {
			*l = LimaTime{t}
			return nil
		}
	}
	return fmt.Errorf("lima time from %q", s)
}

// GormDataType names the column type.
func (LimaTime) GormDataType() string { return "timestamp" }
