package events

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/relevo/relevo/models"
)

// roomPatterns are the placeholders of the table, as regular expressions that
// both Go and Postgres read.
var roomPatterns = map[string]string{
	"user_<id>":    `user_[1-9][0-9]{0,17}`,
	"client_<dni>": `client_[0-9A-Za-z-]{8,12}`, // contract 4.6: the lengths of the three documents
	"role_<Role>":  `role_(` + strings.Join(models.Roles, "|") + `)`,
}

// RoomPattern is the regular expression that a room of the audience matches as a
// whole.
func (a Audience) RoomPattern() string {
	var parts []string
	for _, room := range a.Rooms {
		pattern, ok := roomPatterns[room]
		if !ok {
			pattern = regexp.QuoteMeta(room)
		}
		parts = append(parts, pattern)
	}
	return "^(" + strings.Join(parts, "|") + ")$"
}

// wholeRoom matches a room by its placeholder.
var wholeRoom = func() map[string]*regexp.Regexp {
	out := map[string]*regexp.Regexp{}
	for room, pattern := range roomPatterns {
		out[room] = regexp.MustCompile("^" + pattern + "$")
	}
	return out
}()

// allows reports whether the audience holds the room.
func (a Audience) allows(room string) bool {
	return slices.ContainsFunc(a.Rooms, func(allowed string) bool {
		pattern, ok := wholeRoom[allowed]
		return allowed == room && !ok || ok && pattern.MatchString(room)
	})
}

// fixed reports whether the audience names its rooms without a placeholder.
func (a Audience) fixed() bool {
	return !slices.ContainsFunc(a.Rooms, func(room string) bool { return strings.ContainsRune(room, '<') })
}

// addressedRow is a row with the rooms that a publication of it goes to.
type addressedRow struct {
	Row
	rooms []string
}

// address returns the rows that the rooms fit.
func address(rows []Row, rooms []string) ([]addressedRow, *Fault) {
	var out []addressedRow
	if rooms == nil {
		for _, row := range rows {
			if row.Audience.fixed() {
				out = append(out, addressedRow{row, slices.Clone(row.Audience.Rooms)})
			}
		}
		if len(out) == 0 {
			return nil, faultf(models.Unprocessable, "rooms", "Indique en rooms a quién va el evento: %s", audiences(rows))
		}
		return out, nil
	}
	switch {
	case len(rooms) == 0:
		return nil, faultf(models.Unprocessable, "rooms", "Sin salas no hay destinatarios")
	case len(rooms) > MaxPublishRooms:
		return nil, faultf(models.Unprocessable, "rooms", "El campo rooms admite hasta %d salas", MaxPublishRooms)
	}
	var union []string
	for i, room := range rooms {
		if !slices.ContainsFunc(rows, func(r Row) bool { return r.Audience.allows(room) }) {
			return nil, faultf(models.Unprocessable, fmt.Sprintf("rooms[%d]", i), "El evento no va a la sala %.64q, solo a: %s", room, audiences(rows))
		}
		if !slices.Contains(union, room) {
			union = append(union, room)
		}
	}
	for _, row := range rows {
		if !slices.ContainsFunc(union, func(room string) bool { return !row.Audience.allows(room) }) {
			out = append(out, addressedRow{row, union})
		}
	}
	if len(out) == 0 {
		return nil, faultf(models.Unprocessable, "rooms", "Estas salas reciben el evento con contenidos distintos; publíquelo por separado")
	}
	return out, nil
}

// audiences lists the room patterns of the rows.
func audiences(rows []Row) string {
	var out []string
	for _, row := range rows {
		for _, room := range row.Audience.Rooms {
			if !slices.Contains(out, room) {
				out = append(out, room)
			}
		}
	}
	return strings.Join(out, ", ")
}
