package events

import (
	"context"
	"slices"
	"strings"

	"github.com/relevo/relevo/models"
)

// Viewer is who reads the event log: a signed-in user, or nobody (the zero value,
// which sees only what is public). It is a value and safe to copy.
type Viewer struct {
	// UserID is 0 for nobody; then Role counts for nothing either.
	UserID int64
	// Role is the stored value that the user has now.
	Role string
	// Rooms are further rooms that the viewer is in now, e.g. a client's.
	Rooms []string
	// RoleSince is the place in the log (seq) of the last change of the user's role;
	// 0 when the log knows of none. Visible adds what it finds in its rows.
	RoleSince int64
}

// rooms lists every room of the viewer, as it is now.
func (v Viewer) rooms() []string {
	rooms := []string{RoomPublic}
	if v.UserID != 0 {
		rooms = append(rooms, RoomAuthenticated, RoomUser(v.UserID), RoomRole(v.Role))
	}
	return append(rooms, v.Rooms...)
}

// Sees tells whether the viewer may have the event that stands at seq in the log:
// it is in one of the event's rooms and in none of its exceptions now, and it was
// allowed the event when that was committed. What was said to a role is therefore
// only for those who had the role then. No rooms, nobody.
func (v Viewer) Sees(seq int64, e models.EventRecord) bool {
	mine := v.rooms()
	for _, room := range e.Except {
		if slices.Contains(mine, room) {
			return false
		}
	}
	for _, room := range e.Rooms {
		if !slices.Contains(mine, room) {
			continue
		}
		if !strings.HasPrefix(room, RoomRole("")) || seq > v.RoleSince {
			return true
		}
	}
	return false
}

// Visible returns the rows that the viewer sees, in their order. Changes of role
// that stand among the rows count even when RoleSince does not know them yet, so
// rows must hold all that was read: a page alone may end before a later change.
func Visible(rows []models.LoggedEvent, v Viewer) []models.LoggedEvent {
	v.RoleSince = max(v.RoleSince, roleChange(rows, v.UserID))
	var out []models.LoggedEvent
	for _, row := range rows {
		if v.Sees(row.Seq, row.EventRecord) {
			out = append(out, row)
		}
	}
	return out
}

// roleChange is the seq of the last row that changes the user's role, 0 for none.
func roleChange(rows []models.LoggedEvent, userID int64) int64 {
	var last int64
	for _, row := range rows {
		if id, _, ok := RoleChange(row.EventRecord); ok && id == userID {
			last = max(last, row.Seq)
		}
	}
	return last
}

// LastEvents is what LastRoleChange asks; *models.Store is one.
type LastEvents interface {
	LastEvent(ctx context.Context, name, room string, after int64) (int64, error)
}

// LastRoleChange is the seq of the last change of the user's role above after, 0 for
// none: a Viewer's RoleSince for rows that are read from after on. Ask after the rows
// were read and the Viewer's Role was looked up, else a change in between is missed.
func LastRoleChange(ctx context.Context, log LastEvents, userID, after int64) (int64, error) {
	return log.LastEvent(ctx, sessionUpdated.Name(), RoomUser(userID), after)
}
