package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Bounds of one search of the log.
const (
	searchDefault = 50
	searchMost    = 200
	searchSpan    = 10_000 // places of the log that one statement looks at
	searchSpans   = 20
)

// foundEventsJSON is a page of the log, newest first. Next is the before of the page that
// follows; null at the end.
type foundEventsJSON struct {
	Success bool               `json:"success"`
	Events  []events.FeedEvent `json:"events"`
	More    bool               `json:"more"`
	Next    *string            `json:"next"`
}

// Events answers GET /console/api/events.
func (s *Service) Events(c *gin.Context) {
	q, err := s.readSearch(c)
	var found []models.LoggedEvent
	var next int64
	if err == nil {
		found, next, err = s.search(c.Request.Context(), q)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := foundEventsJSON{Success: true, Events: make([]events.FeedEvent, 0, len(found)), More: next > 0}
	for _, e := range found {
		out.Events = append(out.Events, s.shown(e))
	}
	if next > 0 {
		text := strconv.FormatInt(next, 10)
		out.Next = &text
	}
	c.JSON(http.StatusOK, out)
}

// search is what is looked for; Viewer is nil for what was said to anybody.
type search struct {
	models.EventSearch
	viewer *events.Viewer
}

// readSearch reads the parameters.
func (s *Service) readSearch(c *gin.Context) (q search, err error) {
	q.Limit = searchDefault
	for key, into := range map[string]*string{"name": &q.Name, "entity": &q.Entity, "room": &q.Room} {
		if *into, err = textQuery(c, key); err != nil {
			return q, err
		}
		if strings.ContainsRune(*into, 0) {
			return q, middleware.FieldError(key, "no es válido")
		}
	}
	if _, known := s.class[q.Name]; q.Name != "" && !known {
		return q, middleware.FieldError("name", "no es un evento")
	}
	if text := c.Query("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > searchMost {
			return q, middleware.FieldError("limit", "debe estar entre 1 y "+strconv.Itoa(searchMost))
		}
	}
	ctx := c.Request.Context()
	if q.Below, err = s.placeBefore(ctx, c.Query("before")); err != nil {
		return q, err
	}
	user, err := middleware.UserQuery(c)
	if err != nil || user == 0 {
		return q, err
	}
	u, err := s.config.Store.UserByID(ctx, user)
	if err != nil {
		return q, err
	}
	since, err := events.LastRoleChange(ctx, s.config.Store, user, 0)
	q.viewer = &events.Viewer{UserID: u.ID, Role: u.Role, RoleSince: since}
	return q, err
}

// placeBefore reads the parameter before: the id of an event, or the next of the page
// before; 0 without it.
func (s *Service) placeBefore(ctx context.Context, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if seq, err := strconv.ParseInt(text, 10, 64); err == nil && seq > 0 {
		return seq, nil
	}
	if !isEventID(text) {
		return 0, middleware.FieldError("before", "debe ser el next de la respuesta anterior o un evento")
	}
	e, err := s.event(ctx, text)
	return e.Seq, err
}

// search goes backwards through the log, so many places at a time. next is where to go
// on, 0 at the end.
func (s *Service) search(ctx context.Context, q search) (found []models.LoggedEvent, next int64, err error) {
	below := q.Below
	if below == 0 {
		newest, err := s.config.Store.SearchEvents(ctx, models.EventSearch{Limit: 1})
		if err != nil || len(newest) == 0 {
			return nil, 0, err
		}
		below = newest[0].Seq + 1
	}
	purged, err := s.config.Store.EventLogPurged(ctx)
	if err != nil {
		return nil, 0, err
	}
	want := q.Limit
	for range searchSpans {
		if below <= purged+1 || below <= 1 {
			return found, 0, nil
		}
		above := max(below-1-searchSpan, 0)
		q.Below, q.Above, q.Limit = below, above, searchMost
		rows, err := s.config.Store.SearchEvents(ctx, q.EventSearch)
		if err != nil {
			return nil, 0, err
		}
		below = above + 1
		if len(rows) == searchMost {
			below = rows[len(rows)-1].Seq // not the whole span was looked at
		}
		for _, row := range rows {
			if !q.fits(row) {
				continue
			}
			if len(found) == want {
				return found, found[len(found)-1].Seq, nil
			}
			found = append(found, row)
		}
	}
	return found, below, nil
}

// fits reports what the database cannot tell.
func (q search) fits(e models.LoggedEvent) bool {
	if q.Room != "" && !slices.Contains(e.Rooms, q.Room) {
		return false
	}
	return q.viewer == nil || q.viewer.Sees(e.Seq, e.EventRecord)
}

func isEventID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// event returns an event of the log: code NotFound for an id that never was, Gone for one
// of a time whose events are not kept any more.
func (s *Service) event(ctx context.Context, id string) (models.LoggedEvent, error) {
	if !isEventID(id) {
		return models.LoggedEvent{}, errNoEvent
	}
	e, err := s.config.Store.EventByID(ctx, id)
	if models.CodeOf(err) != models.NotFound {
		return e, err
	}
	oldest, failed := s.config.Store.EventsAfter(ctx, models.EventCursor{}, 1)
	purged, failed2 := s.config.Store.EventLogPurged(ctx)
	switch at := timeOf(id); {
	case failed != nil:
		return e, failed
	case failed2 != nil:
		return e, failed2
	case purged > 0 && !at.IsZero() && !at.After(s.now()) && (len(oldest) == 0 || at.Before(oldest[0].At)):
		return e, &models.Error{Code: models.Gone, Message: "El evento ya no se conserva", Err: err}
	}
	return e, errNoEvent
}

var errNoEvent = &models.Error{Code: models.NotFound, Message: "El evento no existe"}

// timeOf is when the id of an event was made, which is when it was recorded; zero when
// the id does not say.
func timeOf(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return time.Time{}
	}
	sec, nsec := parsed.Time().UnixTime()
	return time.Unix(sec, nsec)
}
