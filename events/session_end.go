package events

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/relevo/relevo/models"
)

// Why a session is over (contract 5.9).
const (
	EndLogout          = "logout"
	EndRevoked         = "revoked"
	EndDeactivated     = "deactivated"
	EndDeleted         = "deleted"
	EndPasswordChanged = "password_changed"
	EndPasswordReset   = "password_reset"
	EndExpired         = "expired"
	// EndReplaced: the browser has signed in again. Its sockets may come back by
	// themselves, to the session that it has now.
	EndReplaced = "replaced"
)

// RoomSession names the sockets of one session, RoomRemembered those that came from
// one remembered login. Nobody joins these rooms, and no door addresses them: they
// are how the end of a session names whom it concerns.
func RoomSession(id int64) string { return "session_" + strconv.FormatInt(id, 10) }

// RoomRemembered is described at RoomSession.
func RoomRemembered(id int64) string { return "remembered_" + strconv.FormatInt(id, 10) }

// SessionEnder is a transaction that ends sessions; *models.Tx is one.
type SessionEnder interface {
	Recorder
	Ended() models.EndedSessions
}

// endedAtOnce bounds the rooms of one event.
const endedAtOnce = 200

// EmitSessionEnded records, in the transaction that ended them, that sessions are
// over; nothing when none was. Their sockets end with it.
func EmitSessionEnded(tx SessionEnder, reason string) error {
	ended := tx.Ended()
	var rooms []string
	for _, id := range ended.Sessions {
		rooms = append(rooms, RoomSession(id))
	}
	for _, id := range ended.Remembered {
		rooms = append(rooms, RoomRemembered(id))
	}
	for part := range slices.Chunk(rooms, endedAtOnce) {
		if err := sessionEnded.record(tx, "", SessionEnded{reason}, slices.Clone(part)...); err != nil {
			return err
		}
	}
	return nil
}

// SessionEnd reads the end of sessions from its event; false for every other event.
func SessionEnd(e models.EventRecord) (reason string, ok bool) {
	var told SessionEnded
	if e.Name != sessionEnded.Name() || json.Unmarshal(e.Payload, &told) != nil {
		return "", false
	}
	return told.Reason, true
}

// SessionEndedEvent returns the name and the payload of the last event that the
// sockets of an ended session get.
func SessionEndedEvent(reason string) (name string, payload json.RawMessage, err error) {
	payload, err = sessionEnded.Encode(SessionEnded{reason})
	return sessionEnded.Name(), payload, err
}
