package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Bounds of one answer of the event log.
const (
	eventsDefault = 100
	eventsMost    = 1000
	// eventsScanned is how many events of others one request passes over.
	eventsScanned = 10 * eventsMost
)

// logPosition is what the events read from the tail of the log; *events.Tail is one.
type logPosition interface {
	Position() (uint64, models.EventCursor)
	CursorOf(ctx context.Context, p events.Place) (models.EventCursor, error)
}

// Events serves the event log to pages and pollers: to each user what it may see now
// and was allowed to see when it happened.
type Events struct {
	store *models.Store
	tail  logPosition
}

// NewEvents reads the log of store, whose settled part the tail knows.
func NewEvents(store *models.Store, tail logPosition) *Events { return &Events{store, tail} }

// eventJSON is one event of the log.
type eventJSON struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload"`
	At      models.LimaTime `json:"at"`
	Entity  string          `json:"entity,omitempty"`
}

// eventsJSON is a page of the log. Cursor is the since of the next request; with
// More there is something to read at once.
type eventsJSON struct {
	Success bool        `json:"success"`
	Events  []eventJSON `json:"events"`
	Cursor  string      `json:"cursor"`
	More    bool        `json:"more"`
}

// List is GET /api/events?since=&limit=: the user's events after since, oldest first.
// Without since it is only the cursor of now. 410 when events after since may have
// been removed: the caller reloads what it shows and begins without since. Events of
// class latest are not kept and not in it.
func (h *Events) List(c *gin.Context) {
	page, err := h.read(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, page)
}

func (h *Events) read(c *gin.Context) (eventsJSON, error) {
	ctx, page := c.Request.Context(), eventsJSON{Success: true, Events: []eventJSON{}}
	limit, err := readEventLimit(c.Query("limit"))
	if err != nil {
		return page, err
	}
	_, settled := h.tail.Position()
	since := c.Query("since")
	if since == "" {
		end, err := h.store.EventLogEnd(ctx)
		end.Settle(settled.Low)
		page.Cursor = end.String()
		return page, err
	}
	cursor, err := h.cursor(ctx, since, settled)
	if err != nil {
		return page, err
	}
	user := middleware.IdentityOf(c).UserID
	for scanned := 0; ; {
		batch := max(limit-len(page.Events), eventsDefault)
		rows, err := h.store.EventsAfter(ctx, cursor, batch)
		if err != nil {
			return page, err
		}
		from, whole := cursor.Low, len(rows) < batch
		if err := h.kept(ctx, from); err != nil {
			return page, err
		}
		viewer, err := h.viewer(ctx, user, from)
		if err != nil {
			return page, err
		}
		for i, row := range rows {
			cursor.Add(row.Seq)
			if viewer.Sees(row.Seq, row.EventRecord) {
				page.Events = append(page.Events, eventJSON{row.ID, row.Name, row.Payload, models.ToLima(row.At), row.Entity})
			}
			if len(page.Events) == limit && i < len(rows)-1 {
				rows, whole = rows[:i+1], false
				break
			}
		}
		// What is settled and was not read does not exist.
		if whole {
			cursor.Settle(settled.Low)
		} else if len(rows) > 0 {
			cursor.Settle(min(settled.Low, rows[len(rows)-1].Seq))
		}
		scanned += len(rows)
		if whole || len(page.Events) == limit || scanned >= eventsScanned {
			page.Cursor, page.More = cursor.String(), !whole
			return page, nil
		}
	}
}

func readEventLimit(text string) (int, error) {
	if text == "" {
		return eventsDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > eventsMost {
		return 0, models.Errorf(models.Unprocessable, "El parámetro limit debe estar entre 1 y %d", eventsMost)
	}
	return n, nil
}

// cursor finds where since is. A place that the log has not reached is of another
// log, e.g. from before a backup was restored.
func (h *Events) cursor(ctx context.Context, since string, settled models.EventCursor) (models.EventCursor, error) {
	place, err := events.ParsePlace(since)
	if err != nil {
		return models.EventCursor{}, &models.Error{
			Code: models.Unprocessable, Message: "El parámetro since debe ser un evento o un cursor", Err: err,
		}
	}
	cursor, err := h.tail.CursorOf(ctx, place)
	if models.CodeOf(err) == models.NotFound {
		return cursor, errEventsGone(err)
	}
	if last := cursor.Last(); err == nil && !settled.Covers(last) {
		mark, failed := h.store.MarkEventLog(ctx)
		if err = failed; err == nil && last > mark.Seq {
			var purged int64
			if purged, err = h.store.EventLogPurged(ctx); err == nil && last > purged {
				err = errEventsGone(nil)
			}
		}
	}
	return cursor, err
}

// kept refuses a place after which events were removed. It is asked after the rows
// were read, so that none can have gone meanwhile.
func (h *Events) kept(ctx context.Context, low int64) error {
	purged, err := h.store.EventLogPurged(ctx)
	if err == nil && low < purged {
		err = errEventsGone(nil)
	}
	return err
}

func errEventsGone(cause error) error {
	return &models.Error{
		Code: models.Gone, Message: "Los eventos desde ese punto ya no se conservan; recargue los datos y empiece de nuevo", Err: cause,
	}
}

// viewer is who the user is now, after rows above from were read: in this order no
// change of role in between shows what it forbids.
func (h *Events) viewer(ctx context.Context, userID, from int64) (events.Viewer, error) {
	user, err := h.store.UserByID(ctx, userID)
	if err == nil && user.Status != models.Active {
		err = models.Errorf(models.Unauthorized, "Debe iniciar sesión")
	}
	if err != nil {
		return events.Viewer{}, err
	}
	changed, err := events.LastRoleChange(ctx, h.store, userID, from)
	return events.Viewer{UserID: userID, Role: user.Role, RoleSince: changed}, err
}
