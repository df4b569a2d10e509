package live

import (
	"encoding/json"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/relevo/relevo/events"
)

const (
	// strikesAllowed is how often a socket is told that it sends too much before its
	// transport is closed: with the last time.
	strikesAllowed = 3
	// forgiven is how long after the latest event too many all of them are forgotten.
	forgiven = time.Minute
	// reasonFlood is the end of a socket that went on sending too much.
	reasonFlood = "event limit"
)

// flood is what one socket sent beyond its limits.
type flood struct {
	excess int
	last   time.Time
	closed bool
}

// event takes one event of the socket and of its user. When either has none left it
// names the limit; strike is above 0 when the socket has to be told, which is with
// the first event too many and then each time that as many more were too many as it
// may send at once.
func (a *allowances) event(s Socket, userID int64, now time.Time) (limit string, strike int) {
	if a.limits.EventsPerSecond <= 0 && a.limits.UserEventsPerSecond <= 0 {
		return "", 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.sockets[s]
	if account == nil {
		return "", 0
	}
	if account.flood.closed {
		return LimitEvents, 0
	}
	if limit = a.spend(account, userID, now); limit == "" {
		return "", 0
	}
	f := &account.flood
	if now.Sub(f.last) > forgiven {
		f.excess = 0
	}
	f.last = now
	if burst := max(a.limits.EventBurst, 1); f.excess%burst == 0 {
		strike = f.excess/burst + 1
	}
	f.excess++
	f.closed = strike >= strikesAllowed
	return limit, strike
}

// spend uses up one event of both, the socket's own first: what one socket sends too
// much is not taken from the user's others. The caller holds mu.
func (a *allowances) spend(account *socketAllowance, userID int64, now time.Time) (limit string) {
	if n := a.limits.EventsPerSecond; n > 0 {
		if account.events == nil {
			account.events = rate.NewLimiter(rate.Limit(n), max(a.limits.EventBurst, 1))
		}
		if !account.events.AllowN(now, 1) {
			return LimitEvents
		}
	}
	n := a.limits.UserEventsPerSecond
	if n <= 0 || userID == 0 {
		return ""
	}
	// It outlives the user's sockets: coming back brings no new allowance.
	limiter, known := a.userEvents.Get(userID)
	if !known {
		limiter = rate.NewLimiter(rate.Limit(n), 2*n)
		a.userEvents.Add(userID, limiter)
	}
	if !limiter.AllowN(now, 1) {
		return LimitUserEvents
	}
	return ""
}

// floods refuses an event too many, tells the socket why, and closes the transport of
// one that goes on. The client may come back.
func (h *Hub) floods(s Socket) bool {
	id := s.Identity()
	limit, strike := h.allowances.event(s, id.UserID, h.config.Now())
	if limit == "" {
		return false
	}
	h.config.Limits.exceeded(Excess{Limit: limit, UserID: id.UserID})
	if strike == 0 {
		return true
	}
	h.tellLimit(s, limit)
	if strike >= strikesAllowed {
		h.config.Log.Debug("socket floods", zap.String("sid", s.ID()), zap.String("limit", limit))
		s.Close(reasonFlood)
	}
	return true
}

func (h *Hub) tellLimit(s Socket, limit string) {
	e := events.LimitExceededEvent
	payload, err := e.Encode(events.LimitExceeded{Limit: limit})
	if err != nil {
		h.config.Log.Error("limit not told", zap.Error(err))
		return
	}
	s.Emit(e.Name(), json.RawMessage(payload))
}
