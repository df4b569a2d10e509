package models

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// EventSpan is a run of events by Seq, both ends included.
type EventSpan struct{ From, To int64 }

// EventCursor is a position in the event log: everything up to Low is behind it,
// and so are the spans of Beyond. More than one number is needed because a
// transaction may commit after one that took a higher number. The zero value is
// the beginning of the log. A cursor is a value; only Add and Settle change it.
type EventCursor struct {
	Low int64
	// Beyond is ascending; its spans touch neither each other nor Low.
	Beyond []EventSpan
}

// Covers reports whether the event is behind the cursor.
func (c EventCursor) Covers(seq int64) bool {
	if seq <= c.Low {
		return true
	}
	i, _ := slices.BinarySearchFunc(c.Beyond, seq, func(s EventSpan, seq int64) int { return cmp.Compare(s.To, seq) })
	return i < len(c.Beyond) && c.Beyond[i].From <= seq
}

// Last is the highest Seq behind the cursor.
func (c EventCursor) Last() int64 {
	if n := len(c.Beyond); n > 0 {
		return c.Beyond[n-1].To
	}
	return c.Low
}

// Add puts one event behind the cursor. Cursors that were copied from c before
// keep what they had.
func (c *EventCursor) Add(seq int64) {
	if c.Covers(seq) {
		return
	}
	i, _ := slices.BinarySearchFunc(c.Beyond, seq, func(s EventSpan, seq int64) int { return cmp.Compare(s.From, seq) })
	joinsBefore := i > 0 && c.Beyond[i-1].To == seq-1
	joinsAfter := i < len(c.Beyond) && c.Beyond[i].From == seq+1
	if i == 0 && c.Low == seq-1 {
		c.Low = seq
		if joinsAfter {
			c.Low = c.Beyond[0].To
			c.Beyond = c.Beyond[1:]
		}
		return
	}
	beyond := slices.Clone(c.Beyond)
	switch {
	case joinsBefore && joinsAfter:
		beyond[i-1].To = beyond[i].To
		beyond = slices.Delete(beyond, i, i+1)
	case joinsBefore:
		beyond[i-1].To = seq
	case joinsAfter:
		beyond[i].From = seq
	default:
		beyond = slices.Insert(beyond, i, EventSpan{seq, seq})
	}
	c.Beyond = beyond
}

// Settle puts everything up to low behind the cursor, gaps included.
func (c *EventCursor) Settle(low int64) {
	if low <= c.Low {
		return
	}
	c.Low = low
	for len(c.Beyond) > 0 && c.Beyond[0].From <= c.Low+1 {
		c.Low = max(c.Low, c.Beyond[0].To)
		c.Beyond = c.Beyond[1:]
	}
}

// gaps lists what is not behind the cursor, ascending; the last one has no end.
func (c EventCursor) gaps() []EventSpan {
	out := make([]EventSpan, 0, len(c.Beyond)+1)
	from := c.Low + 1
	for _, s := range c.Beyond {
		out = append(out, EventSpan{from, s.From - 1})
		from = s.To + 1
	}
	return append(out, EventSpan{from, math.MaxInt64})
}

// cursorSpans is how many spans a cursor's text holds. What is beyond is left
// out, so that somebody may get an event twice but never miss one.
const cursorSpans = 24

// String is the cursor as text of digits, lower case letters, "." and "-".
func (c EventCursor) String() string {
	b := strconv.AppendInt(nil, c.Low, 36)
	for i, s := range c.Beyond {
		if i == cursorSpans {
			break
		}
		b = append(b, '.')
		b = strconv.AppendInt(b, s.From-c.Low, 36)
		if s.To != s.From {
			b = append(b, '-')
			b = strconv.AppendInt(b, s.To-s.From, 36)
		}
	}
	return string(b)
}

var errCursor = errors.New("not a cursor of the event log")

// ParseEventCursor reads what String wrote.
func ParseEventCursor(text string) (EventCursor, error) {
	low, rest, more := strings.Cut(text, ".")
	n, err := parse36(low)
	if err != nil {
		return EventCursor{}, err
	}
	c := EventCursor{Low: n}
	last := n
	for spans := 0; more; spans++ {
		var part string
		part, rest, more = strings.Cut(rest, ".")
		from, length, isRun := strings.Cut(part, "-")
		begin, err := parse36(from)
		if err != nil || spans == cursorSpans {
			return EventCursor{}, errCursor
		}
		run := int64(0)
		if isRun {
			if run, err = parse36(length); err != nil {
				return EventCursor{}, err
			}
		}
		span := EventSpan{n + begin, n + begin + run}
		if span.From <= last+1 || span.To < span.From {
			return EventCursor{}, errCursor
		}
		last = span.To
		c.Beyond = append(c.Beyond, span)
	}
	return c, nil
}

// parse36 reads a number that leaves room for sums of three.
func parse36(text string) (int64, error) {
	if text == "" || len(text) > 11 || strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return 0, errCursor
	}
	n, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, errCursor
	}
	return n, nil
}
