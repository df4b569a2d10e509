package console

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// resendJSON asks to send an event again, to its whole audience or to one user of it.
type resendJSON struct {
	EventID string `json:"event_id"`
	UserID  int64  `json:"user_id,omitempty"`
	Reason  string `json:"reason"`
}

// notedRecorder notes the id of the last event, which it gives.
type notedRecorder struct {
	events.Recorder
	id string
}

// Record implements events.Recorder.
func (r *notedRecorder) Record(e models.EventRecord) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make event id: %w", err)
	}
	r.id, e.ID = id.String(), id.String()
	return r.Recorder.Record(e)
}

// Resend answers POST /console/api/actions/resend: the event is recorded anew, with a new
// id, and with that of the original in its payload, by which clients know a repetition.
func (s *Service) Resend(c *gin.Context) {
	var in resendJSON
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	reason, err := reasonOf(in.Reason)
	var event models.LoggedEvent
	if err == nil {
		event, err = s.event(c.Request.Context(), in.EventID)
	}
	var again models.EventRecord
	if err == nil {
		again, err = s.repetition(c, event, in.UserID)
	}
	noted := notedRecorder{}
	if err == nil {
		err = s.tx(c, func(tx *models.Tx) error {
			noted.Recorder = tx
			if err := noted.Record(again); err != nil {
				return err
			}
			details := fmt.Sprintf("Evento %s (%s) reenviado como %s", event.ID, event.Name, noted.id)
			if in.UserID != 0 {
				details += fmt.Sprintf(" al usuario %d", in.UserID)
			}
			return tx.Audit(middleware.ActorOf(c), "RESEND_EVENT", "Event", event.Seq, details+because(reason))
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	sockets := 0
	for _, room := range again.Rooms {
		sockets = max(sockets, s.config.Engine.Members(room))
	}
	c.JSON(http.StatusOK, notifiedJSON{doneJSON{true, "El evento se reenvió"}, noted.id, int64(sockets)})
}

// repetition is the event as it is sent again; user 0 means its whole audience.
func (s *Service) repetition(c *gin.Context, event models.LoggedEvent, user int64) (models.EventRecord, error) {
	out := models.EventRecord{
		Name: event.Name, Payload: events.WithEventID(event.Payload, event.ID), Rooms: event.Rooms, Except: event.Except, Entity: event.Entity,
	}
	if !events.Resendable(event.Name) {
		return out, models.Errorf(models.Unprocessable, "El evento %s no se puede reenviar", event.Name)
	}
	if user == 0 {
		return out, nil
	}
	ctx := c.Request.Context()
	u, err := s.config.Store.UserByID(ctx, user)
	if err != nil {
		return out, err
	}
	viewer := events.Viewer{UserID: u.ID, Role: u.Role}
	if viewer.RoleSince, err = events.LastRoleChange(ctx, s.config.Store, u.ID, 0); err != nil {
		return out, err
	}
	if u.Status != models.Active || !viewer.Sees(event.Seq, event.EventRecord) {
		return out, models.Errorf(models.Forbidden, "Ese usuario no puede ver el evento")
	}
	// Nobody is excepted: it is the user that is allowed it.
	out.Rooms, out.Except = []string{events.RoomUser(u.ID)}, nil
	return out, nil
}
