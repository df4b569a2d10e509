package live

import "sync"

// userSockets knows the sockets of each signed-in user. The zero value is ready;
// it is safe for concurrent use. The user id zero, nobody, has none.
type userSockets[S comparable] struct {
	mu     sync.Mutex
	byUser map[int64]map[S]struct{}
}

func (u *userSockets[S]) add(userID int64, s S) {
	if userID == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byUser == nil {
		u.byUser = make(map[int64]map[S]struct{})
	}
	if u.byUser[userID] == nil {
		u.byUser[userID] = make(map[S]struct{})
	}
	u.byUser[userID][s] = struct{}{}
}

func (u *userSockets[S]) remove(userID int64, s S) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.byUser[userID], s)
	if len(u.byUser[userID]) == 0 {
		delete(u.byUser, userID)
	}
}

func (u *userSockets[S]) of(userID int64) []S {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make([]S, 0, len(u.byUser[userID]))
	for s := range u.byUser[userID] {
		out = append(out, s)
	}
	return out
}

// count returns the number of users by role; a user's sockets are all of one.
func (u *userSockets[S]) count(role func(S) string) map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make(map[string]int)
	for _, sockets := range u.byUser {
		for s := range sockets {
			out[role(s)]++
			break
		}
	}
	return out
}
