package console

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// LimitActions is the limit of actions by its configuration key.
const LimitActions = "console.actions_per_minute"

// A reason is between so many characters long.
const (
	reasonLeast = 3
	reasonMost  = 200
)

// newActionLimits allows each user so many actions a minute, all of them at once.
func newActionLimits(perMinute int) *middleware.Buckets[int64] {
	return middleware.NewBuckets[int64](rate.Limit(float64(perMinute)/60), perMinute)
}

// spend uses up one of the user's actions.
func (s *Service) spend(c *gin.Context) {
	if wait := s.limits.Take(middleware.IdentityOf(c).UserID, 1, s.now()); wait > 0 {
		middleware.NoteLimit(c, LimitActions, wait)
		middleware.Refuse(c, models.Errorf(models.RateLimited, "Demasiadas acciones. Espere un momento"))
	}
}

// reasonOf checks why somebody does something; the audit trail keeps it.
func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(models.PlainText(text))
	if n := utf8.RuneCountInString(text); n < reasonLeast || n > reasonMost {
		return "", middleware.FieldError("reason", "debe tener entre 3 y 200 caracteres")
	}
	return text, nil
}

// because is the end of an audit line.
func because(reason string) string { return "; motivo: " + reason }

// tx runs an action's transaction.
func (s *Service) tx(c *gin.Context, fn func(*models.Tx) error) error {
	ctx := c.Request.Context()
	return s.config.Store.Tx(ctx, fn)
}

// doneJSON is the answer of an action.
type doneJSON struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// signOutJSON asks to sign a user out everywhere.
type signOutJSON struct {
	UserID int64  `json:"user_id"`
	Reason string `json:"reason"`
}

// signedOutJSON tells how many sessions ended, and how many open sockets on this node
// were theirs.
type signedOutJSON struct {
	doneJSON
	Ended   int64 `json:"ended"`
	Sockets int64 `json:"sockets"`
}

// SignOut answers POST /console/api/actions/sign_out: what DELETE /api/sessions does.
func (s *Service) SignOut(c *gin.Context) {
	var in signOutJSON
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	reason, err := reasonOf(in.Reason)
	if err == nil && in.UserID < 1 {
		err = middleware.FieldError("user_id", "debe ser el número de un usuario")
	}
	sockets := len(s.socketsOf(in.UserID))
	var ended []int64
	var name string
	if err == nil {
		err = s.tx(c, func(tx *models.Tx) error {
			u, err := tx.UserByID(c.Request.Context(), in.UserID)
			if err == nil {
				name = u.Username
				ended, err = tx.RevokeSessions(middleware.ActorOf(c), u, 0, because(reason))
			}
			if err == nil {
				err = events.EmitSessionEnded(tx, events.EndRevoked)
			}
			return err
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, signedOutJSON{doneJSON{true, "Se cerraron las sesiones de " + name}, int64(len(ended)), int64(sockets)})
}

// disconnectJSON asks to end one socket of this node. StayAway tells its client not to
// come back by itself.
type disconnectJSON struct {
	SID      string `json:"sid"`
	StayAway bool   `json:"stay_away"`
	Reason   string `json:"reason"`
}

var errNoSocket = &models.Error{Code: models.NotFound, Message: "El socket no existe o ya terminó"}

// Disconnect answers POST /console/api/actions/disconnect. The line is written first:
// what is not written down is not done.
func (s *Service) Disconnect(c *gin.Context) {
	var in disconnectJSON
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	reason, err := reasonOf(in.Reason)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	socket, ok := s.config.Engine.SocketState(in.SID)
	if !ok {
		middleware.Refuse(c, errNoSocket)
		return
	}
	who, entity := socket.Identity, "User"
	if who.Anonymous() {
		entity, who.Username = "Socket", "anónimo"
	}
	manner := ", puede volver"
	if in.StayAway {
		manner = ", no vuelve por sí solo"
	}
	details := "Socket cerrado: " + who.Username + ", " + socket.SID + manner + because(reason)
	err = s.tx(c, func(tx *models.Tx) error {
		return tx.Audit(middleware.ActorOf(c), "DISCONNECT_SOCKET", entity, who.UserID, details)
	})
	if err == nil && !s.config.Engine.DropSocket(in.SID, in.StayAway) {
		err = errNoSocket
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, doneJSON{true, "El socket se cerró"})
}

// drainJSON asks to end this process in order.
type drainJSON struct {
	Reason string `json:"reason"`
}

// Drain answers POST /console/api/actions/drain with 202; then the process ends in order,
// as after SIGTERM. Who runs it starts it again.
func (s *Service) Drain(c *gin.Context) {
	var in drainJSON
	if !middleware.ReadJSON(c, &in, maxBody) {
		return
	}
	reason, err := reasonOf(in.Reason)
	if err == nil && s.config.Drain == nil {
		err = &models.Error{Code: models.Unavailable, Message: "Este proceso no puede drenarse", Err: errors.New("no drain")}
	}
	if err == nil {
		err = s.tx(c, func(tx *models.Tx) error {
			return tx.Audit(middleware.ActorOf(c), "DRAIN_NODE", "Node", 0, "Nodo drenado: "+s.config.Setup.Node+because(reason))
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusAccepted, doneJSON{true, "El nodo se está drenando"})
	s.config.Drain()
}
