package live

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// allowances holds the accounts of those who are connected, and only of those but
// for what a user may send. It is safe for concurrent use.
type allowances struct {
	limits Limits

	mu         sync.Mutex
	users      map[int64]*userAllowance
	sockets    map[Socket]*socketAllowance
	userEvents *lru.LRU[int64, *rate.Limiter]
}

type userAllowance struct {
	sockets int
	refresh *rate.Limiter // nil until it is needed, like all of them
}

type socketAllowance struct {
	watch, events *rate.Limiter
	rooms         map[string]struct{}
	flood         flood
}

func newAllowances(l Limits) *allowances {
	return &allowances{
		limits: l, users: make(map[int64]*userAllowance), sockets: make(map[Socket]*socketAllowance), userEvents: remembered[int64](),
	}
}

// enter begins the account of a socket; userID is zero for an anonymous one.
func (a *allowances) enter(s Socket, userID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sockets[s] = &socketAllowance{}
	if userID == 0 {
		return
	}
	if a.users[userID] == nil {
		a.users[userID] = &userAllowance{}
	}
	a.users[userID].sockets++
}

// exit ends the account of a socket.
func (a *allowances) exit(s Socket, userID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sockets[s] == nil {
		return
	}
	delete(a.sockets, s)
	if u := a.users[userID]; u != nil {
		if u.sockets--; u.sockets <= 0 {
			delete(a.users, userID)
		}
	}
}

// refresh reports whether the user may ask for one more refresh (contract 5.10).
func (a *allowances) refresh(userID int64, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users[userID]
	if u == nil {
		return false
	}
	if a.limits.RefreshesPerMinute <= 0 {
		return true
	}
	if u.refresh == nil {
		u.refresh = rate.NewLimiter(perMinute(a.limits.RefreshesPerMinute), refreshBurst)
	}
	return u.refresh.AllowN(now, 1)
}

// watch names the limit that keeps the socket from asking for the room, "" for none
// (contract 5.2).
func (a *allowances) watch(s Socket, room string, now time.Time) (limit string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.sockets[s]
	if account == nil {
		return LimitClientRooms
	}
	if n := a.limits.ClientRoomsPerMinute; n > 0 {
		if account.watch == nil {
			account.watch = rate.NewLimiter(perMinute(n), n)
		}
		if !account.watch.AllowN(now, 1) {
			return LimitClientRoomsPerMinute
		}
	}
	if _, again := account.rooms[room]; !again && full(len(account.rooms), a.limits.ClientRooms) {
		return LimitClientRooms
	}
	return ""
}

// watched notes that the socket is in the room.
func (a *allowances) watched(s Socket, room string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.sockets[s]
	if account == nil {
		return
	}
	if account.rooms == nil {
		account.rooms = make(map[string]struct{})
	}
	account.rooms[room] = struct{}{}
}

func perMinute(n int) rate.Limit { return rate.Limit(float64(n) / 60) }
