package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// sessionsMost bounds one list of sessions.
const sessionsMost = 1000

// Sessions shows where users are signed in and ends that: everybody their own
// sessions, a Master all.
type Sessions struct {
	store    *models.Store
	sessions *middleware.Sessions
	sockets  func(session int64) int
}

// NewSessions writes cookies through sessions; sockets counts those of a session
// that are open on this process.
func NewSessions(store *models.Store, sessions *middleware.Sessions, sockets func(session int64) int) *Sessions {
	return &Sessions{store: store, sessions: sessions, sockets: sockets}
}

// sessionJSON is a session as its user may know it: no token is in it. Times are to
// the minute for last_seen_at; address and user_agent are those of then.
type sessionJSON struct {
	ID         int64           `json:"id"`
	UserID     int64           `json:"user_id"`
	Username   string          `json:"username"`
	Role       string          `json:"role"`
	CreatedAt  models.LimaTime `json:"created_at"`
	LastSeenAt models.LimaTime `json:"last_seen_at"`
	ExpiresAt  models.LimaTime `json:"expires_at"`
	Address    *string         `json:"address"`
	UserAgent  *string         `json:"user_agent"`
	Remembered bool            `json:"remembered"`
	Current    bool            `json:"current"`
	Sockets    int             `json:"sockets"`
}

// List answers GET /api/sessions: the live sessions, used last first. A Master sees
// all or, with user_id, those of one user; others see their own.
func (s *Sessions) List(c *gin.Context) {
	id := middleware.IdentityOf(c)
	user, err := middleware.UserQuery(c)
	switch {
	case err != nil:
	case id.Role == models.Master:
	case user != 0 && user != id.UserID:
		err = models.Errorf(models.Forbidden, "No tiene permiso para esta acción")
	default:
		user = id.UserID
	}
	var rows []models.Session
	if err == nil {
		rows, err = s.store.ListSessions(c.Request.Context(), user, s.store.Instant(), sessionsMost+1)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	more := len(rows) > sessionsMost
	list := make([]sessionJSON, 0, len(rows))
	for _, row := range rows[:min(len(rows), sessionsMost)] {
		list = append(list, sessionJSON{
			ID: row.ID, UserID: row.UserID, Username: row.User.Username, Role: row.User.Role, CreatedAt: fromMillis(row.CreatedAt),
			LastSeenAt: fromMillis(row.LastSeenAt), ExpiresAt: fromMillis(row.ExpiresAt), Address: row.IPAddress, UserAgent: row.UserAgent,
			Remembered: row.Remembered, Current: row.ID == id.SessionID, Sockets: s.sockets(row.ID),
		})
	}
	answer(c, http.StatusOK, gin.H{"sessions": list, "more": more})
}

// Delete answers DELETE /api/sessions/<id>: the own session, for a Master any. With
// it ends the remembered login that it came from.
func (s *Sessions) Delete(c *gin.Context) {
	session, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	id, by := middleware.IdentityOf(c), middleware.ActorOf(c)
	var ended []int64
	err := s.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		row, err := tx.LiveSession(session)
		if err != nil {
			return err
		}
		if row.UserID != id.UserID && id.Role != models.Master {
			return models.Errorf(models.Forbidden, "No tiene permiso para esta acción")
		}
		if ended, err = tx.RevokeSession(by, row, ""); err != nil {
			return err
		}
		return events.EmitSessionEnded(tx, events.EndRevoked)
	})
	s.answerEnded(c, ended, err)
}

// DeleteAll answers DELETE /api/sessions: signs the user out everywhere, with
// keep=current everywhere else. A Master names another user by user_id.
func (s *Sessions) DeleteAll(c *gin.Context) {
	id, by := middleware.IdentityOf(c), middleware.ActorOf(c)
	user, err := middleware.UserQuery(c)
	if user == 0 {
		user = id.UserID
	}
	var keep int64
	switch kept := c.Query("keep"); {
	case err != nil:
	case user != id.UserID && id.Role != models.Master:
		err = models.Errorf(models.Forbidden, "No tiene permiso para esta acción")
	case kept == "current":
		keep = id.SessionID
	case kept != "":
		err = middleware.FieldError("keep", "debe ser current")
	}
	var ended []int64
	if err == nil {
		err = s.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
			u, err := tx.UserByID(c.Request.Context(), user)
			if err == nil {
				ended, err = tx.RevokeSessions(by, u, keep, "")
			}
			if err == nil {
				err = events.EmitSessionEnded(tx, events.EndRevoked)
			}
			return err
		})
	}
	s.answerEnded(c, ended, err)
}

// answerEnded takes the cookies away when the request's own session is among the
// ended, and answers.
func (s *Sessions) answerEnded(c *gin.Context, ended []int64, err error) {
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	own := slices.Contains(ended, middleware.IdentityOf(c).SessionID)
	if own {
		s.sessions.Clear(c)
	}
	answer(c, http.StatusOK, gin.H{"message": "Sesiones cerradas: " + strconv.Itoa(len(ended)), "ended": len(ended), "signed_out": own})
}

func fromMillis(at int64) models.LimaTime { return models.ToLima(time.UnixMilli(at)) }
