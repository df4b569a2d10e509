package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/api"
	"github.com/relevo/relevo/server/console"
	"github.com/relevo/relevo/server/live"
)

// The limits of REST by their configuration keys; those of sockets are in package
// live, those of single routes in package api.
const (
	limitBody    = "uploads.max_bytes"
	limitHeader  = "http.max_header_bytes"
	limitTimeout = "http.request_timeout"
)

// limitNames is the closed list of label values.
var limitNames = []string{
	live.LimitConnections, live.LimitConnectionsPerAddress, live.LimitConnectionsPerUser, live.LimitHandshakes,
	live.LimitEvents, live.LimitUserEvents, live.LimitClientRooms, live.LimitClientRoomsPerMinute, live.LimitRefreshes,
	api.LimitLogins, api.LimitLoginDelay, api.LimitLoginHashes, api.LimitEmit, api.LimitRequests, console.LimitActions, limitBody, limitHeader, limitTimeout,
}

// socketLimits is the configuration as package live takes it.
func (s *Server) socketLimits() live.Limits {
	l := &s.cfg.Limits
	return live.Limits{
		Connections: l.Connections, ConnectionsPerAddress: l.ConnectionsPerAddress, ConnectionsPerUser: l.ConnectionsPerUser,
		HandshakesPerSecond: l.HandshakesPerSecond, HandshakeBurst: l.HandshakeBurst,
		EventsPerSecond: l.EventsPerSecond, EventBurst: l.EventBurst, UserEventsPerSecond: l.UserEventsPerSecond,
		ClientRooms: l.ClientRooms, ClientRoomsPerMinute: l.ClientRoomsPerMinute, RefreshesPerMinute: l.RefreshesPerMinute,
		Address:  s.cookie.Proxies.ClientAddress,
		Exceeded: s.exceeded,
	}
}

// exceeded counts a refusal and notes it among the security events.
func (s *Server) exceeded(e live.Excess) {
	s.metrics.LimitHit(e.Limit)
	key := middleware.AddressKey(e.Address)
	if e.UserID != 0 {
		key = "user " + strconv.FormatInt(e.UserID, 10)
	}
	s.security.Limit(e.Limit, key, models.NewSecurityEvent{UserID: e.UserID, Address: e.Address, UserAgent: e.Agent})
}

// noteLimits counts the requests that met a limit. Sign-ins are noted among the
// security events where the login name is known.
func (s *Server) noteLimits(c *gin.Context) {
	c.Next()
	limit := middleware.LimitOf(c)
	if limit == "" && c.Writer.Status() == http.StatusRequestEntityTooLarge {
		limit = limitBody
	}
	switch {
	case limit == "":
	case strings.HasPrefix(limit, "login."):
		s.metrics.LimitHit(limit)
	default:
		s.exceeded(live.Excess{Limit: limit, Address: c.ClientIP(), UserID: middleware.IdentityOf(c).UserID, Agent: c.Request.UserAgent()})
	}
}

// boundTime bounds the time of a request: what it asks of the database ends with it,
// and a client that does not take the answer is cut off.
func (s *Server) boundTime(c *gin.Context) {
	whole := c.Request.Context()
	ctx, cancel := context.WithTimeout(whole, s.cfg.HTTP.RequestTimeout)
	defer func() {
		cancel()
		c.Request = c.Request.WithContext(whole) // the log asks whether the client went away
	}()
	c.Request = c.Request.WithContext(ctx)
	// Not every writer of a test can. The next request on the connection sets its own.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(s.cfg.HTTP.RequestTimeout + lastWrites))
	c.Next()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return
	}
	middleware.NoteLimit(c, limitTimeout, 0)
	if !c.Writer.Written() {
		middleware.Refuse(c, models.Errorf(models.Unavailable, "El servicio tardó demasiado en responder. Intente de nuevo"))
	}
}
