package console

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Bounds of a notification, in characters.
const (
	titleMost   = 100
	messageMost = 500
)

// notifyJSON asks to send a toast to one of: a role, a user, everyone.
type notifyJSON struct {
	Role     string `json:"role,omitempty"`
	UserID   int64  `json:"user_id,omitempty"`
	Everyone bool   `json:"everyone,omitempty"`
	Title    string `json:"title"`
	Message  string `json:"message"`
	Type     string `json:"type"`
	Reason   string `json:"reason"`
}

// notifiedJSON names the event that was recorded and says how many sockets on this node
// are in its audience.
type notifiedJSON struct {
	doneJSON
	EventID string `json:"event_id"`
	Sockets int64  `json:"sockets"`
}

// room is the audience, with the entity of the audit line.
func (in notifyJSON) room() (room, entity string, id int64, err error) {
	chosen := 0
	for _, given := range []bool{in.Role != "", in.UserID != 0, in.Everyone} {
		if given {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return "", "", 0, models.Errorf(models.Invalid, "Indique un destinatario: role, user_id o everyone")
	case in.Everyone:
		return events.RoomAuthenticated, "Notification", 0, nil
	case in.UserID != 0:
		return events.RoomUser(in.UserID), "User", in.UserID, nil
	case !slices.Contains(models.Roles, in.Role):
		return "", "", 0, middleware.FieldError("role", "debe ser "+strings.Join(models.Roles, ", "))
	}
	return events.RoomRole(in.Role), "Notification", 0, nil
}

// notification checks what is said.
func (in notifyJSON) notification() (events.Notification, error) {
	n := events.Notification{Title: plain(in.Title), Message: plain(in.Message), Type: in.Type}
	kinds := []string{events.NotifyInfo, events.NotifySuccess, events.NotifyWarning, events.NotifyError}
	switch {
	case n.Title == "" || utf8.RuneCountInString(n.Title) > titleMost:
		return n, middleware.FieldError("title", "debe tener entre 1 y 100 caracteres")
	case n.Message == "" || utf8.RuneCountInString(n.Message) > messageMost:
		return n, middleware.FieldError("message", "debe tener entre 1 y 500 caracteres")
	case !slices.Contains(kinds, n.Type):
		return n, middleware.FieldError("type", "debe ser "+strings.Join(kinds, ", "))
	}
	return n, nil
}

func plain(text string) string { return strings.TrimSpace(models.PlainText(text)) }

// Notify answers POST /console/api/actions/notify.
func (s *Service) Notify(c *gin.Context) {
	var in notifyJSON
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	reason, err := reasonOf(in.Reason)
	var room, entity string
	var id int64
	if err == nil {
		room, entity, id, err = in.room()
	}
	var n events.Notification
	if err == nil {
		n, err = in.notification()
	}
	var eventID string
	if err == nil {
		err = s.tx(c, func(tx *models.Tx) error {
			to := room
			if in.UserID != 0 {
				u, err := tx.UserByID(c.Request.Context(), in.UserID)
				if err != nil {
					return err
				}
				to = u.Username
			}
			noted := &notedRecorder{Recorder: tx}
			if err := events.EmitNotification(noted, n, room); err != nil {
				return err
			}
			eventID = noted.id
			return tx.Audit(middleware.ActorOf(c), "SEND_NOTIFICATION", entity, id, "Notificación a "+to+": "+n.Title+because(reason))
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, notifiedJSON{doneJSON{true, "La notificación se envió"}, eventID, int64(s.config.Engine.Members(room))})
}
