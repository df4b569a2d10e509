package events

import (
	"errors"
	"fmt"
	"slices"
)

// Kinds of notification, Notification.Type (contract 2.3).
const (
	NotifyInfo    = "info"
	NotifySuccess = "success"
	NotifyWarning = "warning"
	NotifyError   = "error"
)

// EmitNotification records a toast for the rooms: RoomAuthenticated, RoomRole or
// RoomUser. No room, another one, or an unknown type is an error.
func EmitNotification(r Recorder, n Notification, rooms ...string) error {
	if len(rooms) == 0 {
		return errors.New("emit notification: no room means nobody")
	}
	if !slices.Contains([]string{NotifyInfo, NotifySuccess, NotifyWarning, NotifyError}, n.Type) {
		return fmt.Errorf("emit notification: unknown type %q", n.Type)
	}
	for _, room := range rooms {
		if !notification.row.Audience.allows(room) {
			return fmt.Errorf("emit notification: not to room %q", room)
		}
	}
	return notification.record(r, "", n, rooms...)
}
