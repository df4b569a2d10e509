package events

import (
	"regexp"
	"slices"
	"strings"

	"github.com/relevo/relevo/models"
)

// Scope is what a publisher may do: which events, to which rooms. The zero value
// allows nothing.
type Scope struct {
	// Events are names; "*" allows all.
	Events []string
	// Audiences are rooms, or beginnings of rooms with a "*" after them: "role_*".
	// "*" allows all.
	Audiences []string
}

// Unlimited is the scope of who has the database anyway.
func Unlimited() Scope { return Scope{Events: []string{"*"}, Audiences: []string{"*"}} }

func (s Scope) mayPublish(event string) bool {
	return slices.Contains(s.Events, "*") || slices.Contains(s.Events, event)
}

func (s Scope) mayAddress(room string) bool {
	return slices.ContainsFunc(s.Audiences, func(allowed string) bool {
		begin, open := strings.CutSuffix(allowed, "*")
		return allowed == room || open && strings.HasPrefix(room, begin)
	})
}

// within keeps the rows all of whose rooms may be addressed.
func (s Scope) within(rows []addressedRow) ([]addressedRow, *Fault) {
	var fault *Fault
	var out []addressedRow
	for _, row := range rows {
		i := slices.IndexFunc(row.rooms, func(room string) bool { return !s.mayAddress(room) })
		switch {
		case i < 0:
			out = append(out, row)
		case fault == nil:
			fault = faultf(models.Forbidden, "rooms", "La clave no puede dirigirse a la sala %s", row.rooms[i])
		}
	}
	if len(out) == 0 {
		return nil, fault
	}
	return out, nil
}

// scopeRoom is an audience of a scope that can match a room of the table.
var scopeRoom = regexp.MustCompile(`^(\*|[a-z]+(_\*|_[0-9A-Za-z-]+\*?)?)$`)

// Validate reports what in the scope could never match: a misspelt event name, or
// an audience that no event goes to. Code Invalid.
func (s Scope) Validate() error {
	if len(s.Events) == 0 || len(s.Audiences) == 0 {
		return models.Errorf(models.Invalid, "Indique al menos un evento y una audiencia")
	}
	for _, name := range s.Events {
		if name != "*" && len(publishable(name)) == 0 {
			return models.Errorf(models.Invalid, "No existe el evento %.64q", name)
		}
	}
	for _, room := range s.Audiences {
		if !scopeRoom.MatchString(room) || !reachesSome(room) {
			return models.Errorf(models.Invalid, "Ningún evento va a la audiencia %.64q", room)
		}
	}
	return nil
}

// reachesSome reports whether some publishable row could match the audience.
func reachesSome(audience string) bool {
	begin, open := strings.CutSuffix(audience, "*")
	for _, row := range All() {
		if !row.Publishable() {
			continue
		}
		if !open && row.Audience.allows(audience) {
			return true
		}
		for _, room := range row.Audience.Rooms {
			fixed, _, placeholder := strings.Cut(room, "<")
			if open && (strings.HasPrefix(fixed, begin) || placeholder && strings.HasPrefix(begin, fixed)) {
				return true
			}
		}
	}
	return false
}
