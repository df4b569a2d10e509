package live

// EachSocket implements Engine.
func (e *Zishang) EachSocket(visit func(SocketState)) {
	for _, s := range e.rooms.all() {
		visit(s.state())
	}
}

// SocketState implements Engine.
func (e *Zishang) SocketState(sid string) (SocketState, bool) {
	s := e.socket(sid)
	if s == nil {
		return SocketState{}, false
	}
	state := s.state()
	state.Rooms = e.rooms.of(s)
	return state, true
}

// DropSocket implements Engine.
func (e *Zishang) DropSocket(sid string, revoke bool) bool {
	s := e.socket(sid)
	if s == nil {
		return false
	}
	// From here on nothing more is sent to it, however long closing takes.
	e.rooms.exit(s)
	if revoke {
		s.revoke()
	} else {
		s.session.end("forced close")
	}
	return true
}

// Members implements Engine.
func (e *Zishang) Members(room string) int { return e.rooms.count(room) }

// socket is the connected one of the sid, nil for none.
func (e *Zishang) socket(sid string) *zishangSocket {
	for _, s := range e.rooms.all() {
		if s.ID() == sid {
			return s
		}
	}
	return nil
}

func (s *zishangSocket) state() SocketState {
	state := SocketState{
		SID: s.ID(), Transport: s.Transport(), Identity: s.Identity(), Since: s.since,
		Address: s.engine.options.address(s.session.request),
	}
	state.Identity.Role = *s.role.Load()
	return state
}

// note adds to the trail what happened to the socket.
func (s *zishangSocket) note(e TrailEntry) {
	e.UserID, e.SID, e.Transport = s.Identity().UserID, s.ID(), s.Transport()
	s.engine.options.Trail.note(e)
}
