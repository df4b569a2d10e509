package events

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/relevo/relevo/models"
)

// Delivery is an event of the log as this process delivered it.
type Delivery struct {
	models.LoggedEvent
	// Ordinal counts what this process has delivered; the first has 1.
	Ordinal uint64
	// Cursor is where the process stood after this event.
	Cursor models.EventCursor
}

// Offset names the place after this event, for clients that come back: the
// event's id, "_", and the cursor of the process. It needs no escapes in JSON.
func (d Delivery) Offset() string { return d.ID + "_" + d.Cursor.String() }

// Place is where a client says that it stands in the log: an event's id, a cursor,
// or both.
type Place struct {
	// EventID is the id of the last event that it has; empty when it gave a cursor alone.
	EventID string
	// Cursor is exact when Exact is set; otherwise EventID has to be looked up.
	Cursor models.EventCursor
	Exact  bool
}

var errPlace = errors.New("neither an event id nor a cursor")

// ParsePlace reads an offset, an event id or a cursor as text.
func ParsePlace(text string) (Place, error) {
	id, cursor, both := strings.Cut(text, "_")
	idAlone := !both && len(text) == 36
	if !both && !idAlone {
		id, cursor = "", text
	}
	var p Place
	if both || idAlone {
		known, err := uuid.Parse(id)
		if err != nil || known.String() != id {
			return Place{}, errPlace
		}
		p.EventID = id
	}
	if !idAlone {
		c, err := models.ParseEventCursor(cursor)
		if err != nil {
			return Place{}, errPlace
		}
		p.Cursor, p.Exact = c, true
	}
	return p, nil
}
