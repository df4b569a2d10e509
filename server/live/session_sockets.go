package live

import "sync"

// sessionSockets counts the open sockets of each session. The zero value is ready;
// it is safe for concurrent use.
type sessionSockets struct {
	mu       sync.Mutex
	sessions map[Socket]int64
	open     map[int64]int
}

// enter counts a socket that is of the session until exit; session zero is none.
func (c *sessionSockets) enter(s Socket, session int64) {
	if session == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions == nil {
		c.sessions, c.open = map[Socket]int64{}, map[int64]int{}
	}
	c.sessions[s] = session
	c.open[session]++
}

func (c *sessionSockets) exit(s Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	session, known := c.sessions[s]
	if !known {
		return
	}
	delete(c.sessions, s)
	if c.open[session]--; c.open[session] == 0 {
		delete(c.open, session)
	}
}

func (c *sessionSockets) count(session int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[session]
}

// SocketsOf is the number of sockets of a session that are open on this process.
// One that came with a remember cookie alone is of no session.
func (h *Hub) SocketsOf(session int64) int { return h.sessionSockets.count(session) }
