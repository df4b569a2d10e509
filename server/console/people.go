package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// Bounds of a list of people.
const (
	peopleMost    = 1000
	addressesMost = 8 // of one person
)

// confirmedJSON is the last event of the log that a client has confirmed.
type confirmedJSON struct {
	ID   string         `json:"id"`
	Name string         `json:"name"`
	At   models.Instant `json:"at"`
}

// personJSON is a user with open sockets on this node. Tabs counts them; Since is when
// the first of them came, Settled says that nothing is on its way to any.
type personJSON struct {
	UserID        int64          `json:"user_id"`
	Username      string         `json:"username"`
	Role          string         `json:"role"`
	Tabs          int64          `json:"tabs"`
	Transports    map[string]int `json:"transports"`
	Since         models.Instant `json:"since"`
	LastConfirmed *confirmedJSON `json:"last_confirmed"`
	Settled       bool           `json:"settled"`
	QueueBytes    int64          `json:"queue_bytes"`
	Addresses     []string       `json:"addresses"`
}

// peopleJSON is who is online on this node.
type peopleJSON struct {
	Success   bool         `json:"success"`
	People    []personJSON `json:"people"`
	Anonymous int64        `json:"anonymous"`
	More      bool         `json:"more"`
}

// gathered is a person while sockets are being looked at.
type gathered struct {
	personJSON
	since     time.Time
	confirmed uint64
}

// People answers GET /console/api/people: who is online on this node, by role and name.
func (s *Service) People(c *gin.Context) {
	role, q := c.Query("role"), ""
	var err error
	if role != "" && !slices.Contains(models.Roles, role) {
		err = middleware.FieldError("role", "debe ser "+strings.Join(models.Roles, ", "))
	} else {
		q, err = textQuery(c, "q")
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := peopleJSON{Success: true, People: []personJSON{}}
	people := map[int64]*gathered{}
	s.config.Engine.EachSocket(func(socket live.SocketState) {
		if socket.Identity.Anonymous() {
			out.Anonymous++
			return
		}
		p := people[socket.Identity.UserID]
		if p == nil {
			p = &gathered{since: socket.Since}
			p.UserID, p.Username, p.Role = socket.Identity.UserID, socket.Identity.Username, socket.Identity.Role
			p.Transports, p.Addresses, p.Settled = map[string]int{}, []string{}, true
			people[p.UserID] = p
		}
		p.add(socket)
	})
	for _, p := range people {
		if (role == "" || p.Role == role) && strings.Contains(strings.ToLower(p.Username), strings.ToLower(q)) {
			p.Since, p.LastConfirmed = models.ToInstant(p.since), s.lastConfirmed(p.confirmed)
			out.People = append(out.People, p.personJSON)
		}
	}
	slices.SortFunc(out.People, func(a, b personJSON) int {
		return cmp.Or(cmp.Compare(slices.Index(models.Roles, a.Role), slices.Index(models.Roles, b.Role)), cmp.Compare(a.Username, b.Username))
	})
	if len(out.People) > peopleMost {
		out.People, out.More = out.People[:peopleMost], true
	}
	c.JSON(http.StatusOK, out)
}

func (p *gathered) add(socket live.SocketState) {
	p.Tabs++
	p.Transports[socket.Transport]++
	p.QueueBytes += int64(socket.Bytes)
	p.Settled = p.Settled && socket.Settled
	p.confirmed = max(p.confirmed, socket.Confirmed)
	if socket.Since.Before(p.since) {
		p.since = socket.Since
	}
	if len(p.Addresses) < addressesMost && socket.Address != "" && !slices.Contains(p.Addresses, socket.Address) {
		p.Addresses = append(p.Addresses, socket.Address)
	}
}

// lastConfirmed is the event with the ordinal; nil when there is none or it is forgotten.
func (s *Service) lastConfirmed(ordinal uint64) *confirmedJSON {
	if ordinal == 0 {
		return nil
	}
	d, ok := s.config.Tail.At(ordinal)
	if !ok {
		return nil
	}
	return &confirmedJSON{d.ID, d.Name, models.ToInstant(d.At)}
}
