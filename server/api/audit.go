package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Bounds of one page of the audit trail.
const (
	auditDefault = 50
	auditMost    = 200
)

// Audit shows the audit trail and the security events to Masters. It only reads:
// nobody can change a line (contract 4.4).
type Audit struct{ store *models.Store }

// NewAudit reads from store.
func NewAudit(store *models.Store) *Audit { return &Audit{store} }

// auditJSON is a line of the trail, or with source security an event at the doors,
// which has no entity of its own and a login as it was typed. Ids count on their own
// in each source.
type auditJSON struct {
	Source    string          `json:"source"`
	ID        int64           `json:"id"`
	At        models.LimaTime `json:"at"`
	UserID    *int64          `json:"user_id"`
	Username  *string         `json:"username"`
	Action    string          `json:"action"`
	Entity    string          `json:"entity"`
	EntityID  *int64          `json:"entity_id"`
	Login     *string         `json:"login"`
	Details   *string         `json:"details"`
	Notes     *string         `json:"notes"`
	Address   *string         `json:"address"`
	UserAgent *string         `json:"user_agent"`
}

// List answers GET /api/audit: lines, newest first, and next, the before of the page
// that follows; null at the end.
func (a *Audit) List(c *gin.Context) {
	f, err := auditFilter(c)
	var lines []models.AuditLine
	var next *models.AuditCursor
	if err == nil {
		lines, next, err = a.store.AuditLines(c.Request.Context(), f)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	list := make([]auditJSON, 0, len(lines))
	for _, l := range lines {
		source := "audit"
		if l.Security {
			source = "security"
		}
		list = append(list, auditJSON{
			source, l.ID, l.At, l.UserID, l.Username, l.Action, l.Entity, l.EntityID, l.Login, l.Details, l.Notes, l.Address, l.UserAgent,
		})
	}
	var before *string
	if next != nil {
		text := next.String()
		before = &text
	}
	answer(c, http.StatusOK, gin.H{"lines": list, "next": before})
}

func auditFilter(c *gin.Context) (models.AuditFilter, error) {
	f := models.AuditFilter{Action: c.Query("action"), Entity: c.Query("entity"), Limit: auditDefault}
	var err error
	if f.UserID, err = middleware.UserQuery(c); err != nil {
		return f, err
	}
	if text := c.Query("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 1 || f.Limit > auditMost {
			return f, middleware.FieldError("limit", "debe estar entre 1 y "+strconv.Itoa(auditMost))
		}
	}
	if text := c.Query("before"); text != "" {
		if f.Before, err = models.ParseAuditCursor(text); err != nil {
			return f, middleware.FieldError("before", "debe ser el next de la respuesta anterior")
		}
	}
	if f.From, _, err = instantQuery(c, "from"); err != nil {
		return f, err
	}
	to, day, err := instantQuery(c, "to")
	if f.To = to; day {
		f.To = to.AddDate(0, 0, 1)
	}
	return f, err
}

// instantQuery reads a day or an instant, in Lima unless it names its zone; the zero
// time without one.
func instantQuery(c *gin.Context, key string) (at time.Time, day bool, err error) {
	text := c.Query(key)
	if text == "" {
		return at, false, nil
	}
	if at, err = time.ParseInLocation(time.DateOnly, text, models.Lima); err == nil {
		return at, true, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err = time.ParseInLocation(layout, text, models.Lima); err == nil {
			return at, false, nil
		}
	}
	return time.Time{}, false, middleware.FieldError(key, "debe ser AAAA-MM-DD o AAAA-MM-DDTHH:MM:SS")
}
