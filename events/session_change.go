package events

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/relevo/relevo/models"
)

// RoleChange reads the change of a user's role from its event; false for every
// other event.
func RoleChange(e models.EventRecord) (userID int64, role string, ok bool) {
	change, ok := roleChanged(e)
	return change.UserID, change.Role, ok
}

// roleChanged is RoleChange with the role before.
func roleChanged(e models.EventRecord) (RoleChanged, bool) {
	if e.Name != sessionUpdated.Name() || len(e.Rooms) != 1 {
		return RoleChanged{}, false
	}
	digits, isUser := strings.CutPrefix(e.Rooms[0], userRoom)
	id, err := strconv.ParseInt(digits, 10, 64)
	var told SessionUpdated
	if !isUser || err != nil || json.Unmarshal(e.Payload, &told) != nil {
		return RoleChanged{}, false
	}
	return RoleChanged{UserID: id, Role: told.Role, Old: told.OldRole}, true
}

// DashboardUpdateName is the event that makes pages load their numbers again.
const DashboardUpdateName = "dashboard_update"
