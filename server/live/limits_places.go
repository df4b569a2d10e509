package live

import (
	"net/http"
	"sync"

	"github.com/relevo/relevo/middleware"
)

// Places counts the open transports of this process, in all, by address and by
// user, and gives out no more than the limits allow. It is safe for concurrent use.
type Places struct {
	limits Limits

	mu        sync.Mutex
	all       int
	addresses map[string]int // by middleware.AddressKey; no zero stays
	users     map[int64]int
}

// NewPlaces gives out places within the limits.
func NewPlaces(l Limits) *Places {
	return &Places{limits: l, addresses: map[string]int{}, users: map[int64]int{}}
}

// noPlaceError says which limit left no place.
type noPlaceError struct{ limit string }

func (e *noPlaceError) Error() string { return "no place: " + e.limit }

// Take takes a place for the client of a handshake; userID is 0 for nobody. The
// returned function gives it back, once however often it is called.
func (p *Places) Take(r *http.Request, userID int64) (release func(), err error) {
	address := p.limits.address(r)
	key := middleware.AddressKey(address)
	if limit := p.enter(key, userID); limit != "" {
		p.limits.exceeded(Excess{Limit: limit, Address: address, UserID: userID, Agent: r.UserAgent()})
		return nil, &noPlaceError{limit}
	}
	return sync.OnceFunc(func() { p.leave(key, userID) }), nil
}

// enter counts one more, or names the limit that forbids it.
func (p *Places) enter(key string, userID int64) (limit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &p.limits
	switch {
	case userID != 0 && full(p.users[userID], l.ConnectionsPerUser):
		return LimitConnectionsPerUser
	case full(p.addresses[key], l.ConnectionsPerAddress):
		return LimitConnectionsPerAddress
	case full(p.all, l.Connections):
		return LimitConnections
	}
	p.all++
	p.addresses[key]++
	if userID != 0 {
		p.users[userID]++
	}
	return ""
}

func full(n, limit int) bool { return limit > 0 && n >= limit }

func (p *Places) leave(key string, userID int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.addresses[key]--; p.addresses[key] <= 0 {
		delete(p.addresses, key)
	}
	if userID == 0 {
		return
	}
	if p.users[userID]--; p.users[userID] <= 0 {
		delete(p.users, userID)
	}
}

// Open is the number of places that are taken.
func (p *Places) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

// refusalOf is how who got no place is answered.
func (e *noPlaceError) refusal() refusal {
	if e.limit == LimitConnections {
		return refuseFull
	}
	return refuseCrowded
}
