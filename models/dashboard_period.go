package models

import "time"

// Period is a half-open span of the desk's wall clock, [From, To). Half-open, so
// that the last fraction of a second of a day belongs to that day (contract 5.30).
type Period struct{ From, To LimaTime }

// DayOf is the Lima day that holds at.
func DayOf(at LimaTime) Period {
	from := at.DayStart()
	return Period{from, from.AddDate(0, 0, 1)}
}

// The years that dashboards accept.
const (
	MinYear = 2000
	MaxYear = 2100
)

// Month is a calendar month.
type Month struct {
	Year  int
	Month int // 1..12
}

// MonthOf is the Lima month that holds at.
func MonthOf(at LimaTime) Month {
	y, m, _ := at.DayStart().Time().Date()
	return Month{y, int(m)}
}

// Check gives an error of code Invalid unless the month is 1..12 of the years
// MinYear to MaxYear.
func (m Month) Check() error {
	if m.Month < 1 || m.Month > 12 {
		return Errorf(Invalid, "El mes debe estar entre 1 y 12")
	}
	if m.Year < MinYear || m.Year > MaxYear {
		return Errorf(Invalid, "El año debe estar entre %d y %d", MinYear, MaxYear)
	}
	return nil
}

// Period is the span of the month.
func (m Month) Period() Period {
	from := LimaDate(m.Year, time.Month(m.Month), 1)
	return Period{from, from.AddDate(0, 1, 0)}
}

// days is the first day and the first day of the next month.
func (m Month) days() (first, next Day) {
	p := m.Period()
	return DayAt(p.From), DayAt(p.To)
}
