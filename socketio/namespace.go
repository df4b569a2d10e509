package socketio

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
)

// Namespace is one channel of the server; a connection may join several. All methods may be called at any time
// from any goroutine.
type Namespace struct {
	*hooks
	name    string
	server  *Server
	adapter Adapter
	ackIDs  atomic.Int64

	// refs counts the sockets that exist or are being made; guarded by server.mu. A namespace of a family is
	// dropped when none is left.
	refs   int
	family *Family

	mu      sync.RWMutex
	sockets map[string]*Socket
	list    []*Socket // the same sockets, for walking; Socket.place is the index
	rooms   map[string]*room
	pids    map[string]*Socket // by private id; nil without connection state recovery
}

func newNamespace(server *Server, name string, h *hooks) *Namespace {
	ns := &Namespace{
		hooks: h, name: name, server: server,
		sockets: map[string]*Socket{}, rooms: map[string]*room{},
	}
	local := &Local{ns: ns}
	ns.adapter = local
	if make := server.options.Adapter; make != nil {
		ns.adapter = make(local)
	}
	return ns
}

// Name returns the name, which begins with a slash.
func (ns *Namespace) Name() string { return ns.name }

// Count returns the number of connected sockets of this process.
func (ns *Namespace) Count() int {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return len(ns.list)
}

// Socket returns the connected socket of that id, nil when this process has none.
func (ns *Namespace) Socket(id string) *Socket {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return ns.sockets[id]
}

// Rooms returns the names of the rooms that have a member in this process. The rooms of single sockets, which
// are named like the socket's id, are not among them.
func (ns *Namespace) Rooms() []string {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	names := make([]string, 0, len(ns.rooms))
	for name := range ns.rooms {
		names = append(names, name)
	}
	return names
}

// To means the sockets that are in at least one of the rooms, each once. Without a room it means nobody.
// The id of a socket is a room with that one member.
func (ns *Namespace) To(rooms ...string) Broadcast {
	return Broadcast{ns: ns, target: Target{Rooms: slices.Clip(rooms)}}
}

// All means every socket of the namespace.
func (ns *Namespace) All() Broadcast { return Broadcast{ns: ns, target: Target{All: true}} }

// Emit sends an event to every socket of the namespace.
func (ns *Namespace) Emit(name string, args ...any) error { return ns.All().Emit(name, args...) }

// EmitRaw is Emit with arguments that are JSON already.
func (ns *Namespace) EmitRaw(name string, args ...json.RawMessage) error {
	return ns.All().EmitRaw(name, args...)
}

// EmitWithAck sends an event to every socket and collects their answers, see Broadcast.EmitWithAck.
func (ns *Namespace) EmitWithAck(ctx context.Context, name string, args ...any) (Answers, error) {
	return ns.All().EmitWithAck(ctx, name, args...)
}

// Sockets returns the connected sockets of this process.
func (ns *Namespace) Sockets() []*Socket {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return slices.Clone(ns.list)
}

// add makes s a connected member. The caller holds ns.mu.
func (ns *Namespace) add(s *Socket) {
	s.place = len(ns.list)
	ns.list = append(ns.list, s)
	ns.sockets[s.id] = s
	if s.pid != "" {
		if ns.pids == nil {
			ns.pids = map[string]*Socket{}
		}
		ns.pids[s.pid] = s
	}
}

// byPID returns the connected socket of a private id.
func (ns *Namespace) byPID(pid string) *Socket {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return ns.pids[pid]
}

// remove takes s out of the namespace and its rooms, whose names it returns.
func (ns *Namespace) remove(s *Socket) []string {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.sockets[s.id] != s {
		return nil
	}
	rooms := ns.leaveRooms(s)
	delete(ns.sockets, s.id)
	if ns.pids[s.pid] == s {
		delete(ns.pids, s.pid)
	}
	last := len(ns.list) - 1
	moved := ns.list[last]
	ns.list[s.place], moved.place = moved, s.place
	ns.list[last] = nil
	ns.list = ns.list[:last]
	if cap(ns.list) > 64 && last < cap(ns.list)/4 {
		ns.list = slices.Clone(ns.list)
	}
	if last == 0 {
		// Go maps do not shrink; an empty namespace must give back what its largest hour took.
		ns.sockets, ns.rooms, ns.pids = map[string]*Socket{}, map[string]*room{}, nil
	}
	return rooms
}
