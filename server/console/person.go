package console

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// Bounds of what is told of one person.
const (
	personSockets = 200
	personSlots   = 200
	personTrail   = 200
)

// wholePersonJSON is a user, whoever that is. LastSeen is the last use of a live session.
type wholePersonJSON struct {
	UserID     int64            `json:"user_id"`
	Username   string           `json:"username"`
	Role       string           `json:"role"`
	Status     string           `json:"status"`
	Online     bool             `json:"online"`
	Sessions   int64            `json:"sessions"`
	LastSeen   *models.Instant  `json:"last_seen"`
	LastLogin  *models.LimaTime `json:"last_login"`
	LastLogout *models.LimaTime `json:"last_logout"`
}

// socketJSON is an open socket on this node.
type socketJSON struct {
	SID           string         `json:"sid"`
	Transport     string         `json:"transport"`
	Address       string         `json:"address"`
	Since         models.Instant `json:"since"`
	QueuePackets  int64          `json:"queue_packets"`
	QueueBytes    int64          `json:"queue_bytes"`
	Settled       bool           `json:"settled"`
	LastConfirmed *confirmedJSON `json:"last_confirmed"`
	Rooms         []string       `json:"rooms"`
}

// slotJSON is how far one socket got, on whichever node: it is open, or away and may come
// back, or another connection of its session took its place.
type slotJSON struct {
	State string          `json:"state"`
	Node  string          `json:"node"`
	Since models.Instant  `json:"since"`
	Until *models.Instant `json:"until"`
	Rooms []string        `json:"rooms"`
}

// trailJSON is something that happened to a socket on this node.
type trailJSON struct {
	At        models.Instant `json:"at"`
	Kind      string         `json:"kind"`
	SID       string         `json:"sid"`
	Transport string         `json:"transport"`
	Reason    *string        `json:"reason"`
	Events    int64          `json:"events"`
}

// personAnswerJSON is all that is known of one person's sockets.
type personAnswerJSON struct {
	Success    bool            `json:"success"`
	Person     wholePersonJSON `json:"person"`
	Sockets    []socketJSON    `json:"sockets"`
	Slots      []slotJSON      `json:"slots"`
	Trail      []trailJSON     `json:"trail"`
	TrailSince *models.Instant `json:"trail_since"`
}

// Person answers GET /console/api/people/<id>.
func (s *Service) Person(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	out := personAnswerJSON{Success: true, Sockets: []socketJSON{}, Trail: []trailJSON{}, TrailSince: instant(s.config.Trail.Kept())}
	var err error
	if out.Person, err = s.wholePerson(c.Request.Context(), id); err == nil {
		out.Slots, err = s.slots(c.Request.Context(), id)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	for _, sid := range s.socketsOf(id) {
		if socket, ok := s.config.Engine.SocketState(sid); ok {
			out.Sockets = append(out.Sockets, s.socket(socket))
		}
	}
	slices.SortFunc(out.Sockets, func(a, b socketJSON) int {
		return cmp.Or(a.Since.Time().Compare(b.Since.Time()), cmp.Compare(a.SID, b.SID))
	})
	trail := s.config.Trail.Of(id)
	for i := len(trail) - 1; i >= 0 && len(out.Trail) < personTrail; i-- {
		e := trail[i]
		row := trailJSON{At: models.ToInstant(e.At), Kind: string(e.Kind), SID: e.SID, Transport: e.Transport, Events: int64(e.Events)}
		if e.Reason != "" {
			row.Reason = &e.Reason
		}
		out.Trail = append(out.Trail, row)
	}
	c.JSON(http.StatusOK, out)
}

func (s *Service) wholePerson(ctx context.Context, id int64) (wholePersonJSON, error) {
	u, err := s.config.Store.UserByID(ctx, id)
	if err != nil {
		return wholePersonJSON{}, err
	}
	present, err := s.present(ctx)
	if err != nil {
		return wholePersonJSON{}, err
	}
	sessions, err := s.config.Store.ListSessions(ctx, id, s.now(), personSlots)
	if err != nil {
		return wholePersonJSON{}, err
	}
	out := wholePersonJSON{
		UserID: u.ID, Username: u.Username, Role: u.Role, Status: u.Status, Online: present[id], Sessions: int64(len(sessions)),
		LastLogin: u.LastLogin, LastLogout: u.LastLogout,
	}
	if len(sessions) > 0 {
		out.LastSeen = instant(time.UnixMilli(sessions[0].LastSeenAt))
	}
	return out, nil
}

// socketsOf lists the sids of a user's open sockets on this node.
func (s *Service) socketsOf(user int64) []string {
	var sids []string
	s.config.Engine.EachSocket(func(socket live.SocketState) {
		if socket.Identity.UserID == user && len(sids) < personSockets {
			sids = append(sids, socket.SID)
		}
	})
	return sids
}

func (s *Service) socket(socket live.SocketState) socketJSON {
	rooms := shownRooms(socket.Rooms)
	slices.Sort(rooms)
	return socketJSON{
		SID: socket.SID, Transport: socket.Transport, Address: socket.Address, Since: models.ToInstant(socket.Since),
		QueuePackets: int64(socket.Packets), QueueBytes: int64(socket.Bytes), Settled: socket.Settled,
		LastConfirmed: s.lastConfirmed(socket.Confirmed), Rooms: rooms,
	}
}

func (s *Service) slots(ctx context.Context, user int64) ([]slotJSON, error) {
	rows, err := s.config.Store.SlotsOfUsers(ctx, []int64{user}, personSlots)
	if err != nil {
		return nil, err
	}
	out := make([]slotJSON, 0, len(rows))
	for _, row := range rows {
		slot := slotJSON{State: "open", Node: row.Node, Since: models.ToInstant(time.UnixMicro(row.Opened)), Rooms: []string{}}
		var rooms []string
		if json.Unmarshal([]byte(row.Rooms), &rooms) == nil {
			slot.Rooms = shownRooms(rooms)
		}
		switch {
		case row.TakenAt != 0:
			slot.State, slot.Until = "taken", instant(time.UnixMilli(row.TakenAt))
		case row.EndedAt != 0:
			slot.State, slot.Until = "away", instant(time.UnixMilli(row.EndedAt))
		}
		out = append(out, slot)
	}
	return out, nil
}
