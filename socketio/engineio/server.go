package engineio

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/relevo/relevo/socketio/internal/wheel"
	"github.com/relevo/relevo/socketio/internal/ws"
)

const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// Handler is called once per accepted handshake, before any message. It must
// not keep the request. A nil Session closes the connection.
type Handler func(c *Conn, r *http.Request) Session

// Session is the upper protocol of one connection. Its methods are never called
// at the same time. A panic in one ends its connection only.
type Session interface {
	// Message gets the messages of the client in order. The data is valid only
	// during the call. While it blocks, the client is not read, and what is sent
	// to it is not written unless Conn.Uncork was called before.
	Message(data []byte, binary bool)
	// Idle is called after the last message of one read: frames sent since are
	// written together afterwards.
	Idle()
	// Closed is called exactly once, and last.
	Closed(reason Reason)
}

// Server speaks Engine.IO protocol 4 on any path it is mounted on. It is safe
// for concurrent use.
type Server struct {
	o         Options
	handler   Handler
	limits    ws.Limits
	polling   bool
	websocket bool
	openTails [2]string // what follows the sid in the open packet: polling, websocket
	wheel     *wheel.Wheel
	flusher   flusher

	held  atomic.Int64  // connections, links and temporary goroutines
	quiet chan struct{} // capacity 1: held may have become zero

	mu        sync.RWMutex
	conns     map[string]*Conn
	addresses map[string]int // connections and handshakes under way, by address
	reserved  int            // handshakes under way
	draining  bool
}

const (
	wheelGrain = 50 * time.Millisecond
	wheelSlots = 1024
)

// New returns a Server that gives each connection to h.
func New(h Handler, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		o:         o,
		handler:   h,
		limits:    ws.Limits{MaxMessage: o.MaxPayload, MaxFragments: o.MaxFragments},
		polling:   slices.Contains(o.Transports, transportPolling),
		websocket: slices.Contains(o.Transports, transportWebSocket),
		wheel:     wheel.New(wheelGrain, wheelSlots),
		quiet:     make(chan struct{}, 1),
		conns:     make(map[string]*Conn),
		addresses: make(map[string]int),
	}
	s.flusher.srv = s
	upgrades := "[]"
	if s.websocket {
		upgrades = `["websocket"]`
	}
	for i, upgrades := range [2]string{upgrades, "[]"} {
		s.openTails[i] = `","upgrades":` + upgrades +
			`,"pingInterval":` + strconv.FormatInt(o.PingInterval.Milliseconds(), 10) +
			`,"pingTimeout":` + strconv.FormatInt(o.PingTimeout.Milliseconds(), 10) +
			`,"maxPayload":` + strconv.FormatInt(o.MaxPayload, 10) + `}`
	}
	return s
}

// Count returns the number of connections.
func (s *Server) Count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.conns)
}

// find returns the connection with the id, nil when there is none.
func (s *Server) find(sid string) *Conn {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.conns[sid]
}

// acquire and release count what a drain waits for.
func (s *Server) acquire() { s.held.Add(1) }

func (s *Server) release() {
	if s.held.Add(-1) == 0 {
		select {
		case s.quiet <- struct{}{}:
		default:
		}
	}
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
