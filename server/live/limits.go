package live

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one client may ask for. The pages in use send none of these events more
// than once per connection.
const (
	refreshEvery   = time.Second // dashboard_refresh per user (contract 5.10)
	refreshBurst   = 5
	watchEvery     = 6 * time.Second // join_client_room per socket (contract 5.2)
	watchBurst     = 10
	watchesAtOnce  = 32 // client rooms of one socket
	longestDNI     = 32 // bytes of a document number that may name a room
	longestDNIEcho = 64 // bytes of one that is answered at all
)

// allowances holds the limiters of those who are connected, and only of those.
// It is safe for concurrent use.
type allowances struct {
	mu      sync.Mutex
	users   map[int64]*userAllowance
	sockets map[Socket]*socketAllowance
}

type userAllowance struct {
	sockets int
	refresh *rate.Limiter
}

type socketAllowance struct {
	watch *rate.Limiter
	rooms map[string]struct{}
}

func newAllowances() *allowances {
	return &allowances{users: make(map[int64]*userAllowance), sockets: make(map[Socket]*socketAllowance)}
}

// enter begins the account of a socket; userID is zero for an anonymous one.
func (a *allowances) enter(s Socket, userID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sockets[s] = &socketAllowance{
		watch: rate.NewLimiter(rate.Every(watchEvery), watchBurst),
		rooms: make(map[string]struct{}),
	}
	if userID == 0 {
		return
	}
	if a.users[userID] == nil {
		a.users[userID] = &userAllowance{refresh: rate.NewLimiter(rate.Every(refreshEvery), refreshBurst)}
	}
	a.users[userID].sockets++
}

// exit ends the account of a socket.
func (a *allowances) exit(s Socket, userID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sockets, s)
	if u := a.users[userID]; u != nil {
		if u.sockets--; u.sockets <= 0 {
			delete(a.users, userID)
		}
	}
}

// refresh reports whether the user may ask for one more refresh.
func (a *allowances) refresh(userID int64, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users[userID]
	return u != nil && u.refresh.AllowN(now, 1)
}

// watch reports whether the socket may ask for the room.
func (a *allowances) watch(s Socket, room string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.sockets[s]
	if account == nil || !account.watch.AllowN(now, 1) {
		return false
	}
	_, again := account.rooms[room]
	return again || len(account.rooms) < watchesAtOnce
}

// watched notes that the socket is in the room.
func (a *allowances) watched(s Socket, room string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if account := a.sockets[s]; account != nil {
		account.rooms[room] = struct{}{}
	}
}
