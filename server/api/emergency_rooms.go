package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxRoomName bounds the name of a call room, in characters.
const maxRoomName = 255

// callJSON lets its reader into a call (emergencies contract 2.2, 2.3). Token and
// ServerURL are empty without a call service.
type callJSON struct {
	Room      string `json:"room"`
	Token     string `json:"token"`
	Identity  string `json:"identity"`
	ServerURL string `json:"server_url"`
}

// call makes the access of identity to a room.
func (e *Emergencies) call(room, identity, name string) (callJSON, error) {
	out := callJSON{Room: room, Identity: identity, ServerURL: e.callURL()}
	if e.rule.Calls == nil {
		return out, nil
	}
	var err error
	out.Token, err = e.rule.Calls.Token(room, identity, name)
	return out, err
}

// callsPause is how long no rooms are asked for after the service did not answer: not
// everybody who needs an ambulance waits for it then.
const callsPause = 30 * time.Second

// openRoom asks the call service for the room of a request, of which operators know
// already. Without that the service makes the room for who enters it first, only without
// its bound.
func (e *Emergencies) openRoom(ctx context.Context, room string) {
	now := e.store.Instant()
	if e.rule.Calls == nil || now.UnixMilli() < e.callsBack.Load() {
		return
	}
	err := e.rule.Calls.Open(ctx, room)
	if err == nil {
		return
	}
	if ctx.Err() == nil {
		e.callsBack.Store(now.Add(callsPause).UnixMilli())
	}
	e.rule.Trouble(ctx, "call room not made", err)
}

// Join is PUT /salas: the access of an operator to the room of a request. With the
// operator the call is complete, everybody is told that it is attended.
func (e *Emergencies) Join(c *gin.Context) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	// id_operador is checked and not believed: the token says who it is (emergencies contract 4.2-e).
	f.needs("id_operador")
	f.disregarded("id_operador")
	f.needs("room")
	room := f.exact("room", maxRoomName)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	if e.rule.Calls == nil {
		middleware.Refuse(c, errNoCalls())
		return
	}
	req, err := e.store.RequestByRoom(c.Request.Context(), room)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	who := callerOf(c).actor
	answer, err := e.call(req.Room, "operador-"+strconv.FormatInt(who.ID(), 10), who.Username)
	if err == nil {
		err = e.attend(c, req, who)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, answer)
}

// attend tells everybody that the call is complete when this operator makes it so. What
// the service cannot tell counts as not complete: two operators in a call are better
// than none.
func (e *Emergencies) attend(c *gin.Context, req models.EmergencyRequest, who models.EmergencyActor) error {
	ctx := c.Request.Context()
	present, err := e.rule.Calls.Participants(ctx, req.Room)
	if err != nil {
		e.rule.Trouble(ctx, "participants not counted", err)
		return nil
	}
	if present+1 < callPlaces {
		return nil
	}
	return e.store.Tx(ctx, func(tx *models.Tx) error {
		req, first, err := tx.AttendRoom(req.Room, who)
		if err != nil || !first {
			return err
		}
		return events.EmitRoomAttended(tx, req, e.store.Instant())
	})
}

// activeJSON answers GET /salas/activas.
type activeJSON struct {
	Total int          `json:"total"`
	Rooms []activeRoom `json:"salas"`
}

// activeRoom is a call that is going on.
type activeRoom struct {
	Name string `json:"name"`
	// Connected is like 1/2.
	Connected string `json:"personas_conectadas"`
	URL       string `json:"url"`
}

// ActiveRooms is GET /salas/activas.
func (e *Emergencies) ActiveRooms(c *gin.Context) {
	if e.rule.Calls == nil {
		middleware.Refuse(c, errNoCalls())
		return
	}
	rooms, err := e.rule.Calls.Rooms(c.Request.Context())
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := activeJSON{Total: len(rooms), Rooms: make([]activeRoom, 0, len(rooms))}
	for _, r := range rooms {
		out.Rooms = append(out.Rooms, activeRoom{r.Name, fmt.Sprintf("%d/%d", r.Participants, callPlaces), e.callURL()})
	}
	c.JSON(http.StatusOK, out)
}
