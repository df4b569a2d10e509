package socketio

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/relevo/relevo/socketio/engineio"
)

// Server is a Socket.IO server. Make one with New; it is an http.Handler. All methods may be called at any time
// from any goroutine.
type Server struct {
	options Options
	engine  *engineio.Server
	workers *workers
	batches sync.Pool

	mu         sync.Mutex
	namespaces map[string]*Namespace
	families   []*Family
	dynamic    int // namespaces that belong to a family
	clients    map[*client]struct{}
	ending     bool // no connection is let in
	closed     bool
}

// New returns a server with the namespace "/".
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		options: o, workers: newWorkers(o.Logger),
		namespaces: map[string]*Namespace{}, clients: map[*client]struct{}{},
	}
	if o.SameClient != nil {
		o.Engine.SameClient = s.sameClient
	}
	s.engine = engineio.New(s.accept, o.Engine)
	s.batches.New = func() any { return s.engine.Batch() }
	s.Of("/")
	return s
}

// Of returns a namespace and makes it if needed; it exists until the server is closed. "" is "/", and a name
// without a leading slash gets one. Clients may only join namespaces that exist or that a rule of OfFunc makes.
func (s *Server) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ns := s.namespaces[name]
	if ns == nil {
		ns = newNamespace(s, name, &hooks{})
		s.namespaces[name] = ns
	} else if ns.family != nil {
		ns.family = nil
		s.dynamic--
	}
	return ns
}

// Engine returns the Engine.IO server below.
func (s *Server) Engine() *engineio.Server { return s.engine }

// Count returns the number of connections, those that have joined no namespace included.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// Drain refuses new connections and closes all others without a DISCONNECT, so that the clients come back by
// themselves, to another process. It returns when all are closed and no handler runs any more, or with the
// context's error. The reason of the disconnects is "server shutting down".
func (s *Server) Drain(ctx context.Context) error {
	s.endAll()
	if err := s.engine.Drain(ctx); err != nil {
		return fmt.Errorf("socketio: drain: %w", err)
	}
	if err := s.workers.quiet(ctx); err != nil {
		return fmt.Errorf("socketio: drain: handlers: %w", err)
	}
	return nil
}

// Close closes all connections at once. It does not wait for handlers that still run; Drain does. Later calls do
// nothing.
func (s *Server) Close() error {
	s.endAll()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	err := s.engine.Close()
	s.mu.Lock()
	namespaces := s.namespaces
	s.namespaces = map[string]*Namespace{}
	s.mu.Unlock()
	s.workers.stop()
	for _, ns := range namespaces {
		closeAdapter(ns.adapter, s.options.Logger)
	}
	if err != nil {
		return fmt.Errorf("socketio: close: %w", err)
	}
	return nil
}

// endAll ends all sockets and lets no further connection in. It goes before the engine's end, because a reader that
// waits for room in an inbox would hold that up.
func (s *Server) endAll() {
	s.mu.Lock()
	s.ending = true
	clients := make([]*client, 0, len(s.clients))
	for c := range s.clients {
		clients = append(clients, c)
	}
	s.mu.Unlock()
	for _, c := range clients {
		c.shutDown()
	}
}

// enter counts a connection; false when the server is being closed.
func (s *Server) enter(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return false
	}
	s.clients[c] = struct{}{}
	return true
}

func (s *Server) left(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
}

// batch takes a batch for one broadcast; recycle gives it back after its Flush.
func (s *Server) batch() *engineio.Batch    { return s.batches.Get().(*engineio.Batch) }
func (s *Server) recycle(b *engineio.Batch) { s.batches.Put(b) }
