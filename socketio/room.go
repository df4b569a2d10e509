package socketio

import "slices"

// room is the list of its members. Guarded by the namespace's lock.
type room struct {
	name    string
	members []*Socket
}

// membership is one room of one socket: index is the socket's place in room.members, so that leaving costs the
// same in a room of ten and of ten thousand.
type membership struct {
	room  *room
	index int
}

// joinRoom puts s into the room name. The caller holds ns.mu.
func (ns *Namespace) joinRoom(s *Socket, name string) {
	r := ns.rooms[name]
	if r == nil {
		r = &room{name: name}
		ns.rooms[name] = r
	} else if s.in(r) {
		return
	}
	s.memberships = append(s.memberships, membership{room: r, index: len(r.members)})
	r.members = append(r.members, s)
}

// joinRooms puts s into rooms; in that of its own id it is anyway. The caller holds ns.mu.
func (ns *Namespace) joinRooms(s *Socket, names []string) {
	for _, name := range names {
		if name != s.id {
			ns.joinRoom(s, name)
		}
	}
}

// leaveRoom takes s out of the room name. The caller holds ns.mu.
func (ns *Namespace) leaveRoom(s *Socket, name string) {
	for i := range s.memberships {
		if s.memberships[i].room.name == name {
			ns.dropMembership(s, i)
			return
		}
	}
}

// leaveRooms takes s out of all its rooms and returns their names. The caller holds ns.mu.
func (ns *Namespace) leaveRooms(s *Socket) []string {
	if len(s.memberships) == 0 {
		return nil
	}
	names := s.roomNames()
	for len(s.memberships) > 0 {
		ns.dropMembership(s, len(s.memberships)-1)
	}
	s.memberships = nil
	return names
}

func (ns *Namespace) dropMembership(s *Socket, i int) {
	m := s.memberships[i]
	r, last := m.room, len(m.room.members)-1
	if moved := r.members[last]; moved != s {
		r.members[m.index] = moved
		moved.placeIn(r).index = m.index
	}
	r.members[last] = nil
	r.members = r.members[:last]
	if last == 0 {
		delete(ns.rooms, r.name)
	} else if cap(r.members) > 64 && last < cap(r.members)/4 {
		// A room that was large once must not hold its memory for ever.
		r.members = slices.Clone(r.members)
	}
	s.memberships[i] = s.memberships[len(s.memberships)-1]
	s.memberships[len(s.memberships)-1] = membership{}
	s.memberships = s.memberships[:len(s.memberships)-1]
}

// in reports whether s is a member of r. The caller holds ns.mu, at least for reading.
func (s *Socket) in(r *room) bool { return s.placeIn(r) != nil }

func (s *Socket) placeIn(r *room) *membership {
	for i := range s.memberships {
		if s.memberships[i].room == r {
			return &s.memberships[i]
		}
	}
	return nil
}

func (s *Socket) inAny(rooms []*room) bool {
	for _, r := range rooms {
		if s.in(r) {
			return true
		}
	}
	return false
}

func (s *Socket) roomNames() []string {
	names := make([]string, len(s.memberships))
	for i := range s.memberships {
		names[i] = s.memberships[i].room.name
	}
	return names
}

// each calls visit once for every socket that t means. The caller holds ns.mu, at least for reading.
func (ns *Namespace) each(t *Target, visit func(*Socket)) {
	if t.All {
		if len(t.Except) == 0 {
			for _, s := range ns.list {
				visit(s)
			}
			return
		}
		barred, barredSockets := ns.lookup(t.Except)
		for _, s := range ns.list {
			if !s.inAny(barred) && !slices.Contains(barredSockets, s) {
				visit(s)
			}
		}
		return
	}
	if len(t.Rooms) == 1 && len(t.Except) == 0 {
		if r := ns.rooms[t.Rooms[0]]; r != nil {
			for _, s := range r.members {
				visit(s)
			}
			// A room named like the id of a socket is that socket's own room, and it is in it.
			if s := ns.sockets[r.name]; s != nil && !s.in(r) {
				visit(s)
			}
		} else if s := ns.sockets[t.Rooms[0]]; s != nil {
			visit(s)
		}
		return
	}
	ns.eachOfUnion(t, visit)
}

func (ns *Namespace) eachOfUnion(t *Target, visit func(*Socket)) {
	rooms, sockets := ns.lookup(t.Rooms)
	barred, barredSockets := ns.lookup(t.Except)
	for i, r := range rooms {
		for _, s := range r.members {
			if s.inAny(rooms[:i]) || s.inAny(barred) || slices.Contains(barredSockets, s) {
				continue
			}
			visit(s)
		}
	}
	for _, s := range sockets {
		if s.inAny(rooms) || s.inAny(barred) || slices.Contains(barredSockets, s) {
			continue
		}
		visit(s)
	}
}

// lookup finds the rooms and, as each socket is in a room of its own id, the sockets of the given names.
func (ns *Namespace) lookup(names []string) (rooms []*room, sockets []*Socket) {
	var seen map[string]bool
	if len(names) > 16 {
		seen = make(map[string]bool, len(names))
	}
	for i, name := range names {
		if seen == nil && slices.Contains(names[:i], name) || seen[name] {
			continue
		}
		if seen != nil {
			seen[name] = true
		}
		if r := ns.rooms[name]; r != nil {
			rooms = append(rooms, r)
		}
		if s := ns.sockets[name]; s != nil {
			sockets = append(sockets, s)
		}
	}
	return rooms, sockets
}
