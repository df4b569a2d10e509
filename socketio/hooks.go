package socketio

import (
	"context"
	"sync"
)

// Middleware decides whether a client may join a namespace. An error refuses it; a *ConnectError chooses what
// the client is told. ctx ends when the client is gone and after Options.MiddlewareTimeout.
type Middleware func(ctx context.Context, s *Socket) error

// handler is one registration of an event; name "" with any set takes all events.
type handler struct {
	name string
	any  bool
	run  func(*Event)
}

// hooks are the functions of a namespace or of a family of them. Registering only appends, so that a slice once read
// stays as it is: reading needs the
// lock only to take it.
type hooks struct {
	mu         sync.RWMutex
	middleware []Middleware
	connect    []func(*Socket)
	disconnect []func(*Socket, Reason)
	handlers   []handler
}

// Use adds a middleware. They run in the order of registration, for every CONNECT, a recovering client's too.
func (h *hooks) Use(m Middleware) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.middleware = append(h.middleware, m)
}

// OnConnect adds a function that is called with every socket after its CONNECT was answered. The socket's events
// wait until it has returned, so that handlers which it registers miss none. It may block: only that socket waits.
func (h *hooks) OnConnect(run func(*Socket)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.connect = append(h.connect, run)
}

// OnDisconnect adds a function that is called once for every socket that was connected, after its last handler.
func (h *hooks) OnDisconnect(run func(*Socket, Reason)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disconnect = append(h.disconnect, run)
}

// On adds a handler of an event for all sockets, which costs a socket nothing. Event.Socket says whose it is.
// It panics on a reserved name.
func (h *hooks) On(name string, run func(*Event)) {
	mustName(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handlers = append(h.handlers, handler{name: name, run: run})
}

// OnAny adds a handler of all events of all sockets; it runs before those of On.
func (h *hooks) OnAny(run func(*Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handlers = append(h.handlers, handler{any: true, run: run})
}

func (h *hooks) currentMiddleware() []Middleware {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.middleware
}

func (h *hooks) currentConnect() []func(*Socket) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.connect
}

func (h *hooks) currentDisconnect() []func(*Socket, Reason) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.disconnect
}

func (h *hooks) currentHandlers() []handler {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.handlers
}

// mustName panics on a name that no client can send: a registration that can never fire is a mistake in the
// program, found at its start.
func mustName(name string) {
	if err := checkName(name); err != nil {
		panic(err.Error())
	}
}
