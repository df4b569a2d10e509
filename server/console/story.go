package console

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// storiesMost bounds the list of people of one event.
const storiesMost = 500

// storyJSON is what became of one event for one user. At is of the confirmation, of
// leaving or of the request to load again.
type storyJSON struct {
	UserID           int64           `json:"user_id"`
	Username         string          `json:"username"`
	Role             string          `json:"role"`
	State            string          `json:"state"`
	Via              *string         `json:"via"`
	At               *models.Instant `json:"at"`
	AfterMS          *int64          `json:"after_ms"`
	SID              *string         `json:"sid"`
	Transport        *string         `json:"transport"`
	Reason           *string         `json:"reason"`
	Node             *string         `json:"node"`
	Sockets          int64           `json:"sockets"`
	ConfirmedSockets int64           `json:"confirmed_sockets"`
	Why              words           `json:"why"`
	Next             *words          `json:"next"`
}

// wholeEventJSON is an event with what only the log knows.
type wholeEventJSON struct {
	events.FeedEvent
	Trace     *string        `json:"trace"`
	ExpiresAt models.Instant `json:"expires_at"`
}

// summaryJSON counts active users by state. Addressed are all but those in NotAddressed.
type summaryJSON struct {
	Addressed    int64 `json:"addressed"`
	Confirmed    int64 `json:"confirmed"`
	Waiting      int64 `json:"waiting"`
	Away         int64 `json:"away"`
	Expired      int64 `json:"expired"`
	Absent       int64 `json:"absent"`
	NotAddressed int64 `json:"not_addressed"`
	Unknown      int64 `json:"unknown"`
}

// eventAnswerJSON is an event and its delivery.
type eventAnswerJSON struct {
	Success bool           `json:"success"`
	Event   wholeEventJSON `json:"event"`
	Summary summaryJSON    `json:"summary"`
	People  []storyJSON    `json:"people"`
	More    bool           `json:"more"`
}

// Event answers GET /console/api/events/<id>: an event, what became of it for all active
// users who were addressed, the worst first, or with user_id for that user in any case.
func (s *Service) Event(c *gin.Context) {
	ctx := c.Request.Context()
	user, err := middleware.UserQuery(c)
	var e models.LoggedEvent
	if err == nil {
		e, err = s.event(ctx, c.Param("id"))
	}
	var users []models.User
	if err == nil {
		users, err = s.config.Store.ActiveUsers(ctx)
	}
	if err == nil && user != 0 && !slices.ContainsFunc(users, func(u models.User) bool { return u.ID == user }) {
		var u models.User
		u, err = s.config.Store.UserByID(ctx, user)
		users = append(users, u)
	}
	var all []*facts
	if err == nil {
		all, err = s.gather(ctx, e, users)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := eventAnswerJSON{Success: true, Event: wholeEventJSON{FeedEvent: s.shown(e), ExpiresAt: models.ToInstant(s.expires(e))}, People: []storyJSON{}}
	if e.Trace != "" {
		out.Event.Trace = &e.Trace
	}
	for _, f := range all {
		told := explain(f)
		if f.user.Status == models.Active {
			out.Summary.add(told.state)
		}
		if f.user.ID == user || user == 0 && told.state != stateNotAddressed {
			out.People = append(out.People, storyOf(f, told))
		}
	}
	slices.SortStableFunc(out.People, func(a, b storyJSON) int {
		return cmp.Or(cmp.Compare(slices.Index(storyStates, a.State), slices.Index(storyStates, b.State)), cmp.Compare(a.Username, b.Username))
	})
	if len(out.People) > storiesMost {
		out.People, out.More = out.People[:storiesMost], true
	}
	c.JSON(http.StatusOK, out)
}

func (s *summaryJSON) add(state string) {
	counts := map[string]*int64{
		stateConfirmed: &s.Confirmed, stateWaiting: &s.Waiting, stateAway: &s.Away, stateExpired: &s.Expired, stateAbsent: &s.Absent,
		stateNotAddressed: &s.NotAddressed, stateUnknown: &s.Unknown,
	}
	*counts[state]++
	if state != stateNotAddressed {
		s.Addressed++
	}
}

func storyOf(f *facts, told story) storyJSON {
	out := storyJSON{
		UserID: f.user.ID, Username: f.user.Username, Role: f.user.Role, State: told.state, At: instant(told.at),
		Via: orNull(told.via), SID: orNull(told.sid), Transport: orNull(told.transport), Reason: orNull(told.reason), Node: orNull(told.node),
		Sockets: int64(told.pages), ConfirmedSockets: int64(told.confirmed), Why: told.why(f),
	}
	if told.state == stateConfirmed && !told.at.IsZero() {
		after := max(0, told.at.Sub(f.event.At).Milliseconds())
		out.AfterMS = &after
	}
	if next, ok := told.next(f); ok {
		out.Next = &next
	}
	return out
}

// orNull is nil for an empty text.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
