package socketio

import "runtime/debug"

// inbox is the queue of events that wait for a socket's handlers. Guarded by Socket.mu; the zero value is empty.
type inbox struct {
	head, tail *Event
	count      int
	bytes      int
	room       chan struct{} // closed when something was taken out; made by a reader that waits
}

func (q *inbox) push(e *Event) {
	if q.tail == nil {
		q.head = e
	} else {
		q.tail.next = e
	}
	q.tail = e
	q.count++
	q.bytes += e.size
}

func (q *inbox) pop() *Event {
	e := q.head
	if e == nil {
		return nil
	}
	if q.head = e.next; q.head == nil {
		q.tail = nil
	}
	e.next = nil
	q.count--
	q.bytes -= e.size
	q.wake()
	return e
}

func (q *inbox) clear() {
	q.head, q.tail, q.count, q.bytes = nil, nil, 0, 0
	q.wake()
}

func (q *inbox) wake() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// enqueue gives an event to the handlers. It is false when the inbox is full. An event that is larger than the
// inbox is taken when that is empty.
func (s *Socket) enqueue(e *Event) bool {
	o := &s.ns.server.options
	s.mu.Lock()
	if s.state != stateConnected {
		s.mu.Unlock()
		return true
	}
	if s.inbox.count >= o.MaxInbox || s.inbox.count > 0 && s.inbox.bytes+e.size > o.MaxInboxBytes {
		s.mu.Unlock()
		return false
	}
	s.inbox.push(e)
	idle := !s.working
	s.working = true
	s.mu.Unlock()
	if idle {
		s.ns.server.workers.run(s)
	}
	return true
}

// awaitRoom returns a channel that is closed when enqueue is worth another try.
func (s *Socket) awaitRoom() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inbox.room == nil {
		s.inbox.room = make(chan struct{})
	}
	return s.inbox.room
}

// start gives a new socket to a worker.
func (s *Socket) start() {
	s.mu.Lock()
	s.working = true
	s.mu.Unlock()
	s.ns.server.workers.run(s)
}

// work does everything that there is to do for the socket. One goroutine at a time is in it.
func (s *Socket) work() {
	if !s.opened {
		s.opened = true
		s.open()
	}
	for {
		s.mu.Lock()
		e := s.inbox.pop()
		if e == nil {
			ended := s.ending != nil && s.ending.kept && !s.told
			s.told = s.told || ended
			s.working = ended
			s.mu.Unlock()
			if !ended {
				return
			}
			s.tellEnd()
			continue
		}
		var handlers []handler
		if s.own != nil {
			handlers = s.own.events
		}
		s.mu.Unlock()
		common := s.ns.currentHandlers()
		s.dispatch(e, handlers, true)
		s.dispatch(e, common, true)
		s.dispatch(e, handlers, false)
		s.dispatch(e, common, false)
	}
}

// dispatch runs the handlers of an event: the catch-all ones or the named ones.
func (s *Socket) dispatch(e *Event, handlers []handler, any bool) {
	for i := range handlers {
		if h := &handlers[i]; h.any == any && (any || h.name == e.Name) {
			s.handle(e, h.run)
		}
	}
}

func (s *Socket) handle(e *Event, run func(*Event)) {
	defer s.recover()
	run(e)
}

// tellEnd runs the disconnect handlers.
func (s *Socket) tellEnd() {
	s.mu.Lock()
	var gone []func(Reason)
	if s.own != nil {
		gone = s.own.gone
	}
	s.own = nil
	reason := s.ending.reason
	s.mu.Unlock()
	for _, run := range gone {
		s.guard(func() { run(reason) })
	}
	for _, run := range s.ns.currentDisconnect() {
		s.guard(func() { run(s, reason) })
	}
}

// guard keeps a panic of the application in the packet that it happened in.
func (s *Socket) guard(run func()) {
	defer s.recover()
	run()
}

func (s *Socket) recover() {
	value := recover()
	if value == nil {
		return
	}
	o := &s.ns.server.options
	stack := debug.Stack()
	if o.OnPanic == nil {
		o.Logger.Error("socketio: panic in a handler", "nsp", s.ns.name, "sid", s.id, "panic", value, "stack", string(stack))
		return
	}
	defer func() { _ = recover() }()
	o.OnPanic(s, value, stack)
}
