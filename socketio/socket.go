package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sync"

	"github.com/relevo/relevo/socketio/engineio"
)

type socketState uint8

const (
	stateConnecting socketState = iota
	stateConnected
	stateEnded
)

// Socket is one client in one namespace. All methods may be called at any time from any goroutine; none of them
// waits for the client, except EmitWithAck.
//
// Its middleware, connect handlers, event handlers and disconnect handlers run one after the other in the order in
// which the packets came, on a goroutine that exists only while there is something to do. A handler that blocks or
// panics affects no other socket. Acknowledgements are taken off the connection at once, so a handler may wait for
// one of its own client.
type Socket struct {
	ns        *Namespace
	client    *client
	conn      *engineio.Conn
	id        string
	recovered bool // written while connecting only
	opened    bool // the worker has begun to connect it; the worker's own

	// Guarded by ns.mu.
	place       int
	memberships []membership

	mu      sync.Mutex
	state   socketState
	working bool // a worker has the socket
	told    bool // its disconnect handlers have been run, or are running
	inbox   inbox
	acks    []pendingAck
	data    any
	pid     string // private id of connection state recovery; "" without
	// What few sockets have, or not for long, is apart: most are idle most of the time.
	own     *ownHandlers // made by the first On, OnAny or OnDisconnect
	opening *opening     // nil when the connect handlers have run, unless Options.KeepHandshake is set
	ending  *ending      // nil before the end
	life    *life        // made when somebody asks for the context
}

// ownHandlers are those of one socket.
type ownHandlers struct {
	events []handler
	gone   []func(Reason)
}

// opening is what a socket needs to connect.
type opening struct {
	auth  json.RawMessage
	abort context.CancelFunc // ends the middleware
}

// ending is what remains of a socket that has ended.
type ending struct {
	reason Reason
	kept   bool     // it was connected, and has left its rooms
	rooms  []string // that it was in
}

// life is the context of a socket, made on demand.
type life struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// newID returns 128 random bits as 22 characters.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ID returns the socket's id, which is also the name of a room that only this socket is in. It is not the id of
// the connection, and it may be known to other clients.
func (s *Socket) ID() string { return s.id }

// Namespace returns the namespace that the socket is in.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Conn returns the connection, which other sockets of the same client may share.
func (s *Socket) Conn() *engineio.Conn { return s.conn }

// Recovered reports whether the client took up the session of a connection that it had lost: id, data and rooms are
// those of before, and the packets that it missed follow the CONNECT.
func (s *Socket) Recovered() bool { return s.recovered }

// Connected reports whether the client is in the namespace now.
func (s *Socket) Connected() bool { return s.isConnected() }

// Context returns a context that ends when the socket is disconnected, at once and not after its last handler.
func (s *Socket) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil {
		ctx, cancel := context.WithCancel(context.Background())
		s.life = &life{ctx: ctx, cancel: cancel}
		if s.state == stateEnded {
			cancel()
		}
	}
	return s.life.ctx
}

// Data returns what SetData stored, nil before. It survives a recovery.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData stores a value of the application with the socket.
func (s *Socket) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// On adds a handler of an event. Register in the connect handler, then no event is missed. Of the handlers of one
// event all run, those of the socket before those of the namespace. It panics on a reserved name.
func (s *Socket) On(name string, run func(*Event)) {
	mustName(name)
	s.addHandler(handler{name: name, run: run})
}

// OnAny adds a handler of all events; it runs before those of On.
func (s *Socket) OnAny(run func(*Event)) { s.addHandler(handler{any: true, run: run}) }

func (s *Socket) addHandler(h handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The slice that the worker has taken is shorter and stays as it is.
	own := s.owned()
	own.events = append(own.events, h)
}

// OnDisconnect adds a function that is called once, after the socket's last handler. Rooms still returns the rooms
// that it was in. A function that is added to a socket which has ended already may not be called any more.
func (s *Socket) OnDisconnect(run func(Reason)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.owned()
	own.gone = append(own.gone, run)
}

// owned makes room for handlers; the caller holds mu.
func (s *Socket) owned() *ownHandlers {
	if s.own == nil {
		s.own = &ownHandlers{}
	}
	return s.own
}

// Join puts the socket into rooms. Without effect on a socket that is not connected.
func (s *Socket) Join(rooms ...string) {
	s.ns.mu.Lock()
	defer s.ns.mu.Unlock()
	if s.ns.sockets[s.id] != s {
		return
	}
	s.ns.joinRooms(s, rooms)
}

// Leave takes the socket out of rooms. It cannot leave the room of its own id.
func (s *Socket) Leave(rooms ...string) {
	s.ns.mu.Lock()
	defer s.ns.mu.Unlock()
	for _, name := range rooms {
		s.ns.leaveRoom(s, name)
	}
}

// Rooms returns the rooms that the socket has joined, in no order, without that of its own id; after its end those
// that it was in then.
func (s *Socket) Rooms() []string {
	s.mu.Lock()
	if s.ending != nil && s.ending.kept {
		defer s.mu.Unlock()
		return slices.Clone(s.ending.rooms)
	}
	s.mu.Unlock()
	s.ns.mu.RLock()
	defer s.ns.mu.RUnlock()
	return s.roomNames()
}

func (s *Socket) isConnected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateConnected
}

func (s *Socket) isConnecting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateConnecting
}
