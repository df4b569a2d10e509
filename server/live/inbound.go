package live

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// watchTimeout bounds the question whether a client may be watched.
const watchTimeout = 5 * time.Second

// inbound holds what clients may send (contract 1.5). Rows without a function
// are acknowledged and do nothing; above all they are never relayed.
var inbound = map[string]func(h *Hub, s Socket, arg json.RawMessage){
	"operation_created": nil, "operation_updated": nil, "operation_deleted": nil,
	"client_created": nil, "client_updated": nil, "client_deleted": nil,
	"user_created": nil, "user_updated": nil, "user_deleted": nil,
	"dashboard_refresh": (*Hub).refreshDashboard,
	"join_client_room":  (*Hub).joinClientRoom,
	"console_watch":     (*Hub).consoleWatch,
}

// Event implements Handler (contract 1.6): a known event with exactly one
// argument is acknowledged, anything else passes in silence. All count towards the
// limits of the socket.
func (h *Hub) Event(s Socket, name string, args []json.RawMessage) (ack bool) {
	if h.floods(s) {
		return false
	}
	act, known := inbound[name]
	if !known || len(args) != 1 {
		return false
	}
	if act != nil {
		act(h, s, args[0])
	}
	return true
}

// speaker is who the socket speaks for now. The session of the handshake ends
// at its time like any other (contract 1.2).
func (h *Hub) speaker(s Socket) middleware.Identity {
	id := s.Identity()
	if !id.ExpiresAt.IsZero() && !h.config.Now().Before(id.ExpiresAt) {
		return middleware.Identity{}
	}
	return id
}

func (h *Hub) refreshDashboard(s Socket, _ json.RawMessage) {
	id := h.speaker(s)
	if id.Anonymous() {
		return
	}
	if !h.allowances.refresh(id.UserID, h.config.Now()) {
		h.config.Limits.exceeded(Excess{Limit: LimitRefreshes, UserID: id.UserID})
		return
	}
	e := events.RefreshDashboardEvent
	payload, err := e.Encode(events.RefreshDashboard{Message: "Actualizando dashboard"})
	if err == nil {
		err = h.config.Notify(Message{
			Rooms: []string{events.RoomUser(id.UserID)}, Name: e.Name(), Payload: payload,
		})
	}
	if err != nil {
		h.config.Log.Error("dashboard refresh not sent", zap.Error(err))
	}
}

// joinClientRoom answers whether or not the room was joined, because the app in
// use breaks without an answer (contract 5.2).
func (h *Hub) joinClientRoom(s Socket, arg json.RawMessage) {
	var asked struct {
		DNI string `json:"dni"`
	}
	if json.Unmarshal(arg, &asked) != nil || asked.DNI == "" {
		return
	}
	if len(asked.DNI) > longestDNIEcho {
		h.config.Counters.JoinRefusal()
		return
	}
	room := events.RoomClient(asked.DNI)
	if h.mayWatch(s, asked.DNI, room) {
		s.Join(room)
		h.allowances.watched(s, room)
	} else {
		h.config.Counters.JoinRefusal()
	}
	e := events.JoinedRoomEvent
	payload, err := e.Encode(events.JoinedRoom{Room: room, DNI: asked.DNI})
	if err != nil {
		h.config.Log.Error("room answer not sent", zap.Error(err))
		return
	}
	s.Emit(e.Name(), payload)
}

func (h *Hub) mayWatch(s Socket, dni, room string) bool {
	if !roomworthy(dni) {
		return false
	}
	if limit := h.allowances.watch(s, room, h.config.Now()); limit != "" {
		h.config.Limits.exceeded(Excess{Limit: limit, UserID: s.Identity().UserID})
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchTimeout)
	defer cancel()
	return h.config.MayWatchClient(ctx, h.speaker(s), dni)
}

// roomworthy keeps a document number from naming anything but a client's room.
func roomworthy(dni string) bool {
	if len(dni) > longestDNI {
		return false
	}
	for _, c := range []byte(dni) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-':
		default:
			return false
		}
	}
	return true
}
