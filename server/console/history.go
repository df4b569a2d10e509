package console

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// The last hour is kept in points of ten seconds.
const (
	historyStep   = 10 * time.Second
	historyPoints = 360
)

// point is what is kept of one step. A nil number is not known.
type point struct {
	at               time.Time
	sockets, users   float64
	events           float64 // a second
	write, confirmed [2]*float64
	pending          *float64
	errors           float64 // in the step
}

// history is a ring of points. It is safe for concurrent use.
type history struct {
	mu     sync.Mutex
	points []point
	next   int
}

func (h *history) add(p point) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.points) < historyPoints {
		h.points = append(h.points, p)
		return
	}
	h.points[h.next] = p
	h.next = (h.next + 1) % historyPoints
}

// list returns the points, oldest first.
func (h *history) list() []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]point, 0, len(h.points))
	out = append(out, h.points[h.next:]...)
	return append(out, h.points[:h.next]...)
}

// seriesJSON are numbers of one point each, oldest first; null is not known.
type seriesJSON struct {
	Sockets      []float64  `json:"sockets"`
	Users        []float64  `json:"users"`
	Events       []float64  `json:"events"`
	WriteP50     []*float64 `json:"write_p50_ms"`
	WriteP99     []*float64 `json:"write_p99_ms"`
	ConfirmedP50 []*float64 `json:"confirmed_p50_ms"`
	ConfirmedP99 []*float64 `json:"confirmed_p99_ms"`
	Pending      []*float64 `json:"pending"`
	Errors       []float64  `json:"errors"`
}

// historyJSON is the last hour; To is the instant of the newest point, null before the
// first.
type historyJSON struct {
	Success bool            `json:"success"`
	StepMS  int64           `json:"step_ms"`
	To      *models.Instant `json:"to"`
	Series  seriesJSON      `json:"series"`
}

// History answers GET /console/api/history.
func (s *Service) History(c *gin.Context) {
	points := s.history.list()
	out := historyJSON{Success: true, StepMS: historyStep.Milliseconds(), Series: seriesJSON{
		Sockets: []float64{}, Users: []float64{}, Events: []float64{}, Errors: []float64{},
		WriteP50: []*float64{}, WriteP99: []*float64{}, ConfirmedP50: []*float64{}, ConfirmedP99: []*float64{}, Pending: []*float64{},
	}}
	series := &out.Series
	for _, p := range points {
		series.Sockets, series.Users = append(series.Sockets, p.sockets), append(series.Users, p.users)
		series.Events, series.Errors = append(series.Events, p.events), append(series.Errors, p.errors)
		series.WriteP50, series.WriteP99 = append(series.WriteP50, p.write[0]), append(series.WriteP99, p.write[1])
		series.ConfirmedP50, series.ConfirmedP99 = append(series.ConfirmedP50, p.confirmed[0]), append(series.ConfirmedP99, p.confirmed[1])
		series.Pending = append(series.Pending, p.pending)
	}
	if len(points) > 0 {
		out.To = instant(points[len(points)-1].at)
	}
	c.JSON(http.StatusOK, out)
}

// sample adds the point of now.
func (s *Service) sample(now time.Time) {
	var sockets, users float64
	for _, n := range s.config.Engine.Stats() {
		sockets += float64(n.Sockets)
	}
	for _, n := range s.config.Engine.UsersOnline() {
		users += float64(n)
	}
	here, before := tickOf(now, s.config.Totals(), s.config.Guard()), s.base.Load()
	s.base.Store(&here)
	var rate, errors float64
	if before != nil {
		rate, errors = ratesBetween(*before, here).Events, float64(here.errors-before.errors)
	}
	write, confirmed := s.write.last(now, historyQuantiles), s.confirmed.last(now, historyQuantiles)
	p := point{
		at: now, sockets: sockets, users: users, events: rate, errors: errors,
		write: [2]*float64{write.P50, write.P99}, confirmed: [2]*float64{confirmed.P50, confirmed.P99},
	}
	if outbox := s.outbox(); outbox != nil {
		pending := float64(outbox.Pending)
		p.pending = &pending
	}
	s.history.add(p)
}
